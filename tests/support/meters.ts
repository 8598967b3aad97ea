import type { SwarmClient } from '../../device-sim/swarm/connection.ts';
import type { SwarmPayload } from '../../device-sim/swarm/payloads.ts';
import type { SwarmResult } from '../../device-sim/swarm/run.ts';
import type { Database } from '../../store/database.ts';
import type { Platform } from './platform.ts';

export const SITE = 'test';

/** Electricity meters registered over the REST API, in turns in each of the sites, as clients of a swarm. */
export async function registerMeters(
  platform: Pick<Platform, 'api'>,
  count: number,
  sites: readonly string[] = [SITE],
): Promise<SwarmClient[]> {
  for (const id of sites) {
    const site = { id, name: 'Test market', timeZone: 'Asia/Shanghai', currency: 'CNY' };
    await platform.api('POST', '/api/v1/sites', site);
  }
  const clients: SwarmClient[] = [];
  const register = async (n: number): Promise<void> => {
    const site = sites[n % sites.length] ?? SITE;
    const device = await platform.api<{ secret: string; mqtt: { clientId: string; username: string } }>(
      'POST',
      '/api/v1/devices',
      { site, serial: `meter-${n}`, profile: 'electricity-meter' },
    );
    const { clientId, username } = device.mqtt;
    clients[n] = { clientId, username, password: device.secret, topic: `v1/${site}/meter-${n}/up` };
  };
  for (let n = 0; n < count; n += 20) {
    await Promise.all(Array.from({ length: Math.min(20, count - n) }, (_, i) => register(n + i)));
  }
  return clients;
}

/** What the platform keeps of meters against what it acknowledged to them. */
export interface Balance {
  /** Acknowledged, but not among the readings. */
  readonly missing: number;
  /** Kept with another value than was sent. */
  readonly wrong: number;
  readonly kept: number;
  readonly acknowledged: number;
}

/** Compares what a swarm was acknowledged with the readings in Postgres (its primary key rules out doubles). */
export async function balance(
  db: Database,
  result: SwarmResult,
  payload: SwarmPayload & { reading(n: number): { ts: number; value: number } },
): Promise<Balance> {
  let missing = 0;
  let wrong = 0;
  let kept = 0;
  let acknowledged = 0;
  for (const [client, { ackedBelow, ackedBeyond }] of result.byClient.entries()) {
    const { rows } = await db.$client.query<{ ts: Date; value: string }>(
      `SELECT r.ts, r.value FROM readings r JOIN registers g ON g.id = r.register_id WHERE g.device_id = $1`,
      [`meter-${client}`],
    );
    const valueAt = new Map(rows.map((row) => [row.ts.getTime(), Number(row.value)]));
    kept += rows.length;
    for (const n of [...Array(ackedBelow).keys(), ...ackedBeyond]) {
      const { ts, value } = payload.reading(n);
      acknowledged++;
      if (!valueAt.has(ts)) missing++;
      else if (valueAt.get(ts) !== value) wrong++;
    }
  }
  return { missing, wrong, kept, acknowledged };
}
