import type { Database } from '../../store/database.ts';
import { at, buildMarket, FLAT, HOUR } from '../billing/market.ts';

/** Long over on whatever day the test runs. */
export const PERIOD = '2025-10';
const HOURS = 744n;

export interface Month {
  readonly site: string;
  readonly leases: readonly number[];
  /** Minor units that each lease owes for the month, by lease. */
  readonly truth: ReadonlyMap<number, bigint>;
}

/** A market whose stalls each have a lease, a meter and a month of daily readings, no two with the same usage. */
export async function buildMonth(db: Database, site: string, stalls: number): Promise<Month> {
  const market = await buildMarket(db, site);
  const tariff = await market.tariff('T', '2025-01-01', FLAT);
  const truth = new Map<number, bigint>();
  for (let i = 0; i < stalls; i++) {
    const stall = await market.stall();
    const lease = await market.lease(stall, '2025-01-01', null, { tariff });
    const register = await market.meter(await market.point(stall), '2025-09-30', 0n);
    const wh = 100n + BigInt(i);
    await market.read(
      register,
      Array.from({ length: 32 }, (_, day) => [
        new Date(at('2025-10-01').getTime() + day * 24 * HOUR),
        BigInt(day * 24) * wh,
      ]),
    );
    // 0.80 a kWh in hundredths, half up.
    truth.set(lease, (HOURS * wh * 80n + 500n) / 1000n);
  }
  return { site, leases: [...truth.keys()], truth };
}

/** What is on fee lines of each lease; also says when a lease has more than the one line that it needs. */
export async function charged(
  db: Database,
  site: string,
): Promise<{ lines: number; byLease: Map<number, bigint> }> {
  const { rows } = await db.$client.query<{ lease_id: string; lines: number; amount: string }>(
    'SELECT lease_id, count(*)::int AS lines, sum(amount) AS amount FROM fee_lines WHERE site_id = $1 GROUP BY 1 ORDER BY 1',
    [site],
  );
  return {
    lines: rows.reduce((sum, { lines }) => sum + lines, 0),
    byLease: new Map(rows.map((row) => [Number(row.lease_id), BigInt(row.amount)])),
  };
}
