import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SwarmClient } from '../../device-sim/swarm/connection.ts';
import { BUILT_IN_PROFILES } from '../../domain/built-in-profiles.ts';
import type { DeviceKind, Point } from '../../domain/device-profiles.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { hashSecret } from '../../store/devices.ts';
import { startEmbeddedPostgres } from '../../store/embedded/postgres.ts';
import { type Platform, type PlatformOptions, startPlatform } from '../../tests/support/platform.ts';

/** The compiled platform in a process of its own, on durable stores, with devices that no rate limit holds back. */
export interface Stand {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly postgresPid: number;
  readonly platform: Platform;
  /** Starts the platform again after `platform.kill()`; from then on it is `platform`. */
  restart(): Promise<Platform>;
  close(): Promise<void>;
}

export const SITE = 'bench';

export async function openStand(options: Pick<PlatformOptions, 'args' | 'env'> = {}): Promise<Stand> {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-bench-'));
  const postgres = await startEmbeddedPostgres({ dir: join(dir, 'postgres') });
  let platform = await startPlatform({
    ...options,
    compiled: true,
    dataDir: join(dir, 'platform'),
    env: { DATABASE_URL: postgres.url, ...options.env },
  }).catch(async (error) => {
    await postgres.stop();
    throw error;
  });
  const db = openDatabase(postgres.url);
  await addSite(db, SITE);
  return {
    db,
    databaseUrl: postgres.url,
    postgresPid: Number.parseInt(readFileSync(join(dir, 'postgres/cluster/postmaster.pid'), 'utf8'), 10),
    get platform() {
      return platform;
    },
    async restart() {
      platform = await platform.restart();
      return platform;
    },
    async close() {
      await db.$client.end();
      await platform.remove();
      await postgres.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function addSite(db: Database, id: string): Promise<void> {
  await db.$client.query(
    `INSERT INTO sites (id, name, time_zone) VALUES ($1, 'Bench', 'Asia/Shanghai') ON CONFLICT DO NOTHING`,
    [id],
  );
}

/**
 * Devices of a built-in profile without its rate limit, in bulk; each stall sensor gets a stall on one floor. With
 * `registers` false nothing of what they say is a reading: it is telemetry only.
 */
export async function addDevices(
  db: Database,
  kind: DeviceKind,
  count: number,
  site = SITE,
  registers = true,
): Promise<SwarmClient[]> {
  const builtIn = BUILT_IN_PROFILES.find((profile) => profile.kind === kind);
  if (!builtIn) throw new Error(`no built-in profile for ${kind}`);
  const points: readonly Point[] = registers
    ? builtIn.points
    : builtIn.points.map(({ register: _, ...point }) => point);
  const profile = { ...builtIn, points, id: `bench-${builtIn.id}`, rateLimit: 1_000_000 };
  await db.$client.query('INSERT INTO device_profiles VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING', [
    profile.id,
    profile.revision,
    kind,
    JSON.stringify(profile),
  ]);
  const ids = Array.from({ length: count }, (_, n) => (site === SITE ? `${kind}-${n}` : `${site}-${n}`));
  const secrets = ids.map(() => randomBytes(24).toString('base64url'));
  await addSite(db, site);
  if (kind === 'stall_sensor') await addStalls(db, ids);
  await db.$client.query(
    `INSERT INTO devices (id, site_id, serial, profile_id, profile_revision, secret_hash, place_id)
     SELECT d.id, $1, d.id, $2, $3, d.hash, p.id
     FROM unnest($4::text[], $5::bytea[]) AS d(id, hash) LEFT JOIN places p ON p.site_id = $1 AND p.code = d.id`,
    [site, profile.id, profile.revision, ids, secrets.map(hashSecret)],
  );
  await db.$client.query(`INSERT INTO device_states (device_id) SELECT unnest($1::text[])`, [ids]);
  for (const point of profile.points) {
    if (!point.register) continue;
    const { unit, digits, scale } = point.register;
    await db.$client.query(
      `INSERT INTO registers (device_id, point, unit, modulus) SELECT id, $2, $3, $4 FROM unnest($1::text[]) AS id`,
      [ids, point.name, unit, 10 ** digits * scale],
    );
  }
  return ids.map((id, n) => ({
    clientId: `${site}/${id}`,
    username: `${site}/${id}`,
    password: secrets[n] ?? '',
    topic: `v1/${site}/${id}/up`,
  }));
}

async function addStalls(db: Database, codes: readonly string[]): Promise<void> {
  const plan = { width: 1000, height: 1000, walls: [], labels: [] };
  await db.$client.query(
    `INSERT INTO places (site_id, kind, code, name, plan) VALUES ($1, 'floor', 'F1', 'F1', $2)`,
    [SITE, JSON.stringify(plan)],
  );
  await db.$client.query(
    `INSERT INTO places (site_id, kind, code, name, parent_id, rect)
     SELECT $1, 'stall', c, c, f.id, '{"x":0,"y":0,"w":1,"h":1}'
     FROM unnest($2::text[]) AS c, places f WHERE f.site_id = $1 AND f.kind = 'floor'`,
    [SITE, codes],
  );
}

/** Anonymous pages of a process in MB: its own memory, without mapped files (`RssAnon`, Linux). */
export function rssAnonMb(pid: number): number {
  const line = /RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? Number.NaN) / 1024;
}

/** User and system CPU seconds that a process has taken (Linux, 100 ticks a second). */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
