import { BASE_UNIT } from '../domain/commodities.ts';
import type { Boundary, Mark } from '../domain/metering/boundary.ts';
import { QuantityFold } from '../domain/metering/fold.ts';
import { chargingOf, type TimeRange } from '../domain/periods.ts';
import { cutsOf, type IntervalsOf } from '../domain/settlement/desired.ts';
import { evidenceOf, type NamedInstallation } from '../domain/settlement/evidence.ts';
import {
  type ServiceRange,
  serviceRanges,
  type UnchargedRange,
} from '../domain/settlement/service-ranges.ts';
import { settle } from '../domain/settlement/settle.ts';
import type { RunProblem } from '../store/billing-runs.ts';
import type { BillingSession } from '../store/billing-session.ts';
import {
  type LineToPost,
  type PinnedBoundary,
  pinBoundaries,
  postLines,
  readPinned,
  readPosted,
} from '../store/posting.ts';
import {
  type MeteringPointRow,
  readInstallations,
  readPayers,
  readResumeMarks,
} from '../store/usage-inputs.ts';
import { foldReadings, type PointFold } from './fold-readings.ts';

/** What all points of a run share. */
export interface RunContext {
  readonly session: BillingSession;
  readonly runId: number;
  readonly siteId: string;
  readonly timeZone: string;
  readonly currency: string;
  readonly digits: number;
  /** Readings received later wait for the next run. */
  readonly receivedUpTo: Date;
  readonly postedAt: Date;
  readonly intervalsOf: IntervalsOf;
}

export interface SettledPoints {
  readonly lines: number;
  readonly amount: bigint;
  readonly problems: readonly RunProblem[];
  /** Boundary values that were charged before and are different now. */
  readonly moved: readonly { readonly meteringPointId: number; readonly at: number }[];
  readonly readings: number;
}

interface Prepared extends PointFold {
  readonly point: MeteringPointRow;
  readonly installations: readonly NamedInstallation[];
  readonly ranges: readonly ServiceRange[];
  readonly uncharged: readonly UnchargedRange[];
}

/**
 * Settles points for one period inside the caller's transaction, which holds their locks: computes what should be
 * posted, subtracts what is posted, and posts the difference. A constant number of statements, whatever the number
 * of points.
 */
export async function settlePoints(
  context: RunContext,
  points: readonly MeteringPointRow[],
  period: { readonly name: string; readonly range: TimeRange },
): Promise<SettledPoints> {
  const { client } = context.session;
  const ids = points.map(({ id }) => id);
  const charging = chargingOf(period.name);
  const prepared = await prepare(context, points, period);
  const readings = await foldReadings(client, prepared, period.range, context.receivedUpTo);
  const posted = await readPosted(client, ids, period.range);
  const pinned = new Map((await readPinned(client, ids, period.range)).map((pin) => [pinKey(pin), pin]));

  const lines: LineToPost[] = [];
  const pins: PinnedBoundary[] = [];
  const moved: { meteringPointId: number; at: number }[] = [];
  const problems: RunProblem[] = [];
  for (const { point, installations, ranges, uncharged, fold } of prepared) {
    const settlement = settle({
      ...{ period: period.range, charging, ranges, uncharged, installations },
      fold: fold.finish(),
      posted: posted.get(point.id) ?? [],
      intervalsOf: context.intervalsOf,
      digits: context.digits,
    });
    const { boundaries } = settlement;
    const { timeZone, currency, digits } = context;
    const meteringPointId = point.id;
    for (const line of settlement.lines) {
      const { commodity } = point;
      const input = { meteringPointId, commodity, timeZone, currency, digits, installations, boundaries };
      lines.push({ meteringPointId, line, unit: BASE_UNIT[commodity], ...evidenceOf(line, input) });
    }
    for (const problem of settlement.problems) problems.push({ meteringPointId, ...problem });
    for (const at of new Set(ranges.flatMap(({ from, to }) => [from, to]))) {
      const boundary = boundaries.get(at);
      if (!boundary) continue;
      const before = pinned.get(pinKey({ meteringPointId, at }));
      if (before && isSame(before, boundary)) continue;
      pins.push({ ...boundary, meteringPointId, revision: (before?.revision ?? 0) + 1 });
      if (before && before.value !== boundary.value) moved.push({ meteringPointId, at });
    }
  }
  const { siteId, runId, currency, postedAt } = context;
  await postLines(client, { siteId, period: period.name, runId, currency, postedAt }, lines);
  await pinBoundaries(client, runId, pins);
  const amount = lines.reduce((sum, { line }) => sum + line.amount, 0n);
  return { lines: lines.length, amount, problems, moved, readings };
}

/** Who pays for what, and from which mark each point's fold goes on. */
async function prepare(
  { session: { client }, siteId, intervalsOf }: RunContext,
  points: readonly MeteringPointRow[],
  { name, range }: { readonly name: string; readonly range: TimeRange },
): Promise<readonly Prepared[]> {
  const ids = points.map(({ id }) => id);
  const places = [...new Set(points.flatMap(({ placeId }) => placeId ?? []))];
  const installed = await readInstallations(client, ids);
  const payers = await readPayers(client, siteId, places, range);
  const resumeMarks = await readResumeMarks(client, ids, range.from);
  return points.map((point) => {
    const installations = installed.get(point.id) ?? [];
    const { ranges, uncharged } = serviceRanges({
      period: range,
      charging: chargingOf(name),
      leases: point.placeId === null ? [] : (payers.leases.get(point.placeId) ?? []),
      house: payers.house,
      leaseTariffs: payers.leaseTariffs.filter(({ commodity }) => commodity === point.commodity),
      versions: payers.versions,
    });
    const cuts = cutsOf(ranges, installations, intervalsOf);
    const resume = resumeMarks.get(point.id) ?? null;
    const fold = new QuantityFold({ installations, maxRate: point.maxRate, cuts, resume });
    return { point, installations, ranges, uncharged, fold, cuts, resume };
  });
}

const pinKey = ({ meteringPointId, at }: { meteringPointId: number; at: number }): string =>
  `${meteringPointId} ${at}`;

function isSame(a: Boundary, b: Boundary): boolean {
  const sameBefore = isSameMark(a.before, b.before) && a.before?.total === b.before?.total;
  return a.value === b.value && a.method === b.method && sameBefore && isSameMark(a.after, b.after);
}

function isSameMark(a: Mark | null, b: Mark | null): boolean {
  return (
    a?.installationId === b?.installationId && a?.kind === b?.kind && a?.ts === b?.ts && a?.value === b?.value
  );
}
