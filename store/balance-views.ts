import type { NoticeLevel, SupplyState } from '../domain/supply.ts';
import type { Queryable } from './database.ts';
import { likeText } from './like-text.ts';

export interface BalanceView {
  readonly leaseId: number;
  readonly siteId: string;
  readonly party: string;
  readonly partyId: number;
  readonly stall: string | null;
  readonly currency: string;
  /** Minor units; positive has money. */
  readonly balance: bigint;
  /** Of the last charged days, at most seven: their sum and how many they are. */
  readonly used: bigint;
  readonly usedDays: number;
  readonly chargedTo: string | null;
  readonly notices: readonly NoticeLevel[];
  readonly state: SupplyState;
  readonly since: Date | null;
  readonly notifiedAt: Date | null;
  readonly isProtected: boolean;
  readonly protectedReason: string | null;
  readonly hasEnded: boolean;
}

export interface BalanceQuery {
  readonly site?: string | undefined;
  readonly leaseId?: number | undefined;
  readonly partyId?: number | undefined;
  readonly filter?: 'low' | 'negative' | 'cut' | undefined;
  readonly q?: string | undefined;
  /** The last row of the page before. */
  readonly after?: { readonly balance: bigint; readonly leaseId: number } | undefined;
  readonly now: Date;
  readonly limit: number;
}

/** Mean usage looks at the last days that were charged. */
const USED_DAYS = 7;

/** Merchants' prepaid leases that run, or that are over with money or a supply left; the lowest balance first. */
export async function listBalances(db: Queryable, query: BalanceQuery): Promise<readonly BalanceView[]> {
  const { rows } = await db.query<Row>(
    `WITH page AS (
       SELECT l.id AS lease, l.site_id, l.party_id, p.name AS party, s.code AS stall, si.currency,
         coalesce(b.balance, 0) AS balance, coalesce(u.state, 'connected') AS state, u.since, u.notified_at,
         coalesce(u.is_protected, false) AS is_protected, u.protected_reason, (l.ends_at <= $7) IS TRUE AS has_ended
       FROM leases l JOIN parties p ON p.id = l.party_id JOIN sites si ON si.id = l.site_id
       LEFT JOIN places s ON s.id = l.place_id LEFT JOIN prepaid_balances b ON b.lease_id = l.id
       LEFT JOIN supplies u ON u.lease_id = l.id
       WHERE l.charging = 'prepaid' AND (l.kind = 'merchant' OR $2::bigint IS NOT NULL)
         AND ($1::text IS NULL OR l.site_id = $1) AND ($2::bigint IS NULL OR l.id = $2)
         AND ($3::bigint IS NULL OR l.party_id = $3)
         AND (l.ends_at IS NULL OR l.ends_at > $7 OR coalesce(b.balance, 0) <> 0 OR u.state <> 'connected' OR $2 IS NOT NULL)
         AND CASE $4 WHEN 'negative' THEN b.balance < 0 WHEN 'cut' THEN u.state <> 'connected'
           WHEN 'low' THEN EXISTS (SELECT 1 FROM balance_notices n WHERE n.lease_id = l.id AND n.ended_at IS NULL)
           ELSE true END
         AND ($5::text IS NULL OR s.code ILIKE '%' || $5 || '%' OR p.name ILIKE '%' || $5 || '%' OR p.initials ILIKE $5 || '%')
         AND ($6::bigint IS NULL OR (coalesce(b.balance, 0), l.id) > ($6, $8))
       ORDER BY balance, l.id LIMIT $9
     )
     SELECT page.*, d.used, d.days, d.charged_to,
       (SELECT array_agg(n.level ORDER BY n.id) FROM balance_notices n
        WHERE n.lease_id = page.lease AND n.ended_at IS NULL) AS notices
     FROM page LEFT JOIN LATERAL (
       SELECT sum(amount) AS used, count(*)::int AS days, max(day) AS charged_to FROM (
         SELECT accounting_period AS day, sum(amount) AS amount FROM fee_lines
         WHERE lease_id = page.lease AND length(accounting_period) = 10
         GROUP BY 1 ORDER BY 1 DESC LIMIT ${USED_DAYS}) days) d ON true
     ORDER BY page.balance, page.lease`,
    [
      ...[query.site ?? null, query.leaseId ?? null, query.partyId ?? null, query.filter ?? null],
      ...[query.q === undefined ? null : likeText(query.q), query.after?.balance ?? null, query.now],
      ...[query.after?.leaseId ?? null, query.limit],
    ],
  );
  return rows.map((row) => ({
    leaseId: Number(row.lease),
    siteId: row.site_id,
    party: row.party,
    partyId: Number(row.party_id),
    stall: row.stall,
    currency: row.currency,
    balance: BigInt(row.balance),
    used: BigInt(row.used ?? 0),
    usedDays: row.days,
    chargedTo: row.charged_to,
    notices: row.notices ?? [],
    state: row.state,
    since: row.since,
    notifiedAt: row.notified_at,
    isProtected: row.is_protected,
    protectedReason: row.protected_reason,
    hasEnded: row.has_ended,
  }));
}

interface Row {
  lease: string;
  site_id: string;
  party_id: string;
  party: string;
  stall: string | null;
  currency: string;
  balance: string;
  state: SupplyState;
  since: Date | null;
  notified_at: Date | null;
  is_protected: boolean;
  protected_reason: string | null;
  has_ended: boolean;
  used: string | null;
  days: number;
  charged_to: string | null;
  notices: NoticeLevel[] | null;
}

export interface BalanceEntry {
  readonly id: number;
  readonly at: Date;
  readonly kind: string;
  /** Minor units; positive is money in. */
  readonly amount: bigint;
  /** After it. */
  readonly balance: bigint;
  readonly actor: string;
}

/** What was booked on a lease's balance, the newest first. */
export async function listBalanceEntries(
  db: Queryable,
  query: { readonly leaseId: number; readonly beforeId?: number | undefined; readonly limit: number },
): Promise<readonly BalanceEntry[]> {
  const { rows } = await db.query<{
    id: string;
    at: Date;
    kind: string;
    amount: string;
    balance: string;
    actor: string;
  }>(
    `SELECT * FROM (
       SELECT e.id, t.at, t.kind, -e.amount AS amount, -sum(e.amount) OVER (ORDER BY e.id) AS balance, t.actor
       FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
       JOIN ledger_transactions t ON t.id = e.transaction_id
       WHERE a.kind = 'prepaid' AND a.lease_id = $1) entries
     WHERE $2::bigint IS NULL OR id < $2 ORDER BY id DESC LIMIT $3`,
    [query.leaseId, query.beforeId ?? null, query.limit],
  );
  return rows.map((row) => ({
    ...row,
    id: Number(row.id),
    amount: BigInt(row.amount),
    balance: BigInt(row.balance),
  }));
}
