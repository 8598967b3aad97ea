import type { Commodity } from '../domain/commodities.ts';
import type { PARTY_KINDS } from '../domain/parties.ts';
import type { Queryable } from './database.ts';

/** Of a share `s`: held by a person, or because its line is disputed. */
const IS_HELD = `(EXISTS (SELECT 1 FROM settlement_holds h WHERE h.site_id = s.site_id AND h.released_at IS NULL
    AND (h.party_id = s.party_id OR h.fee_line_id = s.fee_line_id))
  OR EXISTS (SELECT 1 FROM dispute_lines x JOIN disputes d ON d.id = x.dispute_id AND d.status = 'open'
    WHERE x.fee_line_id = s.fee_line_id))`;
/** Of a share `s` at the date $2: may be paid out. */
export const IS_PAYABLE = `s.payout_id IS NULL AND s.payable_on <= $2::date AND NOT ${IS_HELD}`;

export interface PartyStanding {
  readonly partyId: number;
  readonly name: string;
  readonly kind: (typeof PARTY_KINDS)[number];
  /** Minor units. */
  readonly held: bigint;
  readonly waiting: bigint;
  readonly payable: bigint;
  /** All that it gets is held. */
  readonly isHeld: boolean;
}

/** Where each party that a rule or a share names stands today (the site's date). */
export async function listStandings(
  db: Queryable,
  of: { readonly siteId: string; readonly today: string; readonly partyId?: number | undefined },
): Promise<readonly PartyStanding[]> {
  const { rows } = await db.query<{
    id: string;
    name: string;
    kind: PartyStanding['kind'];
    held: string;
    waiting: string;
    payable: string;
    is_held: boolean;
  }>(
    `WITH open AS (
       SELECT s.party_id, s.amount, ${IS_HELD} AS is_held, s.payable_on <= $2::date AS is_due
       FROM settlement_shares s WHERE s.site_id = $1 AND s.payout_id IS NULL
     )
     SELECT p.id, p.name, p.kind,
       coalesce(sum(o.amount) FILTER (WHERE o.is_held), 0) AS held,
       coalesce(sum(o.amount) FILTER (WHERE NOT o.is_held AND NOT o.is_due), 0) AS waiting,
       coalesce(sum(o.amount) FILTER (WHERE NOT o.is_held AND o.is_due), 0) AS payable,
       EXISTS (SELECT 1 FROM settlement_holds h WHERE h.site_id = $1 AND h.party_id = p.id AND h.released_at IS NULL) AS is_held
     FROM parties p LEFT JOIN open o ON o.party_id = p.id
     WHERE ($3::bigint IS NULL OR p.id = $3) AND (p.id IN (SELECT party_id FROM settlement_shares WHERE site_id = $1)
       OR p.id IN (SELECT (x->>'partyId')::bigint FROM split_rules r, jsonb_array_elements(r.shares) x WHERE r.site_id = $1))
     GROUP BY p.id ORDER BY p.id LIMIT 1000`,
    [of.siteId, of.today, of.partyId ?? null],
  );
  return rows.map((row) => ({
    partyId: Number(row.id),
    name: row.name,
    kind: row.kind,
    held: BigInt(row.held),
    waiting: BigInt(row.waiting),
    payable: BigInt(row.payable),
    isHeld: row.is_held,
  }));
}

/** What was shared with a party and paid out to it, before a month (its first date and the next one's) and in it. */
export async function readTurnover(
  db: Queryable,
  of: { readonly siteId: string; readonly partyId: number; readonly from: string; readonly to: string },
): Promise<{
  readonly previous: bigint;
  readonly total: bigint;
  readonly paidOut: bigint;
  readonly lines: number;
}> {
  const { rows } = await db.query<{ previous: string; total: string; paid_out: string; lines: number }>(
    `SELECT coalesce(sum(amount) FILTER (WHERE day < $3::date), 0) AS previous,
       coalesce(sum(amount) FILTER (WHERE day >= $3::date AND is_share), 0) AS total,
       coalesce(-sum(amount) FILTER (WHERE day >= $3::date AND NOT is_share), 0) AS paid_out,
       (count(*) FILTER (WHERE day >= $3::date AND is_share))::int AS lines
     FROM (
       SELECT shared_on AS day, amount, true AS is_share FROM settlement_shares
       WHERE site_id = $1 AND party_id = $2 AND shared_on < $4::date
       UNION ALL
       SELECT paid_on, -amount, false FROM settlement_payouts WHERE site_id = $1 AND party_id = $2 AND paid_on < $4::date
     ) t`,
    [of.siteId, of.partyId, of.from, of.to],
  );
  const row = rows[0];
  return {
    previous: BigInt(row?.previous ?? 0),
    total: BigInt(row?.total ?? 0),
    paidOut: BigInt(row?.paid_out ?? 0),
    lines: row?.lines ?? 0,
  };
}

export interface ShareView {
  readonly id: number;
  readonly feeLine: number;
  readonly stall: string | null;
  readonly merchant: string;
  readonly commodity: Commodity;
  readonly component: string;
  readonly period: string;
  readonly lineAmount: bigint;
  readonly amount: bigint;
  readonly sharedOn: string;
  readonly payableOn: string;
  readonly isHeld: boolean;
  readonly payout: number | null;
}

/** A party's shares, the newest first; of the dates in [from, to) where they are said. */
export async function listShares(
  db: Queryable,
  query: {
    readonly siteId: string;
    readonly partyId: number;
    readonly from?: string | undefined;
    readonly to?: string | undefined;
    readonly beforeId?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly ShareView[]> {
  const { rows } = await db.query<{
    id: string;
    line: string;
    stall: string | null;
    merchant: string;
    commodity: Commodity;
    component: string;
    period: string;
    line_amount: string;
    amount: string;
    shared_on: string;
    payable_on: string;
    is_held: boolean;
    payout: string | null;
  }>(
    `SELECT s.id, s.fee_line_id AS line, pl.code AS stall, pa.name AS merchant, m.commodity, f.component, f.period,
       f.amount AS line_amount, s.amount, s.shared_on::text, s.payable_on::text, s.payout_id AS payout,
       s.payout_id IS NULL AND ${IS_HELD} AS is_held
     FROM settlement_shares s JOIN fee_lines f ON f.id = s.fee_line_id
     JOIN metering_points m ON m.id = f.metering_point_id JOIN leases l ON l.id = f.lease_id
     JOIN parties pa ON pa.id = l.party_id LEFT JOIN places pl ON pl.id = l.place_id
     WHERE s.site_id = $1 AND s.party_id = $2 AND ($3::date IS NULL OR s.shared_on >= $3) AND ($4::date IS NULL OR s.shared_on < $4)
       AND ($5::bigint IS NULL OR s.id < $5) ORDER BY s.id DESC LIMIT $6`,
    [query.siteId, query.partyId, query.from ?? null, query.to ?? null, query.beforeId ?? null, query.limit],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    feeLine: Number(row.line),
    stall: row.stall,
    merchant: row.merchant,
    commodity: row.commodity,
    component: row.component,
    period: row.period,
    lineAmount: BigInt(row.line_amount),
    amount: BigInt(row.amount),
    sharedOn: row.shared_on,
    payableOn: row.payable_on,
    isHeld: row.is_held,
    payout: row.payout === null ? null : Number(row.payout),
  }));
}
