import { createHash } from 'node:crypto';
import type { Commodity, QuantityUnit } from '../commodities.ts';
import { formatDecimal } from '../decimal.ts';
import {
  type Boundary,
  type BoundaryMethod,
  type Mark,
  TOTAL_ONE,
  TOTAL_SCALE,
} from '../metering/boundary.ts';
import type { Installation } from '../metering/fold.ts';
import { PRICE_UNITS } from '../rating/price-units.ts';
import type { UsedInterval } from '../rating/rated-line.ts';
import type { Workings } from '../rating/workings.ts';
import type { SharePart } from '../residual.ts';
import type { Boundaries, DesiredLine } from './desired.ts';
import type { NewLine } from './difference.ts';
import { EVIDENCE_INTERVALS_MAX } from './limits.ts';

/** Which meter stood behind an installation, as it is called today. */
export interface MeterName {
  readonly deviceId: string;
  readonly serial: string;
  readonly point: string;
}
export type NamedInstallation = Installation & MeterName;

export interface EvidenceInput {
  readonly meteringPointId: number;
  readonly commodity: Commodity;
  readonly timeZone: string;
  readonly currency: string;
  readonly digits: number;
  readonly installations: readonly NamedInstallation[];
  readonly boundaries: Boundaries;
}

/**
 * Why a line says what it says, kept in the line as JSON: instants are ISO 8601 and integers are text, except the
 * intervals, `[from ms, to ms, quantity]`, because a month of hourly bands has hundreds. So it stays below 40 kB.
 */
export type StoredEvidence = UsageEvidence | ReversalEvidence;

export interface UsageEvidence {
  readonly kind: 'usage';
  readonly timeZone: string;
  /** Null of what no meter counts. */
  readonly from: EvidenceBoundary | null;
  readonly to: EvidenceBoundary | null;
  /** Where tiers or a discount began to count, when that was before the range. */
  readonly since: EvidenceBoundary | null;
  readonly total: string | null;
  readonly segments: readonly EvidenceSegment[];
  /** What a share of common area and loss is made of; null on all other lines. */
  readonly shares: readonly SharePart[] | null;
  readonly intervals: {
    readonly count: number;
    readonly sha256: string;
    readonly list: readonly (readonly [from: number, to: number, quantity: string])[] | null;
  };
  readonly tariff: {
    readonly code: string;
    readonly name: string;
    readonly version: number;
    readonly effectiveFrom: string;
  };
  readonly arithmetic: {
    readonly quantity: string;
    readonly unit: QuantityUnit;
    readonly per: number;
    readonly priceUnit: string;
    readonly unitPrice: string;
    readonly unrounded: string;
    readonly workings: Workings;
    readonly amount: string;
    readonly currency: string;
    readonly digits: number;
    readonly posted: { readonly quantity: string; readonly amount: string };
  };
}

export interface ReversalEvidence {
  readonly kind: 'reversal';
  readonly reverses: readonly number[];
  readonly posted: { readonly quantity: string; readonly amount: string };
}

interface EvidenceMark extends MeterName {
  readonly kind: Mark['kind'];
  readonly installationId: number;
  readonly registerId: number;
  readonly ts: string;
  readonly value: string;
  readonly multiplier: string;
}

interface EvidenceBoundary {
  readonly at: string;
  readonly value: string;
  readonly method: BoundaryMethod;
  readonly before: EvidenceMark | null;
  readonly after: EvidenceMark | null;
  /** The point's own usage that an estimate carries on. */
  readonly basis: { readonly from: string; readonly to: string; readonly quantity: string } | null;
}

interface EvidenceSegment extends MeterName {
  readonly installationId: number;
  readonly registerId: number;
  readonly multiplier: string;
  readonly from: string;
  readonly to: string;
  readonly startValue: string;
  readonly endValue: string;
  readonly wraps: number;
  readonly modulus: string;
  readonly quantity: string;
}

/** The evidence of a line to post, and the hash of what it was computed from: the same inputs give the same hash. */
export function evidenceOf(
  line: NewLine,
  input: EvidenceInput,
): { readonly evidence: StoredEvidence; readonly inputHash: string } {
  const posted = { quantity: `${line.posted.quantity}`, amount: `${line.posted.amount}` };
  if (!line.desired) {
    const evidence: ReversalEvidence = { kind: 'reversal', reverses: line.reverses, posted };
    return { evidence, inputHash: sha256(JSON.stringify([2, line.reverses, posted])) };
  }
  const evidence = usageEvidence(line.desired, posted, input);
  return { evidence, inputHash: inputHash(line.desired, evidence, input) };
}

function usageEvidence(
  {
    range,
    quantity,
    unit,
    unitPrice,
    unrounded,
    amount,
    accumulatedFrom,
    intervals,
    workings,
    shares,
  }: DesiredLine,
  posted: { readonly quantity: string; readonly amount: string },
  input: EvidenceInput,
): UsageEvidence {
  const { boundaries, installations } = input;
  const metered = installations.length > 0;
  const boundary = (at: number): EvidenceBoundary | null =>
    metered ? boundaryEvidence(boundaryAt(boundaries, at), installations) : null;
  return {
    kind: 'usage',
    timeZone: input.timeZone,
    from: boundary(range.from),
    to: boundary(range.to),
    since: accumulatedFrom !== null && accumulatedFrom < range.from ? boundary(accumulatedFrom) : null,
    total: metered
      ? `${boundaryAt(boundaries, range.to).value - boundaryAt(boundaries, range.from).value}`
      : null,
    segments: installations.flatMap((meter) => segmentOf(meter, range, boundaries) ?? []),
    shares: shares ?? null,
    intervals: intervalsEvidence(intervals),
    tariff: {
      code: range.tariff.code,
      name: range.tariff.name,
      version: range.tariff.version,
      effectiveFrom: iso(range.tariff.effectiveFrom),
    },
    arithmetic: {
      quantity: `${quantity}`,
      unit,
      per: PRICE_UNITS[unit].per,
      priceUnit: PRICE_UNITS[unit].name,
      unitPrice,
      unrounded,
      workings,
      amount: `${amount}`,
      currency: input.currency,
      digits: input.digits,
      posted,
    },
  };
}

/** Of what was measured and agreed; not of names, which may change, nor of totals, whose zero point may. */
function inputHash(line: DesiredLine, evidence: UsageEvidence, input: EvidenceInput): string {
  const marks = [evidence.from, evidence.to, evidence.since].map(
    (boundary) =>
      boundary && [
        boundary.at,
        boundary.method,
        ...[boundary.before, boundary.after].map(
          (mark) => mark && [mark.installationId, mark.ts, mark.value, mark.multiplier],
        ),
      ],
  );
  const { range, component, band, eventKey } = line;
  const { quantity, unit, unitPrice, workings, amount, currency } = evidence.arithmetic;
  const { leaseId, tariff, from, to } = range;
  return sha256(
    JSON.stringify([
      3,
      [input.meteringPointId, leaseId, tariff.id, component, band, eventKey, from, to],
      [marks, evidence.intervals.sha256],
      [quantity, unit, unitPrice, workings, amount, currency],
    ]),
  );
}

function intervalsEvidence(intervals: readonly UsedInterval[]): UsageEvidence['intervals'] {
  const list = intervals.map(({ from, to, quantity }) => [from, to, `${quantity}`] as const);
  return {
    count: list.length,
    sha256: sha256(JSON.stringify(list)),
    list: list.length > EVIDENCE_INTERVALS_MAX ? null : list,
  };
}

function boundaryEvidence(boundary: Boundary, meters: readonly NamedInstallation[]): EvidenceBoundary {
  return {
    at: iso(boundary.at),
    value: `${boundary.value}`,
    method: boundary.method,
    before: boundary.before && markEvidence(boundary.before, meters),
    after: boundary.after && markEvidence(boundary.after, meters),
    basis: boundary.basis
      ? {
          from: iso(boundary.basis.from),
          to: iso(boundary.basis.to),
          quantity: `${boundary.basis.quantity}`,
        }
      : null,
  };
}

function markEvidence(mark: Mark, meters: readonly NamedInstallation[]): EvidenceMark {
  const meter = meters.find(({ id }) => id === mark.installationId);
  if (!meter) throw new Error(`a mark of installation ${mark.installationId}, which the point does not have`);
  const { kind, installationId, ts, value } = mark;
  return { kind, installationId, ...namesOf(meter), ts: iso(ts), value: `${value}` };
}

/** What one meter contributed to the range; undefined where it was not installed in it. */
function segmentOf(
  meter: NamedInstallation,
  range: { readonly from: number; readonly to: number },
  boundaries: Boundaries,
): EvidenceSegment | undefined {
  const from = Math.max(range.from, meter.startsAt);
  const to = Math.min(range.to, meter.endsAt ?? range.to);
  if (from >= to) return undefined;
  const [start, end] = [boundaryAt(boundaries, from), boundaryAt(boundaries, to)];
  const startValue = from === meter.startsAt ? meter.startValue : registerAt(start, meter);
  const endValue = registerAt(end, meter);
  const quantity = end.value - start.value;
  const counted = (quantity * TOTAL_ONE) / meter.multiplier;
  return {
    installationId: meter.id,
    ...namesOf(meter),
    from: iso(from),
    to: iso(to),
    startValue: `${startValue}`,
    endValue: `${endValue}`,
    wraps: Number((counted - (endValue - startValue) + meter.modulus / 2n) / meter.modulus),
    modulus: `${meter.modulus}`,
    quantity: `${quantity}`,
  };
}

/** What the register shows at a boundary: read, or as far past the mark before as the quantity is. */
function registerAt({ before, value }: Boundary, { multiplier, modulus }: Installation): bigint {
  if (!before) return 0n;
  const past = value * TOTAL_ONE - before.total;
  return past <= 0n ? before.value : (before.value + past / multiplier) % modulus;
}

const namesOf = (meter: NamedInstallation): MeterName & { registerId: number; multiplier: string } => ({
  registerId: meter.registerId,
  deviceId: meter.deviceId,
  serial: meter.serial,
  point: meter.point,
  multiplier: formatDecimal({ units: meter.multiplier, scale: TOTAL_SCALE }),
});

function boundaryAt(boundaries: Boundaries, at: number): Boundary {
  const boundary = boundaries.get(at);
  if (!boundary) throw new Error(`no boundary value at ${iso(at)}`);
  return boundary;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
