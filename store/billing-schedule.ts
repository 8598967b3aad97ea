import type { Charging } from '../domain/parties.ts';
import type { Database } from './database.ts';
import { textsParam } from './pg-arrays.ts';
import { sites } from './schema/places.ts';

export interface BilledSite {
  readonly id: string;
  readonly timeZone: string;
}

export async function readBilledSites(db: Database): Promise<readonly BilledSite[]> {
  return db.select({ id: sites.id, timeZone: sites.timeZone }).from(sites);
}

export interface DuePeriod {
  readonly period: string;
  readonly endsAt: Date;
  readonly charging: Charging;
  /** Whether to run it once more although it was run since it ended. */
  readonly again: 'always' | 'if_awaiting' | 'never';
}

/** Several processes keep the same schedule: what was queued within this time is not queued again. */
const AGAIN_AFTER_HOURS = 12;
const SCHEDULE_LOCK = 7_214_003;

/**
 * Queues a run for each period that ended in the life of its site, has a lease to charge, and was not run since it
 * ended, or is to be run again. Safe to call from several processes at once. Returns how many it queued.
 */
export async function queueDueRuns(
  db: Database,
  site: BilledSite,
  periods: readonly DuePeriod[],
  now: Date,
): Promise<number> {
  const client = await db.$client.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [SCHEDULE_LOCK, site.id]);
    const { rowCount } = await client.query(
      `INSERT INTO billing_runs (site_id, period, status, requested_by, requested_at)
       SELECT s.id, d.period, 'queued', 'schedule', $2
       FROM unnest($3::text[], $4::timestamptz[], $5::text[], $6::text[]) WITH ORDINALITY
         d(period, ends_at, charging, again, n)
       JOIN sites s ON s.id = $1 AND d.ends_at > s.created_at
       LEFT JOIN LATERAL (SELECT r.status, r.requested_at, r.problems FROM billing_runs r
         WHERE r.site_id = s.id AND r.period = d.period ORDER BY r.id DESC LIMIT 1) l ON true
       WHERE EXISTS (SELECT 1 FROM leases e WHERE e.site_id = s.id AND e.charging = d.charging)
         AND (l.requested_at IS NULL OR l.requested_at < d.ends_at
           OR (l.status IN ('succeeded', 'failed')
             AND l.requested_at < $2::timestamptz - make_interval(hours => ${AGAIN_AFTER_HOURS})
             AND (d.again = 'always' OR (d.again = 'if_awaiting'
               AND (l.status = 'failed' OR l.problems @> '[{"code":"awaiting_reading"}]')))))
       ORDER BY d.n DESC`,
      [
        site.id,
        now,
        textsParam(periods, ({ period }) => period),
        textsParam(periods, ({ endsAt }) => endsAt.toISOString()),
        textsParam(periods, ({ charging }) => charging),
        textsParam(periods, ({ again }) => again),
      ],
    );
    await client.query('COMMIT');
    return rowCount ?? 0;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}
