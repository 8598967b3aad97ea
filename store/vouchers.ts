import type { AccountKind } from '../domain/ledger.ts';
import type { DaySum } from '../domain/vouchers.ts';
import type { Queryable } from './database.ts';

/** More days, kinds and accounts than anybody books at once. */
export const VOUCHER_SUMS_MAX = 20_000;

/** What was booked from the first local day to the last, by day, kind of transaction and account, in that order. */
export async function readDaySums(
  tx: Queryable,
  site: { readonly id: string; readonly timeZone: string },
  days: { readonly from: string; readonly to: string },
): Promise<readonly DaySum[]> {
  const { rows } = await tx.query<{
    date: string;
    kind: string;
    account: AccountKind;
    code: string | null;
    debit: string;
    credit: string;
  }>(
    `SELECT to_char(t.at AT TIME ZONE $2, 'YYYY-MM-DD') AS date, t.kind, a.kind AS account, a.code,
       coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0) AS debit,
       coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0) AS credit
     FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
     JOIN ledger_accounts a ON a.id = e.account_id
     WHERE t.site_id = $1 AND t.at >= $3::timestamp AT TIME ZONE $2 AND t.at < ($4::timestamp + interval '1 day') AT TIME ZONE $2
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4 LIMIT ${VOUCHER_SUMS_MAX + 1}`,
    [site.id, site.timeZone, days.from, days.to],
  );
  return rows.map((row) => ({ ...row, debit: BigInt(row.debit), credit: BigInt(row.credit) }));
}
