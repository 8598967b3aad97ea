import { type Boundary, type Mark, wholeUnits } from '../domain/metering/boundary.ts';
import { accountingPeriodOf } from '../domain/periods.ts';
import type { NamedPeriod } from '../domain/settlement/desired.ts';
import { evidenceOf } from '../domain/settlement/evidence.ts';
import { chargeBalances } from '../store/balances.ts';
import type { RunProblem } from '../store/billing-runs.ts';
import { closeCase, openCase } from '../store/cases.ts';
import { readClosedPeriods } from '../store/periods.ts';
import { type LineToPost, type PinnedBoundary, pinBoundaries, postLines } from '../store/posting.ts';
import { writeSettledPoints } from '../store/settled-points.ts';
import { type ComputedPoint, computePoints, keptOf } from './compute-points.ts';
import type { RunContext } from './run-context.ts';
import { SETTLEMENT_REVISION, settledWhole } from './unchanged.ts';

/** Who posts, and what is said of it. */
export interface Posting {
  readonly runId: number;
  readonly postedAt: Date;
  /** Estimate what no reading follows, to the period's end. */
  readonly estimate: boolean;
}

export interface SettledPoints {
  readonly computed: readonly ComputedPoint[];
  readonly lines: number;
  readonly amount: bigint;
  readonly problems: readonly RunProblem[];
  /** Boundary values that were charged before and are different now. */
  readonly moved: readonly { readonly meteringPointId: number; readonly at: number }[];
  readonly readings: number;
}

/**
 * Settles points for one period inside the caller's transaction, which holds their locks: computes what should be
 * posted, subtracts what is posted, and posts the difference. A constant number of statements, whatever the number
 * of points.
 */
export async function settlePoints(
  context: RunContext,
  pointIds: readonly number[],
  period: NamedPeriod,
  { runId, postedAt, estimate }: Posting,
): Promise<SettledPoints> {
  const { client, siteId, timeZone, currency, digits } = context;
  const { points: computed, readings } = await computePoints(context, pointIds, period, { estimate });
  const closed = await readClosedPeriods(client, siteId, runId);
  const lines: LineToPost[] = [];
  const pins: PinnedBoundary[] = [];
  for (const one of computed) {
    const { point, installations, settlement } = one;
    const { boundaries } = settlement;
    const about = { meteringPointId: point.id, commodity: point.commodity, timeZone, currency, digits };
    for (const line of settlement.lines) {
      const evidence = evidenceOf(line, { ...about, installations, boundaries });
      const accountingPeriod = accountingPeriodOf(line.period, closed);
      lines.push({ meteringPointId: point.id, line, accountingPeriod, ...evidence });
    }
    pins.push(...newPins(one));
  }
  const firstId = await postLines(client, { siteId, runId, currency, postedAt }, lines);
  await pinBoundaries(client, runId, pins);
  await keepCases(context, computed, pins, period, postedAt);
  const drawn = lines.map(({ line }) => line).filter(({ charging }) => charging === 'prepaid');
  if (drawn.length > 0) {
    // The first line's id tells this batch from every other, of this run and of all.
    const key = `fee lines ${firstId}`;
    await chargeBalances(client, { siteId, currency, runId, key, at: postedAt }, drawn);
  }
  const run = { id: runId, revision: SETTLEMENT_REVISION };
  await writeSettledPoints(client, run, period.name, pointIds, settledWhole(period, computed));
  return {
    ...{ computed, readings, lines: lines.length },
    amount: lines.reduce((sum, { line }) => sum + line.amount, 0n),
    problems: problemsOf(computed),
    moved: pins.filter((pin) => {
      const before = pinnedBefore(computed, pin);
      return before !== undefined && before.value !== pin.value;
    }),
  };
}

export const problemsOf = (computed: readonly ComputedPoint[]): readonly RunProblem[] =>
  computed.flatMap(({ point, settlement }) =>
    settlement.problems.map((problem) => ({ meteringPointId: point.id, ...problem })),
  );

/** The values at the ends of ranges, and from where tiers count, that differ from what was pinned last. */
function newPins({ point, ranges, ends, settlement, pinned }: ComputedPoint): readonly PinnedBoundary[] {
  const since = settlement.lines.flatMap(({ accumulatedFrom }) => accumulatedFrom ?? []);
  const instants = new Set([...keptOf({ ranges, ends }), ...since]);
  return [...instants].flatMap((at) => {
    const boundary = settlement.boundaries.get(at);
    const before = pinned.get(at);
    if (!boundary || (before && isSame(before, boundary))) return [];
    return [{ ...boundary, meteringPointId: point.id, revision: (before?.revision ?? 0) + 1 }];
  });
}

const pinnedBefore = (computed: readonly ComputedPoint[], pin: PinnedBoundary): PinnedBoundary | undefined =>
  computed.find(({ point }) => point.id === pin.meteringPointId)?.pinned.get(pin.at);

/** An estimated end of the period waits for its reading; once that has come the case is closed. */
async function keepCases(
  { client, siteId, timeZone }: RunContext,
  computed: readonly ComputedPoint[],
  pins: readonly PinnedBoundary[],
  period: NamedPeriod,
  at: Date,
): Promise<void> {
  for (const pin of pins) {
    const key = `${pin.meteringPointId} ${new Date(pin.at).toISOString()}`;
    const about = { siteId, kind: 'missing_reading', key, at } as const;
    if (pin.method === 'estimated' && pin.at === period.to) {
      const subject = {
        meteringPointId: pin.meteringPointId,
        period: period.name,
        at: new Date(pin.at).toISOString(),
        timeZone,
        estimate: `${pin.value - wholeUnits(pin.before?.total ?? 0n)}`,
        basis: pin.basis && {
          from: new Date(pin.basis.from).toISOString(),
          to: new Date(pin.basis.to).toISOString(),
          quantity: `${pin.basis.quantity}`,
        },
        lastReadAt: pin.before && new Date(pin.before.ts).toISOString(),
        lastValue: pin.before && `${pin.before.value}`,
      };
      await openCase(client, { ...about, subject });
    } else if (pin.method !== 'estimated' && pinnedBefore(computed, pin)?.method === 'estimated') {
      await closeCase(client, { ...about, by: 'billing', resolution: 'arrived' });
    }
  }
}

function isSame(a: Boundary, b: Boundary): boolean {
  const sameBefore = isSameMark(a.before, b.before) && a.before?.total === b.before?.total;
  return a.value === b.value && a.method === b.method && sameBefore && isSameMark(a.after, b.after);
}

function isSameMark(a: Mark | null, b: Mark | null): boolean {
  return (
    a?.installationId === b?.installationId && a?.kind === b?.kind && a?.ts === b?.ts && a?.value === b?.value
  );
}
