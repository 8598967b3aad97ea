import type { Commodity } from '../domain/commodities.ts';
import type { Share } from '../domain/settlement-split.ts';
import type { Queryable } from './database.ts';

export interface SplitRule {
  readonly id: number;
  readonly siteId: string;
  readonly commodity: Commodity | null;
  readonly component: string;
  readonly effectiveFrom: Date;
  readonly shares: readonly (Share & { readonly party: string })[];
  readonly createdAt: Date;
  readonly createdBy: string;
  /** Fees were shared by it: it stays as it is. */
  readonly isUsed: boolean;
}

/** By component, the newest first. */
export async function listSplitRules(
  db: Queryable,
  query: { readonly site?: string | undefined; readonly id?: number | undefined; readonly limit: number },
): Promise<readonly SplitRule[]> {
  const { rows } = await db.query<{
    id: string;
    site_id: string;
    commodity: Commodity | null;
    component: string;
    effective_from: Date;
    shares: Share[];
    created_at: Date;
    created_by: string;
    is_used: boolean;
    names: Record<string, string>;
  }>(
    `SELECT r.*, EXISTS (SELECT 1 FROM settlement_shares s WHERE s.rule_id = r.id) AS is_used,
       (SELECT jsonb_object_agg(p.id, p.name) FROM parties p
        WHERE p.id IN (SELECT (x->>'partyId')::bigint FROM jsonb_array_elements(r.shares) x)) AS names
     FROM split_rules r WHERE ($1::text IS NULL OR r.site_id = $1) AND ($2::bigint IS NULL OR r.id = $2)
     ORDER BY r.component, r.commodity NULLS LAST, r.effective_from DESC LIMIT $3`,
    [query.site ?? null, query.id ?? null, query.limit],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    siteId: row.site_id,
    commodity: row.commodity,
    component: row.component,
    effectiveFrom: row.effective_from,
    shares: row.shares.map((share) => ({ ...share, party: row.names[share.partyId] ?? `${share.partyId}` })),
    createdAt: row.created_at,
    createdBy: row.created_by,
    isUsed: row.is_used,
  }));
}

export interface NewSplitRule {
  readonly siteId: string;
  readonly commodity: Commodity | null;
  readonly component: string;
  readonly effectiveFrom: Date;
  readonly shares: readonly Share[];
  readonly actor: string;
  readonly at: Date;
}

/**
 * Writes a rule down; it also divides what was paid before it was written, from `effectiveFrom` on. Answers up to
 * when such fees are shared already where that is not before it: they stay as they are.
 * @throws a unique violation when there is one from that instant.
 */
export async function createSplitRule(
  tx: Queryable,
  rule: NewSplitRule,
): Promise<{ readonly id: number } | { readonly sharedTo: Date }> {
  await lockSettlement(tx, rule.siteId);
  const shared = await tx.query<{ latest: Date | null }>(
    `SELECT max(f.service_from) AS latest FROM settlement_shares s JOIN fee_lines f ON f.id = s.fee_line_id
     JOIN metering_points m ON m.id = f.metering_point_id
     WHERE s.site_id = $1 AND f.component = $2 AND ($3::text IS NULL OR m.commodity = $3)`,
    [rule.siteId, rule.component, rule.commodity],
  );
  const sharedTo = shared.rows[0]?.latest;
  if (sharedTo && sharedTo >= rule.effectiveFrom) return { sharedTo };
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO split_rules (site_id, commodity, component, effective_from, shares, created_at, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
    [
      ...[rule.siteId, rule.commodity, rule.component, rule.effectiveFrom, JSON.stringify(rule.shares)],
      ...[rule.at, rule.actor],
    ],
  );
  // Bills that were paid before are looked at once more.
  await tx.query('DELETE FROM settlement_bills WHERE site_id = $1', [rule.siteId]);
  return { id: Number(rows[0]?.id) };
}

/** False when fees were shared by it: it stays. */
export async function deleteSplitRule(tx: Queryable, rule: SplitRule): Promise<boolean> {
  await lockSettlement(tx, rule.siteId);
  const { rowCount } = await tx.query(
    `DELETE FROM split_rules r WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM settlement_shares s WHERE s.rule_id = r.id)`,
    [rule.id],
  );
  return rowCount === 1;
}

const SETTLEMENT_LOCK = 7_214_006;

/** Taken by whoever shares, pays out or changes a rule at a site, until its transaction ends. */
export async function lockSettlement(tx: Queryable, siteId: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [SETTLEMENT_LOCK, siteId]);
}

/** The rule of a line `f` at a point `m`: of its service, the commodity's own before one of all, the latest. */
export const RULE_OF_LINE = `SELECT r.id, r.shares FROM split_rules r
  WHERE r.site_id = f.site_id AND r.component = f.component AND (r.commodity IS NULL OR r.commodity = m.commodity)
    AND r.effective_from <= f.service_from
  ORDER BY r.commodity NULLS LAST, r.effective_from DESC LIMIT 1`;
