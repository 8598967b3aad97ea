import type { Charging } from '../domain/parties.ts';
import type { Database, Queryable } from './database.ts';
import { textsParam } from './pg-arrays.ts';
import { sites } from './schema/places.ts';
import { transaction } from './transaction.ts';

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
  /** It is due where there are such leases; null: any. */
  readonly charging: Charging | null;
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
  return queueAlone(db, site, async (client) => {
    const { rowCount } = await client.query(
      `INSERT INTO billing_runs (site_id, period, status, requested_by, requested_at)
       SELECT s.id, d.period, 'queued', 'schedule', $2
       FROM unnest($3::text[], $4::timestamptz[], $5::text[], $6::text[]) WITH ORDINALITY
         d(period, ends_at, charging, again, n)
       JOIN sites s ON s.id = $1 AND d.ends_at > s.created_at
       LEFT JOIN LATERAL (SELECT r.status, r.requested_at, r.problems FROM billing_runs r
         WHERE r.site_id = s.id AND r.period = d.period AND r.kind <> 'shadow' ORDER BY r.id DESC LIMIT 1) l ON true
       WHERE EXISTS (SELECT 1 FROM leases e WHERE e.site_id = s.id AND (d.charging IS NULL OR e.charging = d.charging))
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
    return rowCount ?? 0;
  });
}

/** A close that failed, because readings were missing after all, is tried again after this time. */
const CLOSE_AGAIN_HOURS = 6;

/**
 * Queues the close of each period that was charged since it ended and is open: once the last run awaited no reading, or
 * the grace is over. Returns how many it queued.
 */
export async function queueDueCloses(
  db: Database,
  site: BilledSite,
  periods: readonly { readonly period: string; readonly endsAt: Date; readonly isGraceOver: boolean }[],
  now: Date,
): Promise<number> {
  return queueAlone(db, site, async (client) => {
    const { rowCount } = await client.query(
      `INSERT INTO billing_runs (site_id, period, kind, status, requested_by, requested_at)
       SELECT $1, d.period, 'close', 'queued', 'schedule', $2
       FROM unnest($3::text[], $4::timestamptz[], $5::boolean[]) WITH ORDINALITY d(period, ends_at, is_grace_over, n)
       JOIN LATERAL (SELECT r.problems FROM billing_runs r WHERE r.site_id = $1 AND r.period = d.period
         AND r.kind = 'charge' AND r.status = 'succeeded' AND r.started_at >= d.ends_at ORDER BY r.id DESC LIMIT 1) l ON true
       WHERE NOT EXISTS (SELECT 1 FROM billing_periods p WHERE p.site_id = $1 AND p.period = d.period)
         AND NOT EXISTS (SELECT 1 FROM billing_runs c WHERE c.site_id = $1 AND c.period = d.period AND c.kind = 'close'
           AND (c.status IN ('queued', 'running')
             OR c.requested_at > $2::timestamptz - make_interval(hours => ${CLOSE_AGAIN_HOURS})))
         AND (d.is_grace_over OR NOT l.problems @> '[{"code":"awaiting_reading"}]')
       ORDER BY d.n DESC`,
      [
        site.id,
        now,
        textsParam(periods, ({ period }) => period),
        textsParam(periods, ({ endsAt }) => endsAt.toISOString()),
        textsParam(periods, ({ isGraceOver }) => `${isGraceOver}`),
      ],
    );
    return rowCount ?? 0;
  });
}

/** Several processes keep the same schedule: one at a time looks and queues. */
async function queueAlone(
  db: Database,
  site: BilledSite,
  work: (client: Queryable) => Promise<number>,
): Promise<number> {
  return transaction(db, async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [SCHEDULE_LOCK, site.id]);
    return work(tx);
  });
}
