import { CHARGE_OPEN } from '../domain/charges.ts';
import type { Queryable } from './database.ts';

/** What is open in billing, of all sites; ages in seconds, 0 where nothing is. */
export interface BillingState {
  readonly charges: readonly { readonly status: string; readonly count: number; readonly ageS: number }[];
  readonly runs: number;
  /** Since the oldest run that has not ended was asked for. */
  readonly runAgeS: number;
  readonly callbacks: number;
  readonly callbackAgeS: number;
  /** Since the end of the oldest month that was charged after it and is not closed. */
  readonly unclosedMonthS: number;
}

/** Asks each table once, by what is open: it stays cheap however long the market has run. */
export async function readBillingState(db: Queryable, now: Date): Promise<BillingState> {
  const { rows: charges } = await db.query<{ status: string; count: string; age: string }>(
    `SELECT s.status, count(c.id) AS count, coalesce(extract(epoch FROM $1::timestamptz - min(c.created_at)), 0) AS age
     FROM unnest($2::text[]) s(status) LEFT JOIN charges c ON c.status = s.status AND c.status = ANY($2)
     GROUP BY s.status`,
    [now, CHARGE_OPEN],
  );
  const { rows } = await db.query<
    Record<'runs' | 'run_age' | 'callbacks' | 'callback_age' | 'month_age', string>
  >(
    `SELECT r.runs, r.run_age, c.callbacks, c.callback_age, m.month_age
     FROM (SELECT count(*) AS runs, coalesce(extract(epoch FROM $1::timestamptz - min(requested_at)), 0) AS run_age
         FROM (SELECT requested_at FROM billing_runs WHERE status IN ('queued', 'running')
           UNION ALL SELECT requested_at FROM bill_runs WHERE status IN ('queued', 'running')) o) r,
       (SELECT count(*) AS callbacks, coalesce(extract(epoch FROM $1::timestamptz - min(received_at)), 0) AS callback_age
         FROM provider_callbacks WHERE status = 'new') c,
       (SELECT coalesce(extract(epoch FROM $1::timestamptz - min(e.ends_at)), 0) AS month_age
         FROM billing_runs b JOIN sites s ON s.id = b.site_id
         CROSS JOIN LATERAL (SELECT (to_date(b.period, 'YYYY-MM') + interval '1 month') AT TIME ZONE s.time_zone) e(ends_at)
         WHERE b.kind = 'charge' AND b.period ~ '^\\d{4}-\\d{2}$' AND b.started_at >= e.ends_at
           AND NOT EXISTS (SELECT FROM billing_periods p WHERE p.site_id = b.site_id AND p.period = b.period)) m`,
    [now],
  );
  const [row] = rows;
  return {
    charges: charges.map(({ status, count, age }) => ({ status, count: Number(count), ageS: Number(age) })),
    runs: Number(row?.runs ?? 0),
    runAgeS: Number(row?.run_age ?? 0),
    callbacks: Number(row?.callbacks ?? 0),
    callbackAgeS: Number(row?.callback_age ?? 0),
    unclosedMonthS: Number(row?.month_age ?? 0),
  };
}
