import type { Charging } from '../domain/parties.ts';
import type { PassDirection } from '../domain/passes.ts';
import type { TimeRange } from '../domain/periods.ts';
import type { Lease } from '../domain/settlement/service-ranges.ts';
import { asOf, type CutOff, type HistoryTable } from './as-of.ts';
import type { Queryable } from './database.ts';
import { numbersParam, textsParam } from './pg-arrays.ts';
import { instant, ms, type Payers, readLeaseTariffs, toLease } from './usage-inputs.ts';

export interface NewPass {
  readonly deviceId: string;
  readonly eventId: string;
  /** Epoch milliseconds. */
  readonly ts: number;
  readonly direction: PassDirection;
  readonly vehicle: string;
  readonly plate: string | null;
  readonly class: string;
  readonly ticket: string | null;
  readonly receivedAt: number;
  /** The journal frame it came in. */
  readonly journalSeq: number;
}

/** The point of the lane where a device `d` stands; of a gate that stands nowhere, its own. */
const LANE_CODE = `'GATE-' || coalesce(pl.code, d.id)`;

/**
 * Stores passes, and makes the metering points of lanes that have none yet. The same event of the same device again
 * is a no-op, whatever it says.
 */
export async function insertPasses(db: Queryable, passes: readonly NewPass[]): Promise<void> {
  if (passes.length === 0) return;
  await db.query({
    name: 'insert_gate_points',
    text: `INSERT INTO metering_points (site_id, place_id, commodity, code, max_rate)
           SELECT d.site_id, d.place_id, 'gate', min(${LANE_CODE}), 1
           FROM devices d LEFT JOIN places pl ON pl.id = d.place_id
           WHERE d.id = ANY($1::text[]) AND NOT EXISTS (SELECT FROM metering_points m WHERE m.site_id = d.site_id
             AND m.commodity = 'gate' AND (m.place_id = d.place_id OR m.code = ${LANE_CODE}))
           GROUP BY d.site_id, d.place_id, CASE WHEN d.place_id IS NULL THEN d.id END
           ON CONFLICT DO NOTHING`,
    values: [textsParam([...new Set(passes.map(({ deviceId }) => deviceId))], (id) => id)],
  });
  await db.query({
    name: 'insert_passes',
    text: `INSERT INTO passes (site_id, device_id, event_id, metering_point_id, ts, direction, vehicle, plate, class, ticket,
             received_at, journal_seq)
           SELECT d.site_id, d.id, e, m.id, to_timestamp(t / 1000), dir, v, p, c, k, to_timestamp(r / 1000), s
           FROM unnest($1::text[], $2::text[], $3::float8[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
             $9::float8[], $10::bigint[]) AS input (id, e, t, dir, v, p, c, k, r, s)
           JOIN devices d ON d.id = input.id LEFT JOIN places pl ON pl.id = d.place_id
           LEFT JOIN LATERAL (SELECT m.id FROM metering_points m WHERE m.site_id = d.site_id AND m.commodity = 'gate'
             AND (m.place_id = d.place_id OR m.code = ${LANE_CODE}) ORDER BY m.id LIMIT 1) m ON true
           ON CONFLICT DO NOTHING`,
    values: [
      textsParam(passes, (pass) => pass.deviceId),
      textsParam(passes, (pass) => pass.eventId),
      numbersParam(passes, (pass) => pass.ts),
      textsParam(passes, (pass) => pass.direction),
      textsParam(passes, (pass) => pass.vehicle),
      textsParam(passes, (pass) => pass.plate),
      textsParam(passes, (pass) => pass.class),
      textsParam(passes, (pass) => pass.ticket),
      numbersParam(passes, (pass) => pass.receivedAt),
      numbersParam(passes, (pass) => pass.journalSeq),
    ],
  });
}

/** The order of domain/passes.ts comparePasses. */
const ORDER = (t: string): string =>
  `${t}.ts, ${t}.direction COLLATE "C", ${t}.device_id COLLATE "C", ${t}.event_id COLLATE "C"`;
const DESCENDING = (t: string): string => ORDER(t).replaceAll(',', ' DESC,').concat(' DESC');

/** The pass of the same vehicle right before `x`, or right after it. A pass's partner is one of its neighbours. */
export const neighbour = (side: 'before' | 'after', more = ''): string =>
  `LEFT JOIN LATERAL (SELECT n.* FROM passes n WHERE n.site_id = x.site_id AND n.vehicle = x.vehicle ${more}
     AND n.ts ${side === 'before' ? '<=' : '>='} x.ts AND (${ORDER('n')}) ${side === 'before' ? '<' : '>'} (${ORDER('x')})
     ORDER BY ${side === 'before' ? DESCENDING('n') : ORDER('n')} LIMIT 1) ${side} ON true`;

/** Who pays for the pass `x` when it happens, and whether a monthly pass covers it; with a cut-off as it was then. */
export const payerOf = (changeId?: number): string => {
  const from = (table: HistoryTable): string => (changeId === undefined ? table : asOf(table, changeId));
  return `LEFT JOIN ${from('vehicles')} v ON v.site_id = x.site_id AND v.plate = x.vehicle
  LEFT JOIN ${from('vehicle_payers')} vp ON vp.vehicle_id = v.id AND vp.starts_at <= x.ts AND (vp.ends_at IS NULL OR vp.ends_at > x.ts)
  LEFT JOIN ${from('leases')} l ON l.id = vp.lease_id AND l.starts_at <= x.ts AND (l.ends_at IS NULL OR l.ends_at > x.ts)
  LEFT JOIN ${from('monthly_passes')} mp ON mp.vehicle_id = v.id AND mp.starts_at <= x.ts AND mp.ends_at > x.ts`;
};

/** A vehicle that went out through a lane: what is charged. */
export interface ChargedPass {
  /** Tells it apart among the fee lines of its lane. */
  readonly eventKey: string;
  readonly deviceId: string;
  readonly meteringPointId: number;
  /** Epoch milliseconds. */
  readonly exitAt: number;
  /** Null where no entry came right before. */
  readonly entryAt: number | null;
  readonly plate: string | null;
  readonly ticket: string | null;
  /** The registered class where the vehicle is registered, otherwise what the gate saw. */
  readonly vehicleClass: string;
  /** Null where nobody pays: the site has no walk-in account. */
  readonly leaseId: number | null;
  readonly monthlyPassId: number | null;
}

/** The exits through these lanes in the period that had been received by then, by lane and time. */
export async function readChargedPasses(
  tx: Queryable,
  pointIds: readonly number[],
  period: TimeRange,
  { receivedUpTo, journalSeq, changeId }: CutOff,
): Promise<readonly ChargedPass[]> {
  const { rows } = await tx.query<{
    event_key: string;
    device: string;
    point: string;
    exit_at: string;
    entry_at: string | null;
    plate: string | null;
    ticket: string | null;
    class: string;
    lease: string | null;
    monthly: string | null;
  }>(
    `SELECT x.device_id || '/' || x.event_id AS event_key, x.device_id AS device, x.metering_point_id AS point,
       ${ms('x.ts')} AS exit_at, CASE before.direction WHEN 'in' THEN ${ms('before.ts')} END AS entry_at, x.plate, x.ticket,
       coalesce(v.class, x.class) AS class, coalesce(l.id, w.id) AS lease, mp.id AS monthly
     FROM passes x ${neighbour('before', 'AND n.received_at <= $4 AND n.journal_seq <= $5')} ${payerOf(changeId)}
     LEFT JOIN leases w ON w.site_id = x.site_id AND w.kind = 'walk_in' AND w.starts_at <= x.ts
     WHERE x.metering_point_id = ANY($1) AND x.direction = 'out' AND x.ts >= ${instant('$2')} AND x.ts < ${instant('$3')}
       AND x.received_at <= $4 AND x.journal_seq <= $5
     ORDER BY x.metering_point_id, ${ORDER('x')}`,
    [pointIds, period.from, period.to, receivedUpTo, journalSeq],
  );
  return rows.map((row) => ({
    eventKey: row.event_key,
    deviceId: row.device,
    meteringPointId: Number(row.point),
    exitAt: Number(row.exit_at),
    entryAt: row.entry_at === null ? null : Number(row.entry_at),
    plate: row.plate,
    ticket: row.ticket,
    vehicleClass: row.class,
    leaseId: row.lease === null ? null : Number(row.lease),
    monthlyPassId: row.monthly === null ? null : Number(row.monthly),
  }));
}

export async function findPassSite(tx: Queryable, id: number): Promise<string | undefined> {
  const { rows } = await tx.query<{ site: string }>('SELECT site_id AS site FROM passes WHERE id = $1', [id]);
  return rows[0]?.site;
}

/** Leases by id, with what they pay for passing gates. */
export async function readGatePayers(
  tx: Queryable,
  leaseIds: readonly number[],
  period: TimeRange,
  { changeId }: CutOff,
): Promise<Pick<Payers, 'leaseTariffs' | 'versions'> & { readonly leases: readonly Lease[] }> {
  const { rows: leases } = await tx.query<{
    id: string;
    charging: Charging;
    from_ms: string;
    to_ms: string | null;
  }>(
    `SELECT id, charging, ${ms('starts_at')} AS from_ms, ${ms('ends_at')} AS to_ms FROM ${asOf('leases', changeId)} e
     WHERE id = ANY($1)`,
    [leaseIds],
  );
  return { leases: leases.map(toLease), ...(await readLeaseTariffs(tx, leaseIds, period, changeId)) };
}
