import type { FoldResult, Installation } from '../metering/fold.ts';
import type { Charging } from '../parties.ts';
import type { TimeRange } from '../periods.ts';
import { type Boundaries, type DesiredLine, desiredLines, type IntervalsOf } from './desired.ts';
import { contains, difference, type NewLine, overlaps, type PostedLine, postedKeys } from './difference.ts';
import type { ServiceRange, UnchargedRange } from './service-ranges.ts';

/** Why a point was not charged whole, or what a person should look at. Translated by the dashboard. */
export const PROBLEM_CODES = [
  'awaiting_reading',
  'no_meter',
  'meter_gap',
  'no_payer',
  'no_tariff',
  'reading_refused',
  'charged_elsewhere',
  'unsettled',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

export interface Problem {
  readonly code: ProblemCode;
  readonly detail: string;
}

export interface SettleInput {
  readonly period: TimeRange;
  readonly charging: Charging;
  readonly ranges: readonly ServiceRange[];
  readonly uncharged: readonly UnchargedRange[];
  readonly installations: readonly Installation[];
  readonly fold: FoldResult;
  /** Every line of the point that overlaps the period, with how its lease is charged now. */
  readonly posted: readonly (PostedLine & { readonly charging: Charging })[];
  readonly intervalsOf: IntervalsOf;
  /** Of the currency's minor unit. */
  readonly digits: number;
}

export interface Settlement {
  readonly lines: readonly NewLine[];
  readonly boundaries: Boundaries;
  readonly problems: readonly Problem[];
}

/**
 * One point, one period: what should be posted less what is posted. A range is charged whole or not at all; what
 * is posted on a range that cannot be judged now is left alone.
 */
export function settle(input: SettleInput): Settlement {
  const { period, charging, ranges, uncharged, fold } = input;
  const boundaries: Boundaries = new Map(fold.boundaries.map((boundary) => [boundary.at, boundary]));
  const posted = postedKeys(input.posted);
  const chargingOf = new Map(input.posted.map((line) => [line.leaseId, line.charging]));
  const answersFor = (key: TimeRange & { readonly leaseId: number }): boolean =>
    contains(period, key) && chargingOf.get(key.leaseId) === charging;
  const elsewhere = posted.filter((key) => key.isLive && !answersFor(key));

  const problems: Problem[] = uncharged.map((range) => ({ code: range.code, detail: rangeText(range) }));
  const open: TimeRange[] = [...uncharged];
  const desired: DesiredLine[] = [];
  // Before its first meter a point was not there: nothing is missing.
  const begin = Math.min(...input.installations.map(({ startsAt }) => startsAt));
  for (const range of ranges) {
    if (range.to <= begin && Number.isFinite(begin)) continue;
    const obstacle = obstacleTo(range, input, boundaries, elsewhere);
    if (obstacle) {
      open.push(range);
      problems.push(obstacle);
      continue;
    }
    desired.push(...desiredLines(range, boundaries, input.intervalsOf, input.digits));
    if (hasGap(range, input.installations)) problems.push({ code: 'meter_gap', detail: rangeText(range) });
  }
  if (fold.refusedCount > 0) problems.push(refusedProblem(fold));
  const mayReverse = (key: TimeRange & { readonly leaseId: number }): boolean =>
    answersFor(key) && !open.some((range) => overlaps(range, key));
  return { lines: difference(desired, posted, mayReverse), boundaries, problems };
}

function obstacleTo(
  range: ServiceRange,
  { installations }: SettleInput,
  boundaries: Boundaries,
  elsewhere: readonly TimeRange[],
): Problem | undefined {
  if (!installations.some((meter) => overlaps(range, endless(meter)))) {
    return { code: 'no_meter', detail: rangeText(range) };
  }
  if (!boundaries.has(range.from) || !boundaries.has(range.to)) {
    return { code: 'awaiting_reading', detail: rangeText(range) };
  }
  const other = elsewhere.find((key) => overlaps(range, key));
  return other && { code: 'charged_elsewhere', detail: `${rangeText(range)} by ${rangeText(other)}` };
}

/** Some of the range since the first meter has none: what was used then cannot be known. */
function hasGap(range: TimeRange, installations: readonly Installation[]): boolean {
  let at = Math.max(range.from, installations[0]?.startsAt ?? range.from);
  for (const { from, to } of installations.map(endless)) {
    if (from > at) break;
    at = Math.max(at, to);
  }
  return at < range.to;
}

const endless = ({ startsAt, endsAt }: Installation): TimeRange => ({
  from: startsAt,
  to: endsAt ?? Number.POSITIVE_INFINITY,
});

function refusedProblem({ refusedCount, refused }: FoldResult): Problem {
  const first = refused.map(({ ts, value, reason }) => `${value} at ${new Date(ts).toISOString()} ${reason}`);
  return { code: 'reading_refused', detail: `${refusedCount} not used: ${first.join(', ')}` };
}

const rangeText = ({ from, to }: TimeRange): string =>
  `${new Date(from).toISOString()}/${new Date(to).toISOString()}`;
