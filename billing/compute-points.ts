import { METERED_COMMODITIES } from '../domain/commodities.ts';
import type { Boundary, Mark } from '../domain/metering/boundary.ts';
import { HISTORY_MS, type PinnedEstimate } from '../domain/metering/estimate.ts';
import { type FoldResult, QuantityFold } from '../domain/metering/fold.ts';
import { periodKindOf } from '../domain/periods.ts';
import {
  type Boundaries,
  cutsOf,
  type NamedPeriod,
  NO_EXTRAS,
  type PointContext,
} from '../domain/settlement/desired.ts';
import type { NamedInstallation } from '../domain/settlement/evidence.ts';
import type { SealedInputs } from '../domain/settlement/sealed.ts';
import {
  type ServiceRange,
  serviceRanges,
  type UnchargedRange,
} from '../domain/settlement/service-ranges.ts';
import { type PostedOfLease, type Settlement, settle } from '../domain/settlement/settle.ts';
import { readVouchers } from '../store/judge-readings.ts';
import { type PinnedBoundary, readPinned, readPosted } from '../store/posting.ts';
import {
  type MeteringPointRow,
  readDefinitions,
  readInstallations,
  readPayers,
  readPoints,
  readResumeMarks,
} from '../store/usage-inputs.ts';
import { foldReadings, type PointFold } from './fold-readings.ts';
import { type PointExtras, readExtras } from './range-extras.ts';
import type { RunContext } from './run-context.ts';

export interface ComputeOptions {
  /** Take the values at the period's ends of every point, whoever pays; a month always does. */
  readonly ends?: boolean | undefined;
  /** Estimate what no reading follows, to the period's end. */
  readonly estimate: boolean;
  /** Compute as the run did that sealed these. */
  readonly sealed?: ReadonlyMap<number, Sealed> | undefined;
}

export interface Sealed extends SealedInputs {
  /** Lines after this one were posted later. */
  readonly lastLineId: number;
}

export interface ComputedPoint {
  readonly point: MeteringPointRow;
  readonly installations: readonly NamedInstallation[];
  readonly ranges: readonly ServiceRange[];
  /** Instants whose values are pinned besides those of the ranges: a main's residual is between them. */
  readonly ends: readonly number[];
  readonly posted: readonly PostedOfLease[];
  readonly settlement: Settlement;
  /** As they were charged last, by instant. */
  readonly pinned: ReadonlyMap<number, PinnedBoundary>;
  readonly inputs: SealedInputs;
}

interface Prepared extends PointContext {
  readonly point: MeteringPointRow;
  readonly installations: readonly NamedInstallation[];
  readonly ranges: readonly ServiceRange[];
  readonly uncharged: readonly UnchargedRange[];
  readonly cuts: readonly number[];
  readonly extras: PointExtras;
  readonly ends: readonly number[];
}

/** What is known of a point's quantities beside its readings. */
interface Known {
  readonly pinned: ReadonlyMap<number, PinnedBoundary>;
  readonly before: Boundaries;
  readonly estimates: readonly PinnedEstimate[];
}

/**
 * What is to be posted for points in a period, inside the caller's transaction, without writing anything. A constant
 * number of statements, whatever the number of points.
 */
export async function computePoints(
  context: RunContext,
  pointIds: readonly number[],
  period: NamedPeriod,
  options: ComputeOptions,
): Promise<{ readonly points: readonly ComputedPoint[]; readonly readings: number }> {
  const { client, cutOff } = context;
  const prepared = await prepare(context, pointIds, period, options);
  const known = await readKnown(context, prepared, period, options);
  const folded = await fold(context, prepared, known, period, options);
  const posted = await readPosted(client, pointIds, period, cutOff);
  await addDefinitions(context, [...posted.values()].flat());

  const points = prepared.map((one): ComputedPoint => {
    const { point, installations, ranges, extras } = one;
    const sealed = options.sealed?.get(point.id);
    const { result, resume } = folded.byPoint.get(point.id) ?? { result: null, resume: null };
    const { pinned, before } = known.get(point.id) ?? UNKNOWN;
    const lines = posted.get(point.id) ?? [];
    const standing = sealed ? lines.filter(({ id }) => id <= sealed.lastLineId) : lines;
    const settlement = settle({
      ...one,
      ...{ fold: result, known: before, posted: standing },
      definitionOf: (id) => context.definitions.get(id),
    });
    const estimates = [...settlement.boundaries.values()].flatMap((boundary) => estimateOf(boundary) ?? []);
    const shares = ranges.flatMap((range) => {
      const share = extras.share(range);
      return share === null ? [] : [{ leaseId: range.leaseId, from: range.from, to: range.to, share }];
    });
    const inputs = {
      resume,
      estimates,
      shares,
      known: [...before.values()].map(({ at, value }) => ({ at, value })),
    };
    const problems = [...settlement.problems, ...(extras.problems ?? [])];
    const settled = { ...settlement, problems };
    return {
      point,
      installations,
      ranges,
      ends: one.ends,
      posted: standing,
      settlement: settled,
      pinned,
      inputs,
    };
  });
  return { points, readings: folded.readings };
}

/** Who pays for what, and where the points' quantities are cut. */
async function prepare(
  context: RunContext,
  pointIds: readonly number[],
  period: NamedPeriod,
  options: ComputeOptions,
): Promise<readonly Prepared[]> {
  const { client, siteId, timeZone, digits, cutOff } = context;
  const points = await readPoints(client, pointIds, cutOff);
  const places = [...new Set(points.flatMap(({ placeId }) => placeId ?? []))];
  const installed = await readInstallations(client, pointIds, cutOff);
  const payers = await readPayers(client, siteId, places, period, cutOff);
  const extrasOf = await readExtras(context, points, period);
  return points.map((point) => {
    const { commodity, areaM2 } = point;
    const sealed = options.sealed?.get(point.id);
    const known: PointExtras = extrasOf.get(point.id) ?? NO_EXTRAS;
    const extras = sealed ? { ...known, share: sealedShare(sealed) } : known;
    const installations = installed.get(point.id) ?? [];
    const paid = serviceRanges({
      ...{ period, kind: periodKindOf(period.name) },
      leases: point.placeId === null ? [] : (payers.leases.get(point.placeId) ?? []),
      house: payers.house,
      leaseTariffs: payers.leaseTariffs.filter((assigned) => assigned.commodity === commodity),
      versions: payers.versions,
    });
    const { ranges, uncharged } = extras.ranges ? { ranges: extras.ranges, uncharged: [] } : paid;
    const ends = installations.length > 0 ? endsOf(period, options) : [];
    const about = { period, timeZone, digits, commodity, areaM2, installations, extras };
    const cuts = isMetered(point) ? ascending([...cutsOf(ranges, about), ...ends]) : [];
    return { ...about, point, installations, extras, ranges, uncharged, cuts, ends };
  });
}

async function readKnown(
  { client }: RunContext,
  prepared: readonly Prepared[],
  period: NamedPeriod,
  { sealed }: ComputeOptions,
): Promise<ReadonlyMap<number, Known>> {
  if (sealed) return new Map([...sealed].map(([id, inputs]) => [id, knownOf(inputs)]));
  const before = prepared.flatMap(({ point, cuts }) =>
    cuts.filter((at) => at < period.from).map((at) => ({ meteringPointId: point.id, at })),
  );
  const ids = prepared.map(({ point }) => point.id);
  const byPoint = new Map<number, PinnedBoundary[]>(ids.map((id) => [id, []]));
  for (const pin of await readPinned(client, ids, period, before))
    byPoint.get(pin.meteringPointId)?.push(pin);
  return new Map(
    [...byPoint].map(([id, pins]) => [
      id,
      {
        pinned: new Map(pins.map((pin) => [pin.at, pin])),
        before: new Map(pins.filter(({ at }) => at < period.from).map((pin) => [pin.at, pin])),
        estimates: pins.filter(({ at }) => at >= period.from).flatMap((pin) => estimateOf(pin) ?? []),
      },
    ]),
  );
}

const UNKNOWN: Known = { pinned: new Map(), before: new Map(), estimates: [] };

const knownOf = ({ known, estimates }: SealedInputs): Known => ({
  pinned: new Map(),
  before: new Map(
    known.map(({ at, value }) => [at, { at, value, method: 'measured', before: null, after: null }]),
  ),
  estimates,
});

const estimateOf = ({ at, value, method, before, basis }: Boundary): PinnedEstimate | undefined =>
  method === 'estimated' && before ? { at, value, before, basis: basis ?? null } : undefined;

interface Folded {
  readonly byPoint: ReadonlyMap<number, { readonly result: FoldResult; readonly resume: Mark | null }>;
  readonly readings: number;
}

/** Folds the readings; where an end is to be estimated, once more from earlier on, for the history that it needs. */
async function fold(
  context: RunContext,
  prepared: readonly Prepared[],
  known: ReadonlyMap<number, Known>,
  period: NamedPeriod,
  { estimate, sealed }: ComputeOptions,
): Promise<Folded> {
  const { client, cutOff } = context;
  const registers = prepared.flatMap(({ installations }) =>
    installations.map(({ registerId }) => registerId),
  );
  const vouched = await readVouchers(client, registers, cutOff.receivedUpTo);
  const wanted = prepared
    .filter(({ point }) => isMetered(point))
    .map((one) => {
      const { before } = known.get(one.point.id) ?? UNKNOWN;
      return { ...one, cuts: one.cuts.filter((at) => !before.has(at)) };
    });
  async function pass(
    points: readonly Prepared[],
    atOf: (one: Prepared) => number,
    estimateUntil: number | undefined,
  ): Promise<{
    readonly folds: readonly (PointFold & { readonly point: MeteringPointRow })[];
    readonly readings: number;
  }> {
    const at = points.map((one) => ({ id: one.point.id, at: atOf(one) }));
    const marks = sealed ? undefined : await readResumeMarks(client, at);
    const folds = points.map((one) => {
      const { point, installations, cuts } = one;
      const resume = (sealed ? sealed.get(point.id)?.resume : marks?.get(point.id)) ?? null;
      const pinnedEstimates = known.get(point.id)?.estimates;
      const input = { installations, maxRate: point.maxRate, cuts, resume, vouched, pinnedEstimates };
      const kept = keptOf(one);
      return {
        point,
        installations,
        cuts,
        resume,
        fold: new QuantityFold({ ...input, estimateUntil, kept }),
      };
    });
    return { folds, readings: await foldReadings(client, folds, period, cutOff) };
  }

  const first = await pass(wanted, ({ cuts }) => cuts[0] ?? period.from, undefined);
  const byPoint = new Map(
    first.folds.map(({ point, resume, fold }) => [point.id, { result: fold.finish(), resume }]),
  );
  if (!estimate) return { byPoint, readings: first.readings };
  const lacking = wanted.filter(({ point, cuts }) => {
    const result = byPoint.get(point.id)?.result;
    return result?.last && result.boundaries.length < cuts.length;
  });
  const second = await pass(
    lacking,
    ({ point, cuts }) => {
      const last = byPoint.get(point.id)?.result.last?.ts ?? period.from;
      return Math.min(cuts[0] ?? period.from, last - HISTORY_MS);
    },
    period.to,
  );
  for (const { point, resume, fold } of second.folds) {
    byPoint.set(point.id, { result: fold.finish(), resume });
  }
  return { byPoint, readings: first.readings + second.readings };
}

async function addDefinitions(
  { client, definitions }: RunContext,
  posted: readonly PostedOfLease[],
): Promise<void> {
  const missing = new Set(
    posted.map(({ tariffVersionId }) => tariffVersionId).filter((id) => !definitions.has(id)),
  );
  for (const [id, definition] of await readDefinitions(client, [...missing])) definitions.set(id, definition);
}

const sealedShare =
  ({ shares }: SealedInputs) =>
  ({ leaseId, from, to }: ServiceRange): bigint | null =>
    shares.find((one) => one.leaseId === leaseId && one.from === from && one.to === to)?.share ?? null;

const endsOf = (period: NamedPeriod, { ends }: ComputeOptions): readonly number[] =>
  (ends ?? periodKindOf(period.name) === 'month') ? [period.from, period.to] : [];

/** Where values are pinned (`newPins`); those from where tiers count are among them or before the period. */
export const keptOf = ({ ranges, ends }: Pick<ComputedPoint, 'ranges' | 'ends'>): readonly number[] =>
  ascending([...ranges.flatMap(({ from, to }) => [from, to]), ...ends]);

const ascending = (instants: readonly number[]): readonly number[] =>
  [...new Set(instants)].sort((a, b) => a - b);

const isMetered = ({ commodity }: MeteringPointRow): boolean =>
  (METERED_COMMODITIES as readonly string[]).includes(commodity);
