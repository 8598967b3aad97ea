import type { PassDirection } from '../domain/passes.ts';
import type { Queryable } from './database.ts';
import { neighbour, payerOf } from './passes.ts';

export interface ListedPass {
  readonly id: number;
  readonly at: Date;
  readonly direction: PassDirection;
  readonly plate: string | null;
  readonly ticket: string | null;
  readonly class: string;
  readonly device: string;
  readonly lane: string;
  readonly partnerAt: Date | null;
  readonly payer: { readonly lease: number; readonly party: string } | null;
  readonly monthlyPass: boolean;
  readonly amount: string | null;
  readonly collected: string | null;
}

export interface PassQuery {
  readonly site: string;
  readonly id?: number | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** A part of the plate, as plates are compared. */
  readonly plate?: string | undefined;
  readonly class?: string | undefined;
  readonly direction?: PassDirection | undefined;
  /** Exits without an entry, and entries from before this instant without an exit. */
  readonly lostBefore?: Date | undefined;
  /** Older than this one. */
  readonly before?: { readonly at: Date; readonly id: number } | undefined;
  readonly limit: number;
}

/** Passes, the newest first, each with its partner, who pays for it and what came of it. */
export async function listPasses(db: Queryable, query: PassQuery): Promise<readonly ListedPass[]> {
  const { rows } = await db.query<
    Omit<ListedPass, 'id' | 'partnerAt' | 'monthlyPass'> & {
      id: string;
      partner_at: Date | null;
      monthly: boolean;
    }
  >(
    `SELECT x.id, x.ts AS at, x.direction, x.plate, x.ticket, coalesce(v.class, x.class) AS class, x.device_id AS device,
       coalesce(pl.name, m.code) AS lane,
       CASE WHEN x.direction = 'in' AND after.direction = 'out' THEN after.ts
         WHEN x.direction = 'out' AND before.direction = 'in' THEN before.ts END AS partner_at,
       CASE WHEN l.id IS NOT NULL THEN json_build_object('lease', l.id, 'party', pa.name) END AS payer,
       mp.id IS NOT NULL AS monthly, f.amount, c.amount AS collected
     FROM passes x ${neighbour('before')} ${neighbour('after')} ${payerOf()}
     JOIN metering_points m ON m.id = x.metering_point_id LEFT JOIN places pl ON pl.id = m.place_id
     LEFT JOIN parties pa ON pa.id = l.party_id
     LEFT JOIN pass_collections c ON c.pass_id = x.id
     LEFT JOIN LATERAL (SELECT sum(f.amount)::text AS amount FROM fee_lines f WHERE f.metering_point_id = x.metering_point_id
       AND f.service_from > x.ts - interval '40 days' AND f.service_from <= x.ts AND f.service_to > x.ts
       AND f.event_key = x.device_id || '/' || x.event_id) f ON true
     WHERE x.site_id = $1 AND ($2::timestamptz IS NULL OR x.ts >= $2) AND ($3::timestamptz IS NULL OR x.ts < $3)
       AND ($4::text IS NULL OR strpos(x.vehicle, $4) > 0) AND ($5::text IS NULL OR coalesce(v.class, x.class) = $5)
       AND ($6::text IS NULL OR x.direction = $6)
       AND ($7::timestamptz IS NULL OR (x.direction = 'out' AND before.direction IS DISTINCT FROM 'in')
         OR (x.direction = 'in' AND after.direction IS DISTINCT FROM 'out' AND (after.id IS NOT NULL OR x.ts < $7)))
       AND ($8::timestamptz IS NULL OR (x.ts, x.id) < ($8, $9::bigint)) AND ($10::bigint IS NULL OR x.id = $10)
     ORDER BY x.ts DESC, x.id DESC LIMIT $11`,
    [
      ...[query.site, query.from ?? null, query.to ?? null, query.plate ?? null, query.class ?? null],
      ...[query.direction ?? null, query.lostBefore ?? null, query.before?.at ?? null],
      ...[query.before?.id ?? null, query.id ?? null, query.limit],
    ],
  );
  return rows.map(({ id, partner_at, monthly, ...rest }) => ({
    ...rest,
    id: Number(id),
    partnerAt: partner_at,
    monthlyPass: monthly,
  }));
}

export interface PassDay {
  readonly day: string;
  readonly class: string;
  readonly entries: number;
  readonly exits: number;
  /** Minor units. */
  readonly amount: string;
  readonly collected: string;
}

/** By day of the site's zone and class, the newest day first: passes, what they are charged, what was collected. */
export async function readPassDays(
  db: Queryable,
  site: { readonly id: string; readonly timeZone: string },
  range: { readonly from: Date; readonly to: Date },
): Promise<readonly PassDay[]> {
  const { rows } = await db.query<PassDay>(
    `WITH seen AS (
       SELECT to_char(x.ts AT TIME ZONE $4, 'YYYY-MM-DD') AS day, coalesce(v.class, x.class) AS class, x.direction, f.amount,
         c.amount AS collected
       FROM passes x LEFT JOIN vehicles v ON v.site_id = x.site_id AND v.plate = x.vehicle
       LEFT JOIN pass_collections c ON c.pass_id = x.id
       LEFT JOIN (SELECT metering_point_id, event_key, sum(amount) AS amount FROM fee_lines
         WHERE site_id = $1 AND event_key <> '' AND service_from < $3 AND service_to > $2
         GROUP BY metering_point_id, event_key) f
         ON f.metering_point_id = x.metering_point_id AND f.event_key = x.device_id || '/' || x.event_id
       WHERE x.site_id = $1 AND x.ts >= $2 AND x.ts < $3)
     SELECT day, class, count(*) FILTER (WHERE direction = 'in')::int AS entries,
       count(*) FILTER (WHERE direction = 'out')::int AS exits, coalesce(sum(amount), 0)::text AS amount,
       coalesce(sum(collected), 0)::text AS collected
     FROM seen GROUP BY day, class ORDER BY day DESC, class`,
    [site.id, range.from, range.to, site.timeZone],
  );
  return rows;
}
