import type { Queryable } from './database.ts';

/** Whether a site's daily work was done for the local day (`2026-11-21`) or a later one. Call under the work's lock. */
export async function isDayDone(tx: Queryable, siteId: string, work: string, day: string): Promise<boolean> {
  const { rows } = await tx.query(
    'SELECT 1 FROM daily_work WHERE site_id = $1 AND work = $2 AND day >= $3::date',
    [siteId, work, day],
  );
  return rows.length > 0;
}

export async function recordDayDone(tx: Queryable, siteId: string, work: string, day: string): Promise<void> {
  await tx.query(
    `INSERT INTO daily_work (site_id, work, day) VALUES ($1, $2, $3)
     ON CONFLICT (site_id, work) DO UPDATE SET day = greatest(daily_work.day, excluded.day)`,
    [siteId, work, day],
  );
}
