import type { SiteSettings } from '../contracts/settings.ts';
import { businessDaysAfter } from '../domain/business-days.ts';
import { localDate } from '../domain/local-days.ts';
import { paidOfLines, splitAmount } from '../domain/settlement-split.ts';
import type { Database } from '../store/database.ts';
import { readSettings } from '../store/settings.ts';
import { addToSettlement, sharedUpTo } from '../store/settlement-runs.ts';
import {
  type HeldShares,
  markBill,
  type NewShare,
  postShares,
  readBillLines,
  readChangedBills,
  readDrawnLines,
  readShares,
  type SharedLine,
} from '../store/settlement-shares.ts';
import type { Site } from '../store/sites.ts';
import { lockSettlement, RULE_OF_LINE } from '../store/split-rules.ts';
import { type Transaction, transaction } from '../store/transaction.ts';

const LINES_PER_BATCH = 500;
const BILLS_PER_BATCH = 50;

interface Context {
  readonly site: Site;
  readonly runId: number;
  readonly settings: SiteSettings;
  readonly at: Date;
}

/**
 * Shares what was paid and is not shared, and takes back what was shared and is no longer paid. Each line has what its
 * parties should have; what they have already is subtracted, so a run after a run books nothing, and one that was
 * interrupted goes on where it was. A prepaid line is paid when it is drawn, a bill's lines when the bill is paid in
 * full.
 */
export async function shareOut(
  db: Database,
  run: { readonly id: number; readonly site: Site },
  at: Date,
  signal?: AbortSignal,
): Promise<void> {
  const context: Context = {
    site: run.site,
    runId: run.id,
    settings: await readSettings(db, run.site.id),
    at,
  };
  const drawn = await sharedUpTo(db.$client, run.id);
  await inBatches(db, context, drawn, shareDrawn, signal);
  await inBatches(db, context, 0, shareBills, signal);
}

/** Calls `step` with where it last stopped, each time in a transaction of its own, until there is nothing left. */
async function inBatches(
  db: Database,
  context: Context,
  start: number,
  step: (tx: Transaction, context: Context, after: number) => Promise<number | undefined>,
  signal?: AbortSignal,
): Promise<void> {
  for (let after: number | undefined = start; after !== undefined && !signal?.aborted; ) {
    const last: number = after;
    after = await transaction(db, async (tx) => {
      await lockSettlement(tx, context.site.id);
      return step(tx, context, last);
    });
  }
}

async function shareDrawn(tx: Transaction, context: Context, afterLine: number): Promise<number | undefined> {
  const lines = await readDrawnLines(tx, {
    ...{ siteId: context.site.id, afterLine, limit: LINES_PER_BATCH, rule: RULE_OF_LINE },
  });
  await share(tx, context, lines, new Map(lines.map(({ id, amount }) => [id, amount])));
  return lines.length < LINES_PER_BATCH ? undefined : lines.at(-1)?.id;
}

async function shareBills(tx: Transaction, context: Context, afterBill: number): Promise<number | undefined> {
  const bills = await readChangedBills(tx, {
    ...{ siteId: context.site.id, afterBill, limit: BILLS_PER_BATCH },
  });
  const lines: SharedLine[] = [];
  const paid = new Map<number, bigint>();
  for (const bill of bills) {
    const of = await readBillLines(tx, bill.id, RULE_OF_LINE);
    lines.push(...of.shared);
    if (of.isPaid) for (const [id, amount] of paidOfLines(of.lines, of.reductions)) paid.set(id, amount);
    await markBill(tx, context.site.id, bill);
  }
  await share(tx, context, lines, paid);
  return bills.length < BILLS_PER_BATCH ? undefined : bills.at(-1)?.id;
}

/** Books the difference between what each party should have of the lines and what it has. */
async function share(
  tx: Transaction,
  context: Context,
  lines: readonly SharedLine[],
  paid: ReadonlyMap<number, bigint>,
): Promise<void> {
  if (lines.length === 0) return;
  const held = await readShares(tx, lines);
  const shares = lines.flatMap((line) => sharesOf(context, line, paid.get(line.id) ?? 0n, held));
  const { site, runId, at } = context;
  const [first] = shares;
  if (!first) return;
  const key = `settlement ${first.feeLineId} ${first.partyId} ${first.sequence}`;
  await postShares(tx, { siteId: site.id, currency: site.currency, runId, key, at }, shares);
  await addToSettlement(tx, runId, {
    lines: new Set(shares.map(({ feeLineId }) => feeLineId)).size,
    amount: shares.reduce((sum, { amount }) => sum + amount, 0n),
  });
}

function sharesOf(
  { site, settings, at }: Context,
  line: SharedLine,
  paid: bigint,
  held: HeldShares,
): readonly NewShare[] {
  const parts = splitAmount(paid, line.shares);
  return line.shares.flatMap(({ partyId }, i) => {
    const before = held.get(`${line.id} ${partyId}`);
    const amount = (parts[i] ?? 0n) - (before?.amount ?? 0n);
    if (amount === 0n) return [];
    // What is paid counts from its payment, a correction from when it is made.
    const sharedOn = localDate((before ? at : line.paidAt).getTime(), site.timeZone);
    const payableOn = businessDaysAfter(sharedOn, settings.settlement.payableAfterDays, settings);
    const sequence = (before?.count ?? 0) + 1;
    const { ruleId, component, id: feeLineId } = line;
    return [{ feeLineId, component, ruleId, partyId, sequence, amount, sharedOn, payableOn }];
  });
}
