import { minorDigits } from '../domain/money.ts';
import { periodRange } from '../domain/periods.ts';
import type { NamedPeriod } from '../domain/settlement/desired.ts';
import type { SealedInputs } from '../domain/settlement/sealed.ts';
import { type ClaimedRun, type RunProblem, recordProgress } from '../store/billing-runs.ts';
import type { BillingSession } from '../store/billing-session.ts';
import { readTouchedPeriods } from '../store/posting.ts';
import { writeSealedInputs } from '../store/sealed-inputs.ts';
import {
  forgetSettledPoints,
  keepSettledPoints,
  readSettledPoints,
  readStalePoints,
} from '../store/settled-points.ts';
import { addShadowTotals } from '../store/shadow-totals.ts';
import { readConcerned } from '../store/shares.ts';
import { lockPoints, lockPointsById } from '../store/usage-inputs.ts';
import { checkMains } from './check-mains.ts';
import { computePoints } from './compute-points.ts';
import { queueCounting } from './counting-periods.ts';
import { settleResiduals } from './residuals.ts';
import type { RunContext } from './run-context.ts';
import { problemsOf, settlePoints } from './settle-points.ts';
import { shadowTotalsOf } from './shadow.ts';
import { SETTLEMENT_REVISION } from './unchanged.ts';

export interface RunOptions {
  readonly session: BillingSession;
  readonly run: ClaimedRun;
  readonly now: () => Date;
  /** Of a close: estimate what no reading follows. */
  readonly estimate: boolean;
  /** Checked between batches: what is done stays done, the rest is taken up again. */
  readonly signal: AbortSignal;
  readonly pointsPerBatch?: number;
}

export interface RunTotals {
  readonly points: number;
  readonly lines: number;
  readonly readings: number;
}

/** Points settled in one transaction: bounds its memory and how long their locks are held. */
const POINTS_PER_BATCH = 200;
/** How many times one batch may go on to the neighbouring periods of what it moved. */
const ROUNDS_MAX = 64;
const MONTH_LENGTH = '2026-10'.length;

/** Settles every point of the site for the run's period, batch by batch, from where it was left. */
export async function executeRun(options: RunOptions): Promise<RunTotals> {
  const { session, run, signal } = options;
  const context: RunContext = {
    client: session.client,
    siteId: run.siteId,
    timeZone: run.timeZone,
    currency: run.currency,
    digits: minorDigits(run.currency),
    cutOff: run.cutOff,
    definitions: new Map(),
  };
  const postedAt = options.now();
  const period = namedPeriod(run.period, run.timeZone);
  const totals = { points: 0, lines: 0, readings: 0 };
  const stale = run.kind === 'charge' ? await readStalePoints(session.client, run.siteId, period.name) : null;
  for (let lastPointId = run.lastPointId; !signal.aborted; ) {
    const batch = await session.transaction(async () => {
      const pointIds = await lockPoints(
        ...([session.client, run.siteId, lastPointId, options.pointsPerBatch ?? POINTS_PER_BATCH] as const),
      );
      const done =
        run.kind === 'shadow'
          ? await shadowBatch(context, run.id, period, pointIds)
          : await settleBatch(
              context,
              options,
              postedAt,
              period,
              await changed(context, run.id, period, pointIds, stale),
            );
      const points = pointIds.length;
      const last = pointIds.at(-1) ?? lastPointId;
      if (points > 0) await recordProgress(session.client, run.id, { ...done, points, lastPointId: last });
      return { ...done, points, lastPointId: last };
    });
    if (batch.points === 0) break;
    lastPointId = batch.lastPointId;
    totals.points += batch.points;
    totals.lines += batch.lines;
    totals.readings += batch.readings;
  }
  if (run.kind !== 'shadow' && period.name.length === MONTH_LENGTH && !signal.aborted) {
    await settleShares(context, options, postedAt, period, totals);
  } else if (run.kind === 'charge' && !signal.aborted) {
    await session.transaction(() => checkMains(context, period, postedAt));
  }
  if (run.kind !== 'shadow' && !signal.aborted) {
    await session.transaction(() => queueCounting(context, period));
  }
  return totals;
}

/**
 * Common area and loss: what is between a main and the points behind it is known once these are settled. Those that
 * have a share of it are settled again with it; a run that is taken up again does this again, to the same end.
 */
async function settleShares(
  context: RunContext,
  options: RunOptions,
  postedAt: Date,
  period: NamedPeriod,
  totals: { lines: number; readings: number },
): Promise<void> {
  const { session, run, signal, estimate } = options;
  const posting = { runId: run.id, postedAt, estimate };
  const record = (done: Batch, lastPointId: number): Promise<void> =>
    recordProgress(session.client, run.id, { ...done, points: 0, lastPointId });
  const last = Number.MAX_SAFE_INTEGER;
  await session.transaction(async () => {
    const problems = await settleResiduals(context, period, posting);
    const concerned = await readConcerned(session.client, run.id, period.name);
    await forgetSettledPoints(session.client, period.name, concerned);
    await record({ lines: 0, amount: 0n, readings: 0, problems }, last);
  });
  const concerned = await readConcerned(session.client, run.id, period.name);
  const size = options.pointsPerBatch ?? POINTS_PER_BATCH;
  for (let at = 0; at < concerned.length && !signal.aborted; at += size) {
    const pointIds = concerned.slice(at, at + size);
    const batch = await session.transaction(async () => {
      await lockPointsById(session.client, pointIds);
      const done = await settleBatch(context, options, postedAt, period, pointIds);
      // What is the matter with them is said already.
      await record({ ...done, problems: [] }, last);
      return done;
    });
    totals.lines += batch.lines;
    totals.readings += batch.readings;
  }
}

/** The points without those that nothing has happened to since they were settled. `stale`: null for all. */
async function changed(
  { client }: RunContext,
  runId: number,
  period: NamedPeriod,
  pointIds: readonly number[],
  stale: ReadonlySet<number> | null,
): Promise<readonly number[]> {
  if (stale === null) return pointIds;
  const settled = await readSettledPoints(client, pointIds, period.name, SETTLEMENT_REVISION);
  const isUnchanged = (id: number): boolean => settled.has(id) && !stale.has(id);
  await keepSettledPoints(client, runId, period.name, pointIds.filter(isUnchanged));
  return pointIds.filter((id) => !isUnchanged(id));
}

interface Batch {
  readonly lines: number;
  readonly amount: bigint;
  readonly readings: number;
  readonly problems: readonly RunProblem[];
}

/** What the batch would post, added to the run's totals. */
async function shadowBatch(
  context: RunContext,
  runId: number,
  period: NamedPeriod,
  pointIds: readonly number[],
): Promise<Batch> {
  const { points, readings } = await computePoints(context, pointIds, period, { estimate: false });
  await addShadowTotals(context.client, runId, shadowTotalsOf(points, period.name));
  const lines = points.flatMap(({ settlement }) => settlement.lines);
  const amount = lines.reduce((sum, line) => sum + line.amount, 0n);
  return { lines: lines.length, amount, readings, problems: problemsOf(points) };
}

/**
 * Where a late reading moved a boundary value that was charged before, the lines on its other side, of another
 * period, are settled in the same transaction: what one side loses the other one gains.
 */
async function settleBatch(
  context: RunContext,
  { run, estimate }: RunOptions,
  postedAt: Date,
  period: NamedPeriod,
  pointIds: readonly number[],
): Promise<Batch> {
  const { client, timeZone } = context;
  const sum = { lines: 0, amount: 0n, readings: 0 };
  const problems: RunProblem[] = [];
  const sealed = new Map<number, SealedInputs>();
  let work = new Map<string, ReadonlySet<number>>(
    pointIds.length > 0 ? [[period.name, new Set(pointIds)]] : [],
  );
  for (let round = 0; work.size > 0; round++) {
    const next = new Map<string, Set<number>>();
    for (const [name, members] of work) {
      const isOwn = name === period.name;
      const settled = await settlePoints(context, [...members], namedPeriod(name, timeZone), {
        ...{ runId: run.id, postedAt, estimate: isOwn && estimate },
      });
      sum.lines += settled.lines;
      sum.amount += settled.amount;
      sum.readings += settled.readings;
      if (round === 0) problems.push(...settled.problems);
      if (isOwn) for (const { point, inputs } of settled.computed) sealed.set(point.id, inputs);
      for (const touched of await readTouchedPeriods(client, settled.moved)) {
        if (touched.period === name) continue;
        const points = next.get(touched.period) ?? new Set();
        next.set(touched.period, points.add(touched.meteringPointId));
      }
    }
    work = next;
    if (round === ROUNDS_MAX && work.size > 0) {
      const detail = `moved boundary values reach further than ${ROUNDS_MAX} periods: run ${[...work.keys()].join(', ')}`;
      const left = new Set([...work.values()].flatMap((ids) => [...ids]));
      problems.push(
        ...[...left].map((meteringPointId) => ({ meteringPointId, code: 'unsettled', detail }) as const),
      );
      break;
    }
  }
  if (run.kind === 'close') {
    const rows = [...sealed].map(([meteringPointId, inputs]) => ({ meteringPointId, inputs }));
    await writeSealedInputs(client, run.id, rows);
    const waiting = new Set(
      problems.flatMap(({ code, meteringPointId }) => (code === 'awaiting_reading' ? meteringPointId : [])),
    );
    if (waiting.size > 0 && !estimate) throw new NotReportedError(period.name, waiting.size);
  }
  return { ...sum, problems };
}

/** A period cannot close yet. */
export class NotReportedError extends Error {
  override readonly name = 'NotReportedError';
  constructor(period: string, points: number) {
    super(
      `${period} stays open: of ${points} metering points or more no reading past its end has come, and the grace is not over`,
    );
  }
}

export function namedPeriod(name: string, timeZone: string): NamedPeriod {
  const range = periodRange(name, timeZone);
  if (!range) throw new Error(`no such period: ${name}`);
  return { name, ...range };
}
