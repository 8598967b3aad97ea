import type pg from 'pg';
import { repeatableTransaction } from './repeatable-transaction.ts';

export type PartitionedTable = 'readings' | 'telemetry';

export interface MonthPartitions {
  ensure(pool: pg.Pool, rows: readonly { readonly ts: number }[]): Promise<void>;
  /** After a failed write: somebody may have dropped one. */
  forget(): void;
}

/**
 * Makes sure that the monthly partitions (UTC) of a table exist before rows go in. Remembers which it has seen, so
 * it costs a query once a month, in a transaction of its own, so that its lock is gone at once.
 */
export function monthPartitions(table: PartitionedTable): MonthPartitions {
  const known = new Set<number>();
  // Start and end of the month last asked for: rows come mostly from the same one.
  let from = 0;
  let to = 0;
  return {
    async ensure(pool, rows) {
      for (const { ts } of rows) {
        if (ts >= from && ts < to) continue;
        const date = new Date(ts);
        const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
        if (!known.has(first)) {
          const month = new Date(first).toISOString().slice(0, 10);
          await repeatableTransaction(pool, (tx) =>
            tx.query('SELECT ensure_month_partition($1, $2)', [table, month]),
          );
          known.add(first);
        }
        from = first;
        to = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
      }
    },
    forget() {
      known.clear();
      from = to = 0;
    },
  };
}
