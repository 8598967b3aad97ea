import { setTimeout as sleep } from 'node:timers/promises';
import { PLATFORM } from '../domain/bills.ts';
import { dayNumber } from '../domain/local-days.ts';
import { listBillRuns, queueBillRun } from '../store/bill-runs.ts';
import { type TakenStep, takeStep } from '../store/bill-steps.ts';
import { listBills } from '../store/bills.ts';
import type { Database } from '../store/database.ts';
import { raiseDunning } from '../store/dunning.ts';
import { chargeLateFee } from '../store/late-fees.ts';
import { readSettings } from '../store/settings.ts';
import type { Transaction } from '../store/transaction.ts';
import { once } from './chapters.ts';
import { BILLER, OPERATOR } from './people.ts';
import { SITE } from './site.ts';

const POLL_MS = 300;
const BILLS_MAX = 2_000;
/** Bills that are for people to go on with: the first ones are drafts still, the others reviewed. */
const DRAFTS = 4;
const REVIEWED = 4;
/** Bills that went out early, so that some are overdue by now. */
export const EARLY = 6;
const DAY_MS = 86_400_000;

/** Waits until the month's bills are drawn up. @throws when aborted, and when that failed. */
export async function drawUp(db: Database, month: string, signal: AbortSignal): Promise<number> {
  const tx = db.$client;
  const asked = { site: SITE.id, period: month, requestedBy: PLATFORM };
  const known = await listBillRuns(tx, { site: SITE.id, limit: 100 });
  const id =
    known.find((run) => run.period === month)?.id ?? (await queueBillRun(tx, { ...asked, at: new Date() }));
  for (;;) {
    const [run] = await listBillRuns(tx, { id, limit: 1 });
    if (run?.status === 'succeeded') return run.bills;
    if (run?.status === 'failed') throw new Error(`the bills of ${month} were not drawn up: ${run.error}`);
    await sleep(POLL_MS, undefined, { signal });
  }
}

/**
 * The platform drew the bills up; the biller reviews them and the operator issues them, a few of them early in the
 * month (`earlyAt`). `kept` is a stall whose bill goes out with the others. Returns how many are issued.
 */
export async function issueBills(
  db: Database,
  of: { readonly month: string; readonly earlyAt: Date; readonly now: Date; readonly kept: string },
): Promise<number> {
  const { month, earlyAt, now, kept } = of;
  let issued = 0;
  await once(db, 'bills are issued', async (tx) => {
    const settings = await readSettings(tx.orm, SITE.id);
    const drafts = await listBills(
      tx,
      { site: SITE.id, period: month, status: 'draft', limit: BILLS_MAX },
      now,
    );
    const bills = drafts.map(({ id }) => id).reverse();
    const own = drafts.find(({ lease }) => lease.stall === kept)?.id;
    const rest = bills.filter((id) => id !== own);
    const early = rest.slice(0, EARLY);
    const reviewed = rest.slice(EARLY + DRAFTS);
    const late = [...(own === undefined ? [] : [own]), ...reviewed.slice(REVIEWED)];
    const take = async (step: TakenStep, billIds: readonly number[], actor: string, at: Date) => {
      const results = await takeStep(tx, { site: SITE, settings, step, billIds, actor, at });
      const refused = results.find(({ refusal }) => refusal);
      if (refused) throw new Error(`bill ${refused.billId}: ${step} was refused: ${refused.refusal}`);
    };
    await take('review', early, BILLER, earlyAt);
    await take('issue', early, OPERATOR, earlyAt);
    await take('review', [...late, ...reviewed.slice(0, REVIEWED)], BILLER, now);
    await take('issue', late, OPERATOR, now);
    issued = early.length + late.length;
  });
  return issued;
}

/** What the platform does every morning with what is overdue: late fees up to yesterday, then reminders. */
export async function remind(tx: Transaction, now: Date): Promise<void> {
  const today = dayNumber(now.getTime(), SITE.timeZone);
  const { dunning: schedule } = await readSettings(tx.orm, SITE.id);
  const overdue = await listBills(tx, { site: SITE.id, overdue: true, limit: BILLS_MAX }, now);
  const how = { timeZone: SITE.timeZone, lastDay: today - 1, at: now, actor: PLATFORM };
  for (const { id } of overdue) await chargeLateFee(tx, id, how);
  const about = { siteId: SITE.id, timeZone: SITE.timeZone, today, schedule, at: now };
  await raiseDunning(tx, { ...about, afterId: 0, limit: BILLS_MAX });
}

/** Ten days ago, but not before the month was over for half a day. */
export const earlyIssue = (monthEnd: number, now: number): Date =>
  new Date(Math.min(now, Math.max(monthEnd + DAY_MS / 2, now - 12 * DAY_MS)));
