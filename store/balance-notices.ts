import type { NoticeLevel } from '../domain/supply.ts';
import type { Queryable } from './database.ts';

/** What a balance falls below; minor units. */
export interface NoticeThreshold {
  readonly level: NoticeLevel;
  readonly threshold: bigint;
}

/**
 * Notes every running prepaid lease of a merchant whose balance is below a threshold and has not been told since it
 * was above, and ends the notices of those that are above again. Of the house's own lease and of those who pay at the
 * gate nobody is told. Exactly once also when two processes do it (unique index). Returns
 * how many it noted.
 */
export async function noteLowBalances(
  tx: Queryable,
  of: { readonly siteId: string; readonly thresholds: readonly NoticeThreshold[]; readonly at: Date },
): Promise<number> {
  const values = [
    of.siteId,
    of.at,
    of.thresholds.map(({ level }) => level),
    of.thresholds.map(({ threshold }) => `${threshold}`),
  ];
  await tx.query(
    `UPDATE balance_notices n SET ended_at = $2 FROM unnest($3::text[], $4::bigint[]) t(level, threshold), leases l
     LEFT JOIN prepaid_balances b ON b.lease_id = l.id
     WHERE n.site_id = $1 AND n.ended_at IS NULL AND n.level = t.level AND l.id = n.lease_id
       AND (b.balance >= t.threshold OR l.ends_at <= $2 OR l.kind <> 'merchant')`,
    values,
  );
  const { rowCount } = await tx.query(
    `INSERT INTO balance_notices (site_id, lease_id, level, threshold, balance, at)
     SELECT $1, b.lease_id, t.level, t.threshold, b.balance, $2
     FROM unnest($3::text[], $4::bigint[]) t(level, threshold)
     JOIN prepaid_balances b ON b.site_id = $1 AND b.balance < t.threshold
     JOIN leases l ON l.id = b.lease_id AND l.kind = 'merchant' AND l.charging = 'prepaid' AND (l.ends_at IS NULL OR l.ends_at > $2)
     ON CONFLICT (lease_id, level) WHERE ended_at IS NULL DO NOTHING`,
    values,
  );
  return rowCount ?? 0;
}

/** Notes that a lease's power will be cut, or ends that notice. */
export async function noteCutOff(
  tx: Queryable,
  of: {
    readonly siteId: string;
    readonly leaseId: number;
    readonly balance: bigint;
    readonly at: Date;
    readonly isGiven: boolean;
  },
): Promise<void> {
  if (of.isGiven) {
    await tx.query(
      `INSERT INTO balance_notices (site_id, lease_id, level, threshold, balance, at)
       VALUES ($1, $2, 'cut_off', 0, $3, $4) ON CONFLICT (lease_id, level) WHERE ended_at IS NULL DO NOTHING`,
      [of.siteId, of.leaseId, of.balance, of.at],
    );
  } else {
    await tx.query(
      `UPDATE balance_notices SET ended_at = $2 WHERE lease_id = $1 AND level = 'cut_off' AND ended_at IS NULL`,
      [of.leaseId, of.at],
    );
  }
}

export interface NoticeView {
  readonly id: number;
  readonly leaseId: number;
  readonly level: NoticeLevel;
  readonly party: string;
  readonly phone: string | null;
  readonly stall: string | null;
  readonly threshold: bigint;
  /** When it fell below, and now. */
  readonly balanceThen: bigint;
  readonly balance: bigint;
  readonly currency: string;
  readonly at: Date;
  readonly toldAt: Date | null;
  readonly toldBy: string | null;
}

/** Notices that hold, the newest first; `untold`: of each lease the last that nobody has told the merchant. */
export async function listNotices(
  db: Queryable,
  query: {
    readonly site?: string | undefined;
    readonly leaseId?: number | undefined;
    readonly partyId?: number | undefined;
    readonly untold?: boolean | undefined;
    readonly beforeId?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly NoticeView[]> {
  const { rows } = await db.query<{
    id: string;
    lease_id: string;
    level: NoticeLevel;
    party: string;
    phone: string | null;
    stall: string | null;
    threshold: string;
    balance_then: string;
    balance: string;
    currency: string;
    at: Date;
    told_at: Date | null;
    told_by: string | null;
  }>(
    `SELECT n.id, n.lease_id, n.level, p.name AS party, p.phone, s.code AS stall, n.threshold,
       n.balance AS balance_then, coalesce(b.balance, 0) AS balance, si.currency, n.at, n.told_at, n.told_by
     FROM balance_notices n JOIN leases l ON l.id = n.lease_id JOIN parties p ON p.id = l.party_id
     JOIN sites si ON si.id = n.site_id LEFT JOIN places s ON s.id = l.place_id
     LEFT JOIN prepaid_balances b ON b.lease_id = n.lease_id
     WHERE n.ended_at IS NULL AND ($1::text IS NULL OR n.site_id = $1) AND ($2::bigint IS NULL OR n.lease_id = $2)
       AND ($3::bigint IS NULL OR l.party_id = $3) AND ($4::boolean IS NOT TRUE OR (n.told_at IS NULL AND NOT EXISTS (SELECT 1 FROM balance_notices m
         WHERE m.lease_id = n.lease_id AND m.id > n.id AND m.ended_at IS NULL AND m.told_at IS NULL)))
       AND ($5::bigint IS NULL OR n.id < $5)
     ORDER BY n.id DESC LIMIT $6`,
    [
      query.site ?? null,
      query.leaseId ?? null,
      query.partyId ?? null,
      query.untold ?? null,
      query.beforeId ?? null,
      query.limit,
    ],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    leaseId: Number(row.lease_id),
    level: row.level,
    party: row.party,
    phone: row.phone,
    stall: row.stall,
    threshold: BigInt(row.threshold),
    balanceThen: BigInt(row.balance_then),
    balance: BigInt(row.balance),
    currency: row.currency,
    at: row.at,
    toldAt: row.told_at,
    toldBy: row.told_by,
  }));
}

/** Marks a lease's notices as told; returns how many had not been. */
export async function markTold(
  tx: Queryable,
  of: { readonly leaseId: number; readonly by: string; readonly at: Date },
): Promise<number> {
  const { rowCount } = await tx.query(
    `UPDATE balance_notices SET told_at = $3, told_by = $2 WHERE lease_id = $1 AND ended_at IS NULL AND told_at IS NULL`,
    [of.leaseId, of.by, of.at],
  );
  return rowCount ?? 0;
}
