import { documentNumber } from '../domain/bills.ts';
import type { Queryable } from './database.ts';

/**
 * The next `count` numbers of a site's year, in order. The counter's row stays locked until the transaction ends: when
 * it is rolled back its numbers are given to the next one, so there is never a gap.
 */
export async function takeNumbers(
  tx: Queryable,
  of: {
    readonly siteId: string;
    readonly kind: 'bill' | 'credit_note';
    readonly prefix: string;
    readonly year: number;
  },
  count: number,
): Promise<readonly string[]> {
  if (count === 0) return [];
  const { rows } = await tx.query<{ last: number }>(
    `INSERT INTO bill_counters (site_id, kind, year, last) VALUES ($1, $2, $3, $4)
     ON CONFLICT (site_id, kind, year) DO UPDATE SET last = bill_counters.last + excluded.last RETURNING last`,
    [of.siteId, of.kind, of.year, count],
  );
  const first = Number(rows[0]?.last) - count + 1;
  return Array.from({ length: count }, (_, i) => documentNumber(of.kind, { ...of, n: first + i }));
}
