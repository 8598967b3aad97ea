import type { FoldResult, Installation } from '../metering/fold.ts';
import type { Charging } from '../parties.ts';
import { answersFor, periodKindOf, type TimeRange } from '../periods.ts';
import { cadenceOf } from '../rating/cadence.ts';
import { rangeObstacle } from '../rating/rate-range.ts';
import { AmountBeyondRange } from '../rating/rounding.ts';
import type { TariffDefinition } from '../tariffs/definition.ts';
import {
  type Boundaries,
  type DesiredLine,
  desiredLines,
  type PointContext,
  rangeContext,
} from './desired.ts';
import {
  contains,
  desiredKey,
  difference,
  keyText,
  type NewLine,
  overlaps,
  type PostedKey,
  type PostedLine,
  postedKeys,
} from './difference.ts';
import type { Problem } from './problems.ts';
import type { ServiceRange, UnchargedRange } from './service-ranges.ts';

export interface SettleInput extends PointContext {
  readonly ranges: readonly ServiceRange[];
  readonly uncharged: readonly UnchargedRange[];
  /** Null for what no meter counts. */
  readonly fold: FoldResult | null;
  /** Values before the period that were charged by earlier. */
  readonly known: Boundaries;
  /** Every line of the point that overlaps the period. */
  readonly posted: readonly PostedOfLease[];
  /** Of every tariff version that posted lines name. */
  readonly definitionOf: (tariffVersionId: number) => TariffDefinition | undefined;
}

/** A posted line with how its lease is charged now, which need not be how the line was. */
export type PostedOfLease = PostedLine & { readonly leaseCharging: Charging };

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
  const { period, ranges, uncharged, fold, installations } = input;
  const boundaries: Boundaries = new Map([
    ...input.known,
    ...(fold?.boundaries ?? []).map((boundary) => [boundary.at, boundary] as const),
  ]);
  const posted = postedKeys(input.posted);
  const isMine = ownedBy(input);
  const elsewhere = posted.filter((key) => key.isLive && !isMine(key));

  const problems: Problem[] = uncharged.map((range) => ({ code: range.code, detail: rangeText(range) }));
  const open: (TimeRange & { readonly component?: string })[] = [...uncharged];
  const desired: DesiredLine[] = [];
  // Before its first meter a point was not there: nothing is missing.
  const begin = Math.min(...installations.map(({ startsAt }) => startsAt));
  for (const range of ranges) {
    if (fold && range.to <= begin && Number.isFinite(begin)) continue;
    const obstacle = fold && obstacleTo(range, input, boundaries);
    if (obstacle) {
      open.push(range);
      problems.push(obstacle);
      continue;
    }
    const lines = rated(range, boundaries, input);
    if ('code' in lines) {
      open.push(range);
      problems.push(lines);
      continue;
    }
    const taken = new Map(
      lines.flatMap((line) => {
        const other = elsewhere.find((key) => isSameCharge(key, line) && overlaps(range, key));
        return other ? [[line.component, other] as const] : [];
      }),
    );
    for (const [component, other] of taken) {
      open.push({ from: range.from, to: range.to, component });
      const detail = `${component} ${rangeText(range)} by ${rangeText(other)}`;
      problems.push({ code: 'charged_elsewhere', detail });
    }
    desired.push(...lines.filter(({ component }) => !taken.has(component)));
    if (fold && hasGap(range, installations)) problems.push({ code: 'meter_gap', detail: rangeText(range) });
  }
  if (fold && fold.refusedCount > 0) problems.push(refusedProblem(fold));
  const mayReverse = (key: PostedKey): boolean =>
    isMine(key) &&
    !open.some((range) => overlaps(range, key) && (range.component ?? key.component) === key.component);

  // What stands because it cannot be judged yet goes on charging all of its time: what is due there instead waits too.
  const mine = posted.filter((key) => key.isLive && isMine(key));
  let due: readonly DesiredLine[] = desired;
  for (;;) {
    const wanted = new Set(due.map((line) => keyText(desiredKey(line))));
    const standing = mine.filter((key) => !wanted.has(keyText(key)) && !mayReverse(key));
    const before = (line: DesiredLine): PostedKey | undefined =>
      standing.find((key) => isSameCharge(key, line) && overlaps(line.range, key));
    const waiting = new Map(
      due.flatMap((line) => {
        const other = before(line);
        return other ? [[`${rangeText(line.range)} ${line.component}`, { line, other }] as const] : [];
      }),
    );
    if (waiting.size === 0) break;
    for (const { line, other } of waiting.values()) {
      const { component, range } = line;
      open.push({ from: range.from, to: range.to, component });
      const detail = `${component} ${rangeText(range)} by ${rangeText(other)}`;
      problems.push({ code: 'charged_elsewhere', detail });
    }
    due = due.filter((line) => !waiting.has(`${rangeText(line.range)} ${line.component}`));
  }
  return { lines: difference(due, posted, period.name, mayReverse), boundaries, problems };
}

/** Which posted keys the period answers for; what others answer for is left alone and not charged again. */
function ownedBy({ period, posted, definitionOf }: SettleInput): (key: PostedKey) => boolean {
  const kind = periodKindOf(period.name);
  const chargingOf = new Map(posted.map((line) => [line.leaseId, line.leaseCharging]));
  return (key) => {
    const charging = chargingOf.get(key.leaseId);
    const definition = definitionOf(key.tariffVersionId);
    const component = definition?.components.find(({ code }) => code === key.component);
    const cadence = definition && component ? cadenceOf(component, definition) : 'usage';
    return contains(period, key) && charging !== undefined && answersFor(kind, charging, cadence);
  };
}

/** The range's lines, or why it has none. */
function rated(
  range: ServiceRange,
  boundaries: Boundaries,
  point: SettleInput,
): readonly DesiredLine[] | Problem {
  const code = rangeObstacle(range.tariff.definition, rangeContext(range, point));
  if (code) return { code, detail: rangeText(range) };
  try {
    return desiredLines(range, boundaries, point);
  } catch (error) {
    if (!(error instanceof AmountBeyondRange)) throw error;
    return { code: 'beyond_range', detail: `${rangeText(range)} ${error.message}` };
  }
}

const isSameCharge = (
  a: { readonly component: string; readonly eventKey: string },
  b: { readonly component: string; readonly eventKey: string },
): boolean => a.component === b.component && a.eventKey === b.eventKey;

function obstacleTo(range: ServiceRange, point: SettleInput, boundaries: Boundaries): Problem | undefined {
  if (!point.installations.some((meter) => overlaps(range, endless(meter)))) {
    return { code: 'no_meter', detail: rangeText(range) };
  }
  // Values are known in order of time: what the range needs between its ends is known with the later one.
  if (boundaries.has(range.from) && boundaries.has(range.to)) return undefined;
  return { code: 'awaiting_reading', detail: rangeText(range) };
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
