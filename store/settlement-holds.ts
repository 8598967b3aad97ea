import type { Queryable } from './database.ts';

export interface NewHold {
  readonly siteId: string;
  readonly partyId: number | null;
  readonly feeLineId: number | null;
  readonly reason: string;
  readonly actor: string;
  readonly at: Date;
}

/** Undefined when the site has no such fee line. @throws a unique violation when the same is held already. */
export async function createHold(tx: Queryable, hold: NewHold): Promise<number | undefined> {
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO settlement_holds (site_id, party_id, fee_line_id, reason, created_at, created_by)
     SELECT $1, $2::bigint, $3::bigint, $4, $5::timestamptz, $6
     WHERE $3::bigint IS NULL OR EXISTS (SELECT 1 FROM fee_lines WHERE id = $3 AND site_id = $1) RETURNING id`,
    [hold.siteId, hold.partyId, hold.feeLineId, hold.reason, hold.at, hold.actor],
  );
  return rows[0] && Number(rows[0].id);
}

/** The site whose hold it was; undefined when it was released before. */
export async function releaseHold(
  tx: Queryable,
  of: { readonly id: number; readonly actor: string; readonly reason: string; readonly at: Date },
): Promise<string | undefined> {
  const { rows } = await tx.query<{ site_id: string }>(
    `UPDATE settlement_holds SET released_at = $2, released_by = $3, release_reason = $4
     WHERE id = $1 AND released_at IS NULL RETURNING site_id`,
    [of.id, of.at, of.actor, of.reason],
  );
  return rows[0]?.site_id;
}

export interface HoldView {
  readonly id: number;
  readonly party: { readonly id: number; readonly name: string } | null;
  readonly feeLine: number | null;
  readonly reason: string;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly releasedAt: Date | null;
  readonly releasedBy: string | null;
  readonly releaseReason: string | null;
}

/** The newest first. */
export async function listHolds(
  db: Queryable,
  query: {
    readonly siteId?: string | undefined;
    readonly id?: number | undefined;
    readonly beforeId?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly HoldView[]> {
  const { rows } = await db.query<{
    id: string;
    party_id: string | null;
    name: string | null;
    fee_line_id: string | null;
    reason: string;
    created_at: Date;
    created_by: string;
    released_at: Date | null;
    released_by: string | null;
    release_reason: string | null;
  }>(
    `SELECT h.*, p.name FROM settlement_holds h LEFT JOIN parties p ON p.id = h.party_id
     WHERE ($1::text IS NULL OR h.site_id = $1) AND ($2::bigint IS NULL OR h.id = $2)
       AND ($3::bigint IS NULL OR h.id < $3) ORDER BY h.id DESC LIMIT $4`,
    [query.siteId ?? null, query.id ?? null, query.beforeId ?? null, query.limit],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    party: row.party_id === null ? null : { id: Number(row.party_id), name: row.name ?? '' },
    feeLine: row.fee_line_id === null ? null : Number(row.fee_line_id),
    reason: row.reason,
    createdAt: row.created_at,
    createdBy: row.created_by,
    releasedAt: row.released_at,
    releasedBy: row.released_by,
    releaseReason: row.release_reason,
  }));
}
