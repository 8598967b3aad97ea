import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meterPayload } from '../../device-sim/swarm/payloads.ts';
import { runSwarm } from '../../device-sim/swarm/run.ts';
import { verifyBackup } from '../../store/backup/read-backup.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { runningPostgresUrl } from '../../store/embedded/running.ts';
import { runCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { balance, registerMeters } from '../support/meters.ts';
import { type Platform, startPlatform } from '../support/platform.ts';

describe('a platform that is backed up while devices publish', () => {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-backup-'));
  const file = join(dir, 'market.tar');
  const dataDir = join(dir, 'restored');
  let platform: Platform;
  let restored: Platform | undefined;
  beforeAll(async () => {
    platform = await startPlatform();
  });
  afterAll(async () => {
    await platform?.remove();
    await restored?.remove();
    rmSync(dir, { recursive: true, force: true });
  });

  it('comes back in an empty folder with all that was acknowledged before, and nothing twice', {
    timeout: 240_000,
  }, async () => {
    const clients = await registerMeters(platform, 20);
    const load = { host: '127.0.0.1', port: platform.mqttPort, clients, window: 20, rate: 1_500 };
    const before = meterPayload({ startTs: Date.now() - 7_200_000 });
    const first = await runSwarm({ ...load, durationMs: 4_000, payload: before });
    // From here on, while the back-up is made: what of it is in there is in there whole.
    const during = meterPayload({ startTs: Date.now() - 3_600_000 });
    const swarm = runSwarm({ ...load, durationMs: 10_000, payload: during });
    await sleep(1_000);
    const backup = await runCommand(['backup.ts', '--to', file], { env: { DATA_DIR: platform.dataDir } });
    expect(backup).toMatchObject({ code: 0, err: '' });
    const second = await swarm;
    expect(first.acked).toBeGreaterThan(1_000);
    expect(statSync(file).mode & 0o077).toBe(0);

    const manifest = await verifyBackup(file);
    const [journal] = manifest.journals;
    // It is a test of the joint between tables and journal only if the tables lag behind.
    expect(journal?.head).toBeGreaterThanOrEqual(journal?.cursor ?? 0);
    await platform.stop();

    const restore = await runCommand(['restore.ts', '--from', file, '--into', dataDir]);
    expect(restore).toMatchObject({ code: 0, err: '' });
    restored = await startPlatform({ dataDir });
    await withDatabase(restored, async (db) => {
      await eventually(async () => {
        expect((await balance(db, first, before)).missing).toBe(0);
        const { rows } = await db.$client.query('SELECT seq FROM journal_cursors WHERE reader = $1', [
          'ingest/0',
        ]);
        expect(Number(rows[0]?.seq)).toBeGreaterThanOrEqual(journal?.head ?? 0);
      });
      expect((await balance(db, first, before)).wrong).toBe(0);
      const later = await balance(db, second, during);
      // Each message is one reading: the tables and the journal's frames together have each once.
      const { rows } = await db.$client.query<{ n: number; letters: number }>(
        `SELECT (SELECT count(*)::int FROM readings) AS n, (SELECT count(*)::int FROM dead_letters) AS letters`,
      );
      expect(rows[0]?.letters).toBe(0);
      expect(later.wrong).toBe(0);
      expect(rows[0]?.n).toBe(journal?.messages);
      expect(await baseOf(db)).toBe(0);
    });
    // It goes on: what devices send now is taken.
    const after = meterPayload({ startTs: Date.now() - 600_000 });
    const third = await runSwarm({ ...load, port: restored.mqttPort, durationMs: 1_000, payload: after });
    expect(third.acked).toBeGreaterThan(0);
    await withDatabase(restored, (db) =>
      eventually(async () => expect((await balance(db, third, after)).missing).toBe(0)),
    );
  });

  it('is backed up while it is stopped too', { timeout: 120_000 }, async () => {
    const env = { DATA_DIR: platform.dataDir };
    const result = await runCommand(['backup.ts', '--to', `${dir}/stopped/`], { env });
    expect(result).toMatchObject({ code: 0, err: '' });
    const made = result.out.split(':')[0] ?? '';
    expect(made).toMatch(/stopped\/stallgrid-\d{8}T\d{6}Z\.tar$/);
    const { code, out } = await runCommand(['restore.ts', '--verify', made]);
    expect(code).toBe(0);
    expect(out).toContain('sites: test');
    expect(existsSync(join(platform.dataDir, 'postgres/cluster/postmaster.pid'))).toBe(false);
  });

  it('is not written over by a restore', { timeout: 60_000 }, async () => {
    const result = await runCommand(['restore.ts', '--from', file, '--into', platform.dataDir]);
    expect(result.code).toBe(1);
    expect(result.err).toContain('is there already: name another folder with --into');
  });
});

async function withDatabase(platform: Platform, use: (db: Database) => Promise<unknown>): Promise<void> {
  const db = openDatabase(runningPostgresUrl(join(platform.dataDir, 'postgres')) ?? '');
  await use(db).finally(() => db.$client.end());
}

async function baseOf(db: Database): Promise<number> {
  const { rows } = await db.$client.query<{ base: string }>('SELECT base FROM journal_cursors');
  return Math.max(...rows.map(({ base }) => Number(base)));
}
