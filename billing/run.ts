import { minorDigits } from '../domain/money.ts';
import { periodRange } from '../domain/periods.ts';
import { rememberedIntervals } from '../domain/settlement/desired.ts';
import { type ClaimedRun, type RunProblem, recordProgress } from '../store/billing-runs.ts';
import type { BillingSession } from '../store/billing-session.ts';
import { readTouchedPeriods } from '../store/posting.ts';
import { lockPoints, type MeteringPointRow } from '../store/usage-inputs.ts';
import { type RunContext, settlePoints } from './settle-points.ts';

export interface RunOptions {
  readonly session: BillingSession;
  readonly run: ClaimedRun;
  readonly now: () => Date;
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

/** Settles every point of the site for the run's period, batch by batch, from where it was left. */
export async function executeRun(options: RunOptions): Promise<RunTotals> {
  const { session, run, signal } = options;
  const context: RunContext = {
    session,
    runId: run.id,
    siteId: run.siteId,
    timeZone: run.timeZone,
    currency: run.currency,
    digits: minorDigits(run.currency),
    receivedUpTo: run.startedAt,
    postedAt: options.now(),
    intervalsOf: rememberedIntervals(run.timeZone),
  };
  const totals = { points: 0, lines: 0, readings: 0 };
  for (let lastPointId = run.lastPointId; !signal.aborted; ) {
    const batch = await session.transaction(() =>
      settleBatch(context, run.period, lastPointId, options.pointsPerBatch ?? POINTS_PER_BATCH),
    );
    if (batch.points === 0) break;
    lastPointId = batch.lastPointId;
    totals.points += batch.points;
    totals.lines += batch.lines;
    totals.readings += batch.readings;
  }
  return totals;
}

interface SettledBatch extends RunTotals {
  readonly lastPointId: number;
}

/**
 * Where a late reading moved a boundary value that was charged before, the lines on its other side, of another
 * period, are settled in the same transaction: what one side loses the other one gains.
 */
async function settleBatch(
  context: RunContext,
  period: string,
  afterId: number,
  pointsMax: number,
): Promise<SettledBatch> {
  const { client } = context.session;
  const points = await lockPoints(client, context.siteId, afterId, pointsMax);
  const byId = new Map(points.map((point) => [point.id, point]));
  const sum = { lines: 0, amount: 0n, readings: 0 };
  const problems: RunProblem[] = [];
  let work = new Map<string, readonly MeteringPointRow[]>(points.length > 0 ? [[period, points]] : []);
  for (let round = 0; work.size > 0; round++) {
    const next = new Map<string, Map<number, MeteringPointRow>>();
    for (const [name, members] of work) {
      const range = periodRange(name, context.timeZone);
      if (!range) throw new Error(`no such period: ${name}`);
      const settled = await settlePoints(context, members, { name, range });
      sum.lines += settled.lines;
      sum.amount += settled.amount;
      sum.readings += settled.readings;
      if (round === 0) problems.push(...settled.problems);
      for (const touched of await readTouchedPeriods(client, settled.moved)) {
        const point = byId.get(touched.meteringPointId);
        if (!point || touched.period === name) continue;
        const members = next.get(touched.period) ?? new Map<number, MeteringPointRow>();
        next.set(touched.period, members.set(point.id, point));
      }
    }
    work = new Map([...next].map(([name, members]) => [name, [...members.values()]]));
    if (round === ROUNDS_MAX && work.size > 0) {
      const detail = `moved boundary values reach further than ${ROUNDS_MAX} periods: run ${[...work.keys()].join(', ')}`;
      const left = new Set([...work.values()].flat().map(({ id }) => id));
      problems.push(
        ...[...left].map((meteringPointId) => ({ meteringPointId, code: 'unsettled', detail }) as const),
      );
      break;
    }
  }
  const lastPointId = points.at(-1)?.id ?? afterId;
  if (points.length > 0) {
    const { lines, amount } = sum;
    await recordProgress(client, context.runId, {
      points: points.length,
      lastPointId,
      lines,
      amount,
      problems,
    });
  }
  return { lines: sum.lines, readings: sum.readings, points: points.length, lastPointId };
}
