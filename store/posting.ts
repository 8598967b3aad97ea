import type { QuantityUnit } from '../domain/commodities.ts';
import type { Boundary, BoundaryMethod, EstimateBasis, Mark } from '../domain/metering/boundary.ts';
import type { Charging } from '../domain/parties.ts';
import type { TimeRange } from '../domain/periods.ts';
import type { FeeLineKind, NewLine } from '../domain/settlement/difference.ts';
import type { StoredEvidence } from '../domain/settlement/evidence.ts';
import type { PostedOfLease } from '../domain/settlement/settle.ts';
import { asOf, type CutOff } from './as-of.ts';
import type { Queryable } from './database.ts';
import { inChunks, jsonParam, numbersParam, textsParam } from './pg-arrays.ts';
import type { StoredBasis } from './schema/billing.ts';
import { grouped, instant, ms } from './usage-inputs.ts';

/** Lines never span more than a month: what starts earlier than this before a period does not reach into it. */
const LINE_MS_MAX = 40 * 86_400_000;
const ROWS_MAX = 2_000;

/** By point, every line that overlaps the period, with how its lease is charged at the cut-off. */
export async function readPosted(
  tx: Queryable,
  pointIds: readonly number[],
  period: TimeRange,
  { changeId }: CutOff,
): Promise<ReadonlyMap<number, readonly PostedOfLease[]>> {
  const { rows } = await tx.query<{
    id: string;
    point: string;
    lease: string;
    version: string;
    from_ms: string;
    to_ms: string;
    component: string;
    band: string;
    event_key: string;
    period: string;
    sequence: number;
    kind: FeeLineKind;
    quantity: string;
    unit: QuantityUnit;
    amount: string;
    unit_price: string;
    accumulated_ms: string | null;
    charging: Charging;
    lease_charging: Charging;
  }>(
    `SELECT l.id, l.metering_point_id AS point, l.lease_id AS lease, l.tariff_version_id AS version,
       ${ms('l.service_from')} AS from_ms, ${ms('l.service_to')} AS to_ms, l.component, l.band, l.event_key, l.period,
       l.sequence, l.kind, l.quantity, l.unit, l.amount, l.unit_price, ${ms('l.accumulated_from')} AS accumulated_ms,
       l.charging, e.charging AS lease_charging
     FROM fee_lines l JOIN ${asOf('leases', changeId)} e ON e.id = l.lease_id
     WHERE l.metering_point_id = ANY($1) AND l.service_from < ${instant('$3')} AND l.service_to > ${instant('$2')}
       AND l.service_from > ${instant('$4')} ORDER BY l.id`,
    [pointIds, period.from, period.to, period.from - LINE_MS_MAX],
  );
  return grouped(rows, (row) => [
    Number(row.point),
    {
      id: Number(row.id),
      leaseId: Number(row.lease),
      tariffVersionId: Number(row.version),
      from: Number(row.from_ms),
      to: Number(row.to_ms),
      component: row.component,
      band: row.band,
      eventKey: row.event_key,
      period: row.period,
      charging: row.charging,
      sequence: row.sequence,
      kind: row.kind,
      quantity: BigInt(row.quantity),
      unit: row.unit,
      amount: BigInt(row.amount),
      unitPrice: row.unit_price,
      accumulatedFrom: row.accumulated_ms === null ? null : Number(row.accumulated_ms),
      leaseCharging: row.lease_charging,
    },
  ]);
}

export interface LineToPost {
  readonly meteringPointId: number;
  readonly line: NewLine;
  /** Whose bill it is on. */
  readonly accountingPeriod: string;
  readonly evidence: StoredEvidence;
  readonly inputHash: string;
}

/** A line whose key exists already breaks the transaction: nothing is posted twice. Returns the first line's id. */
export async function postLines(
  tx: Queryable,
  of: {
    readonly siteId: string;
    readonly runId: number;
    readonly currency: string;
    readonly postedAt: Date;
  },
  lines: readonly LineToPost[],
): Promise<number | undefined> {
  let firstId: number | undefined;
  await inChunks(lines, ROWS_MAX, async (rows) => {
    const { rows: posted } = await tx.query<{ first: string }>(
      `WITH added AS (INSERT INTO fee_lines (site_id, run_id, currency, posted_at, period, accounting_period, lease_id,
         metering_point_id, service_from, service_to, tariff_version_id, component, band, event_key, sequence, quantity,
         unit, unit_price, amount, kind, charging, corrects_id, accumulated_from, input_hash, evidence)
       SELECT $1, $2, $3, $4, period, accounting, lease, point, ${instant('from_ms')}, ${instant('to_ms')}, version,
         component, band, event, sequence, quantity, unit, price, amount, kind, charging, corrects,
         ${instant('accumulated_ms')}, hash, evidence
       FROM unnest($5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[],
         $12::text[], $13::text[], $14::text[], $15::integer[], $16::bigint[], $17::text[], $18::numeric[],
         $19::bigint[], $20::text[], $21::text[], $22::bigint[], $23::bigint[], $24::text[],
         string_to_array($25, E'\\n')::jsonb[])
         t(period, accounting, lease, point, from_ms, to_ms, version, component, band, event, sequence, quantity, unit,
           price, amount, kind, charging, corrects, accumulated_ms, hash, evidence)
       RETURNING id) SELECT min(id) AS first FROM added`,
      [
        ...[of.siteId, of.runId, of.currency, of.postedAt],
        textsParam(rows, ({ line }) => line.period),
        textsParam(rows, ({ accountingPeriod }) => accountingPeriod),
        numbersParam(rows, ({ line }) => line.leaseId),
        numbersParam(rows, ({ meteringPointId }) => meteringPointId),
        numbersParam(rows, ({ line }) => line.from),
        numbersParam(rows, ({ line }) => line.to),
        numbersParam(rows, ({ line }) => line.tariffVersionId),
        textsParam(rows, ({ line }) => line.component),
        textsParam(rows, ({ line }) => line.band),
        textsParam(rows, ({ line }) => line.eventKey),
        numbersParam(rows, ({ line }) => line.sequence),
        numbersParam(rows, ({ line }) => line.quantity),
        textsParam(rows, ({ line }) => line.unit),
        textsParam(rows, ({ line }) => line.unitPrice),
        numbersParam(rows, ({ line }) => line.amount),
        textsParam(rows, ({ line }) => line.kind),
        textsParam(rows, ({ line }) => line.charging),
        numbersParam(rows, ({ line }) => line.correctsId),
        numbersParam(rows, ({ line }) => line.accumulatedFrom),
        textsParam(rows, ({ inputHash }) => inputHash),
        jsonParam(rows, ({ evidence }) => evidence),
      ],
    );
    firstId ??= Number(posted[0]?.first);
  });
  return firstId;
}

/** A boundary value as it was last charged. */
export type PinnedBoundary = Boundary & { readonly meteringPointId: number; readonly revision: number };

const PINNED = `metering_point_id AS point, ${ms('at')} AS at, revision, value, method, basis,
  before_kind, before_installation_id, ${ms('before_ts')} AS before_ts, before_value, before_total,
  after_kind, after_installation_id, ${ms('after_ts')} AS after_ts, after_value`;

/**
 * The latest revisions in the period, both its ends included, those before it that are asked for, and every estimate
 * after it.
 */
export async function readPinned(
  tx: Queryable,
  pointIds: readonly number[],
  period: TimeRange,
  before: readonly { readonly meteringPointId: number; readonly at: number }[],
): Promise<readonly PinnedBoundary[]> {
  const { rows } = await tx.query<PinnedRow>(
    `SELECT DISTINCT ON (metering_point_id, at) ${PINNED} FROM boundary_values
     WHERE metering_point_id = ANY($1) AND at BETWEEN ${instant('$2')} AND ${instant('$3')}
     ORDER BY metering_point_id, at, revision DESC`,
    [pointIds, period.from, period.to],
  );
  const { rows: estimates } = await tx.query<PinnedRow>(
    `SELECT ${PINNED} FROM boundary_values b WHERE metering_point_id = ANY($1) AND at > ${instant('$2')}
       AND method = 'estimated' AND NOT EXISTS (SELECT 1 FROM boundary_values n
         WHERE n.metering_point_id = b.metering_point_id AND n.at = b.at AND n.revision > b.revision)
     ORDER BY at`,
    [pointIds, period.to],
  );
  const { rows: earlier } =
    before.length === 0
      ? { rows: [] }
      : await tx.query<PinnedRow>(
          `SELECT DISTINCT ON (metering_point_id, at) ${PINNED} FROM boundary_values
           WHERE (metering_point_id, at) IN
             (SELECT id, ${instant('at_ms')} FROM unnest($1::bigint[], $2::bigint[]) w(id, at_ms))
           ORDER BY metering_point_id, at, revision DESC`,
          [numbersParam(before, (b) => b.meteringPointId), numbersParam(before, (b) => b.at)],
        );
  return [...earlier, ...rows, ...estimates].map((row) => ({
    meteringPointId: Number(row.point),
    at: Number(row.at),
    revision: row.revision,
    value: BigInt(row.value),
    method: row.method,
    basis: row.basis && {
      from: Date.parse(row.basis.from),
      to: Date.parse(row.basis.to),
      quantity: BigInt(row.basis.quantity),
    },
    before: toMark(
      row.before_kind,
      row.before_installation_id,
      row.before_ts,
      row.before_value,
      row.before_total,
    ),
    // Its total is not kept: nothing goes on from there.
    after: toMark(row.after_kind, row.after_installation_id, row.after_ts, row.after_value, '0'),
  }));
}

interface PinnedRow {
  point: string;
  at: string;
  revision: number;
  value: string;
  method: BoundaryMethod;
  basis: StoredBasis | null;
  before_kind: Mark['kind'] | null;
  before_installation_id: string | null;
  before_ts: string | null;
  before_value: string | null;
  before_total: string | null;
  after_kind: Mark['kind'] | null;
  after_installation_id: string | null;
  after_ts: string | null;
  after_value: string | null;
}

function toMark(
  kind: Mark['kind'] | null,
  installation: string | null,
  ts: string | null,
  value: string | null,
  total: string | null,
): Mark | null {
  if (kind === null || installation === null || ts === null || value === null || total === null) return null;
  return {
    kind,
    installationId: Number(installation),
    ts: Number(ts),
    value: BigInt(value),
    total: BigInt(total),
  };
}

export async function pinBoundaries(
  tx: Queryable,
  runId: number,
  boundaries: readonly PinnedBoundary[],
): Promise<void> {
  await inChunks(boundaries, ROWS_MAX, (rows) =>
    tx.query(
      `INSERT INTO boundary_values (run_id, metering_point_id, at, revision, value, method, before_kind,
         before_installation_id, before_ts, before_value, before_total, after_kind, after_installation_id, after_ts,
         after_value, basis)
       SELECT $1, point, ${instant('at_ms')}, revision, value, method, bk, bi, ${instant('bt')}, bv, bs, ak, ai,
         ${instant('at2')}, av, nullif(basis, 'null'::jsonb)
       FROM unnest($2::bigint[], $3::bigint[], $4::integer[], $5::bigint[], $6::text[], $7::text[], $8::bigint[],
         $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::bigint[], $14::bigint[], $15::bigint[],
         string_to_array($16, E'\\n')::jsonb[])
         t(point, at_ms, revision, value, method, bk, bi, bt, bv, bs, ak, ai, at2, av, basis)`,
      [
        runId,
        numbersParam(rows, (b) => b.meteringPointId),
        numbersParam(rows, (b) => b.at),
        numbersParam(rows, (b) => b.revision),
        numbersParam(rows, (b) => b.value),
        textsParam(rows, (b) => b.method),
        textsParam(rows, (b) => b.before?.kind ?? null),
        numbersParam(rows, (b) => b.before?.installationId ?? null),
        numbersParam(rows, (b) => b.before?.ts ?? null),
        numbersParam(rows, (b) => b.before?.value ?? null),
        numbersParam(rows, (b) => b.before?.total ?? null),
        textsParam(rows, (b) => b.after?.kind ?? null),
        numbersParam(rows, (b) => b.after?.installationId ?? null),
        numbersParam(rows, (b) => b.after?.ts ?? null),
        numbersParam(rows, (b) => b.after?.value ?? null),
        jsonParam(rows, ({ basis }) => basis && storedBasis(basis)),
      ],
    ),
  );
}

const storedBasis = ({ from, to, quantity }: EstimateBasis): StoredBasis => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
  quantity: `${quantity}`,
});

/** Periods with lines that start or end at a boundary of their point, or count for tiers from it. */
export async function readTouchedPeriods(
  tx: Queryable,
  boundaries: readonly { readonly meteringPointId: number; readonly at: number }[],
): Promise<readonly { readonly meteringPointId: number; readonly period: string }[]> {
  if (boundaries.length === 0) return [];
  const { rows } = await tx.query<{ point: string; period: string }>(
    `SELECT DISTINCT l.metering_point_id AS point, l.period
     FROM unnest($1::bigint[], $2::bigint[]) m(point, at_ms) JOIN fee_lines l ON l.metering_point_id = m.point
       AND (l.service_from = ${instant('m.at_ms')} OR l.service_to = ${instant('m.at_ms')}
         OR l.accumulated_from = ${instant('m.at_ms')})`,
    [numbersParam(boundaries, (b) => b.meteringPointId), numbersParam(boundaries, (b) => b.at)],
  );
  return rows.map(({ point, period }) => ({ meteringPointId: Number(point), period }));
}
