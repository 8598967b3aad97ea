import type { SupplyFacts, SupplyObstacle, SupplyState } from '../domain/supply.ts';
import type { Queryable } from './database.ts';

/** A lease's supply with all that the next step depends on. */
export interface WatchedSupply {
  readonly siteId: string;
  readonly leaseId: number;
  readonly stall: string;
  readonly state: SupplyState;
  /** Meters whose relays would be told. */
  readonly devices: readonly string[];
  readonly facts: SupplyFacts;
}

const SUPPLY_LOCK = 7_214_005;

/** Taken by whoever takes steps at a site, until its transaction ends: two processes never send twice. */
export async function lockSupplies(tx: Queryable, siteId: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [SUPPLY_LOCK, siteId]);
}

/**
 * Supplies by lease for which something may be to be done: those that are not simply connected, and where `cutOff` is
 * on, running prepaid leases without money; or one lease's, whatever it is.
 */
export async function readSupplies(
  tx: Queryable,
  of: {
    readonly siteId: string;
    readonly at: Date;
    readonly cutOff: boolean;
    readonly leaseId?: number | undefined;
    readonly afterLease: number;
    readonly limit: number;
  },
): Promise<readonly WatchedSupply[]> {
  const { rows } = await tx.query<{
    lease: string;
    place: string;
    stall: string;
    balance: string;
    state: SupplyState;
    is_protected: boolean;
    has_ended: boolean;
    notified_at: Date | null;
    statuses: string[] | null;
  }>(
    `SELECT l.id AS lease, l.place_id AS place, p.code AS stall, coalesce(b.balance, 0) AS balance,
       coalesce(s.state, 'connected') AS state, coalesce(s.is_protected, false) AS is_protected,
       (l.ends_at <= $2 OR l.charging <> 'prepaid') IS TRUE AS has_ended, s.notified_at,
       (SELECT array_agg(c.status) FROM commands c WHERE c.id = ANY(s.command_ids)) AS statuses
     FROM leases l JOIN places p ON p.id = l.place_id
     LEFT JOIN prepaid_balances b ON b.lease_id = l.id LEFT JOIN supplies s ON s.lease_id = l.id
     WHERE l.site_id = $1 AND l.id > $5 AND ($4::bigint IS NULL OR l.id = $4)
       AND ($4::bigint IS NOT NULL OR s.state <> 'connected'
         OR ($3 AND l.charging = 'prepaid' AND b.balance <= 0 AND s.is_protected IS NOT TRUE
           AND (l.ends_at IS NULL OR l.ends_at > $2)))
     ORDER BY l.id LIMIT $6`,
    [of.siteId, of.at, of.cutOff, of.leaseId ?? null, of.afterLease, of.limit],
  );
  const meters = await readMeters(
    tx,
    rows.map(({ place }) => Number(place)),
    of.at,
  );
  return rows.map((row) => {
    const own = meters.get(Number(row.place)) ?? [];
    return {
      siteId: of.siteId,
      leaseId: Number(row.lease),
      stall: row.stall,
      state: row.state,
      devices: own.filter(({ hasRelay }) => hasRelay).map(({ device }) => device),
      facts: {
        now: of.at.getTime(),
        balance: BigInt(row.balance),
        isProtected: row.is_protected,
        obstacle: obstacleOf(own),
        hasEnded: row.has_ended,
        notifiedAt: row.notified_at?.getTime() ?? null,
        commands: outcomeOf(row.statuses ?? []),
      },
    };
  });
}

interface StallMeter {
  readonly device: string;
  readonly isShared: boolean;
  readonly hasRelay: boolean;
}

/** By place, its electricity meters. One is shared when others lie behind it or it also serves another place. */
async function readMeters(
  tx: Queryable,
  places: readonly number[],
  at: Date,
): Promise<ReadonlyMap<number, readonly StallMeter[]>> {
  const { rows } = await tx.query<{
    place: string;
    device: string;
    is_shared: boolean;
    has_relay: boolean;
  }>(
    `WITH serving AS (
       SELECT m.role, m.place_id AS place, m.commodity, r.device_id AS device
       FROM metering_points m JOIN installations i ON i.metering_point_id = m.id AND i.starts_at <= $2
         AND (i.ends_at IS NULL OR i.ends_at > $2)
       JOIN registers r ON r.id = i.register_id WHERE m.site_id IN (SELECT site_id FROM places WHERE id = ANY($1))
     )
     SELECT s.place, s.device,
       bool_or(s.role = 'main' OR EXISTS (SELECT 1 FROM serving o WHERE o.device = s.device AND o.place IS DISTINCT FROM s.place)) AS is_shared,
       bool_and(d.enabled AND f.definition->'commands' ?& ARRAY['relay_open', 'relay_close']) AS has_relay
     FROM serving s JOIN devices d ON d.id = s.device
     JOIN device_profiles f ON f.id = d.profile_id AND f.revision = d.profile_revision
     WHERE s.place = ANY($1) AND s.commodity = 'electricity'
     GROUP BY s.place, s.device ORDER BY s.device`,
    [places, at],
  );
  const byPlace = new Map<number, StallMeter[]>();
  for (const row of rows) {
    const meters = byPlace.get(Number(row.place)) ?? [];
    meters.push({ device: row.device, isShared: row.is_shared, hasRelay: row.has_relay });
    byPlace.set(Number(row.place), meters);
  }
  return byPlace;
}

function obstacleOf(meters: readonly StallMeter[]): SupplyObstacle | null {
  if (meters.length === 0) return 'no_meter';
  if (meters.some(({ isShared }) => isShared)) return 'shared_meter';
  return meters.every(({ hasRelay }) => hasRelay) ? null : 'no_relay';
}

function outcomeOf(statuses: readonly string[]): SupplyFacts['commands'] {
  if (statuses.length === 0) return 'none';
  if (statuses.some((status) => status === 'queued' || status === 'sent')) return 'open';
  return statuses.every((status) => status === 'succeeded') ? 'acknowledged' : 'failed';
}

/**
 * What is on a lease's balance, minor units, and stays so until the transaction ends: a top-up that comes meanwhile
 * is booked after what is done here.
 */
export async function holdBalance(tx: Queryable, leaseId: number): Promise<bigint> {
  const { rows } = await tx.query<{ balance: string }>(
    'SELECT balance FROM prepaid_balances WHERE lease_id = $1 FOR UPDATE',
    [leaseId],
  );
  return BigInt(rows[0]?.balance ?? 0);
}

/** Makes a lease protected (保电) or no longer so. */
export async function setProtected(
  tx: Queryable,
  of: {
    readonly siteId: string;
    readonly leaseId: number;
    readonly isProtected: boolean;
    readonly reason: string;
    readonly at: Date;
  },
): Promise<void> {
  await tx.query(
    `INSERT INTO supplies (lease_id, site_id, since, is_protected, protected_reason) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (lease_id) DO UPDATE SET is_protected = excluded.is_protected, protected_reason = excluded.protected_reason`,
    [of.leaseId, of.siteId, of.at, of.isProtected, of.reason],
  );
}

export interface SupplyEventView {
  readonly id: number;
  readonly at: Date;
  readonly step: string;
  readonly from: SupplyState;
  readonly to: SupplyState;
  readonly actor: string;
  readonly reason: string | null;
  readonly balance: bigint;
  readonly commands: number;
}

/** A lease's steps, the newest first. */
export async function listSupplyEvents(
  db: Queryable,
  query: { readonly leaseId: number; readonly beforeId?: number | undefined; readonly limit: number },
): Promise<readonly SupplyEventView[]> {
  const { rows } = await db.query<{
    id: string;
    at: Date;
    step: string;
    from_state: SupplyState;
    to_state: SupplyState;
    actor: string;
    reason: string | null;
    balance: string;
    commands: number;
  }>(
    `SELECT id, at, step, from_state, to_state, actor, reason, balance, commands FROM supply_events
     WHERE lease_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
    [query.leaseId, query.beforeId ?? null, query.limit],
  );
  return rows.map(({ from_state, to_state, ...row }) => ({
    ...row,
    id: Number(row.id),
    from: from_state,
    to: to_state,
    balance: BigInt(row.balance),
  }));
}
