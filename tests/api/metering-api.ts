import { expect } from 'vitest';
import { monthPartitions } from '../../store/partitions.ts';
import { scanReadings } from '../../store/reading-scan.ts';
import { insertReadings } from '../../store/readings.ts';
import { at, buildMarket, FLAT } from '../billing/market.ts';
import { startTestApi } from './support.ts';

const NOW = new Date('2026-10-20T00:00:00Z');
export const PNG = Buffer.from('89504e470d0a1a0a0000', 'hex').toString('base64');

/** A market behind an API, and what tests of readings do with it. The one who starts it closes `api`. */
export async function startMetering() {
  const api = await startTestApi();
  const market = await buildMarket(api.db, 's1');
  const tariff = await market.tariff('T', '2026-01-01', FLAT);
  const house = await market.lease(null, '2026-01-01', null, { tariff });
  expect(house).toBeGreaterThan(0);
  let frame = 0;

  /** A leased stall with a meter that showed 100 kWh on 1 October. */
  async function metered() {
    const stall = await market.stall();
    const lease = await market.lease(stall, '2026-09-01', null, { tariff });
    const point = await market.point(stall);
    const register = await market.meter(point, '2026-10-01', 100_000n);
    return { stall, lease, point, register };
  }

  /** As ingest stores what a device sent, and moves its cursor. */
  async function sent(
    register: number,
    rows: readonly (readonly [local: string, value: bigint])[],
    quality: 'good' | 'future' = 'good',
  ): Promise<void> {
    frame++;
    const readings = rows.map(([local, value]) => ({
      ...{ registerId: register, ts: at(local).getTime(), value, quality },
      ...{ receivedAt: at(local).getTime(), journalSeq: frame },
    }));
    await monthPartitions('readings').ensure(api.db.$client, readings);
    await insertReadings(api.db.$client, readings);
    await api.db.$client.query(
      `INSERT INTO journal_cursors VALUES ('ingest/0', $1) ON CONFLICT (reader) DO UPDATE SET seq = $1`,
      [frame],
    );
  }
  async function scan(): Promise<void> {
    while (!(await scanReadings(api.db, NOW)).isCaughtUp);
  }
  const post = (path: string, payload: object, as?: 'biller' | 'auditor' | 'integrator') =>
    api.call({ method: 'POST', url: `/api/v1/${path}`, payload, as });
  const get = async (path: string) => (await api.call({ url: `/api/v1/${path}` })).body;
  const casesOf = async (kind: string, register: number, status = 'open') =>
    (await get(`cases?site=s1&kind=${kind}&status=${status}`)).items.filter(
      (one: { subject: { registerId: number } }) => one.subject.registerId === register,
    );
  const stored = async (register: number): Promise<string[]> =>
    (await get(`registers/${register}/readings`)).items
      .reverse()
      .map((r: { value: string; quality: string; source: string }) => `${r.value} ${r.quality} ${r.source}`);

  return { api, metered, sent, scan, post, get, casesOf, stored };
}
