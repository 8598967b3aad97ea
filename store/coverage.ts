import type { Queryable } from './database.ts';

/**
 * How many of a site's registers that are installed at `ts` (epoch ms) have no reading then or later. None:
 * everything up to `ts` has arrived, as far as each device delivers in order.
 */
export async function countRegistersBehind(db: Queryable, site: string, ts: number): Promise<number> {
  const { rows } = await db.query<{ behind: string }>(
    `SELECT count(*) AS behind
     FROM installations i JOIN metering_points p ON p.id = i.metering_point_id
     WHERE p.site_id = $1 AND i.starts_at <= $2 AND (i.ends_at IS NULL OR i.ends_at > $2)
       AND NOT EXISTS (SELECT FROM readings r WHERE r.register_id = i.register_id AND r.ts >= $2)`,
    [site, new Date(ts)],
  );
  return Number(rows[0]?.behind ?? 0);
}
