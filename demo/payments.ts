import { setTimeout as sleep } from 'node:timers/promises';
import type { Bill } from '../contracts/bills.ts';
import { CHARGE_OPEN } from '../domain/charges.ts';
import { importStatement, type StatementLine } from '../store/bank-statements.ts';
import { lockBill } from '../store/bill-due.ts';
import { listBills } from '../store/bills.ts';
import { applyOutcome } from '../store/charge-outcomes.ts';
import { listCharges, putPaymentMethod } from '../store/charge-views.ts';
import { createCharge } from '../store/charges.ts';
import { issueCreditNote } from '../store/credit-notes.ts';
import type { Database } from '../store/database.ts';
import { openDispute } from '../store/disputes.ts';
import { listFeeLines } from '../store/fee-lines.ts';
import { noteDay } from '../store/reconciliation.ts';
import { readSettings } from '../store/settings.ts';
import type { Transaction } from '../store/transaction.ts';
import { once } from './chapters.ts';
import { EARLY, remind } from './issue-bills.ts';
import { BILLER, MERCHANT, OPERATOR } from './people.ts';
import { SITE } from './site.ts';

const BILLS_MAX = 2_000;
const POLL_MS = 500;
const LOOKS_MAX = 40;
const DAY_MS = 86_400_000;
/** How many of the bills that are due pay how. */
const BY_SANDBOX = 60;
const BY_CASH = 30;
const BY_BANK = 12;

interface Told {
  readonly month: string;
  readonly earlyAt: Date;
  readonly now: Date;
  /** The stall of the merchant who signs in: that bill is left to be paid. */
  readonly kept: string;
}

/** What came in for the month's bills, once, and what did not. */
export async function payBills(db: Database, of: Told, signal: AbortSignal): Promise<boolean> {
  const isNew = await once(db, 'bills are paid', async (tx) => {
    const { month, now, earlyAt } = of;
    const query = { site: SITE.id, period: month, status: 'issued', limit: BILLS_MAX } as const;
    const issued = (await listBills(tx, query, now)).filter(({ lease }) => lease.stall !== of.kept).reverse();
    const early = issued.slice(0, EARLY);
    const rest = issued.slice(EARLY);
    // Of the early ones two paid in time; the others are overdue by now.
    for (const bill of early.slice(0, 2)) {
      await payInCash(tx, bill, new Date(Math.min(now.getTime(), earlyAt.getTime() + 2 * DAY_MS)));
    }
    const [disputed, credited, ...paying] = rest;
    if (disputed) await dispute(tx, disputed, now);
    if (credited) await credit(tx, credited, now);
    for (const bill of paying.slice(0, BY_SANDBOX)) await payOnline(tx, bill, now);
    const later = paying.slice(BY_SANDBOX);
    for (const bill of later.slice(0, BY_CASH)) await payInCash(tx, bill, now);
    await payByBank(tx, later.slice(BY_CASH, BY_CASH + BY_BANK), of);
    await remind(tx, now);
  });
  await untilDecided(db, signal);
  await once(db, 'payments are reconciled', async (tx) => {
    // By the provider's clock; the comparison itself is billing's, at the next quarter of an hour.
    await noteDay(tx, 'sandbox', of.now.toISOString().slice(0, 10), of.now);
  });
  return isNew;
}

async function payInCash(tx: Transaction, bill: Bill, at: Date): Promise<void> {
  const receiptNo = `R${bill.id}`;
  const id = await charge(tx, bill, { provider: 'cash', at, payWith: { receiptNo } });
  const paid = BigInt(bill.due);
  await applyOutcome(
    tx,
    id,
    { status: 'succeeded', providerRef: receiptNo, paid, currency: SITE.currency },
    { actor: OPERATOR, at },
  );
}

/** By a method that the merchant has left with us: the provider is called by billing. */
async function payOnline(tx: Transaction, bill: Bill, at: Date): Promise<void> {
  const method = { provider: 'sandbox', autopay: true, payer: {} } as const;
  await putPaymentMethod(tx, bill.lease.id, method, { actor: BILLER, at });
  await charge(tx, bill, { provider: 'sandbox', at, automatic: true });
}

async function charge(
  tx: Transaction,
  bill: Bill,
  how: {
    readonly provider: 'cash' | 'sandbox';
    readonly at: Date;
    readonly automatic?: true;
    readonly payWith?: Readonly<Record<string, string>>;
  },
): Promise<number> {
  const of = { leaseId: bill.lease.id, billId: bill.id, amount: BigInt(bill.due), requestedBy: OPERATOR };
  const created = await createCharge(tx, { ...of, ...how, purpose: 'bill' });
  if (!created.ok) throw new Error(`bill ${bill.id} takes no charge: ${created.reason}`);
  return created.id;
}

/** A statement of the bank: transfers that name their bill, and one that nobody can place. */
async function payByBank(tx: Transaction, bills: readonly Bill[], { now, month }: Told): Promise<void> {
  const date = now.toISOString().slice(0, 10);
  const line = (row: number, amount: bigint, payer: string, remark: string): StatementLine => ({
    ...{ row, date, amount, payer, remark },
    bankRef: `BK${date.replaceAll('-', '')}${String(row).padStart(4, '0')}`,
  });
  const lines = bills.map((bill, n) =>
    line(n + 2, BigInt(bill.due), bill.lease.party, `水电费 ${bill.number ?? ''}`),
  );
  const stranger = line(bills.length + 2, 88_000n, '李先生', '货款');
  const of = { siteId: SITE.id, currency: SITE.currency, fileName: `银行流水-${month}.csv` };
  await importStatement(tx, of, [...lines, stranger], { actor: BILLER, at: now });
}

async function dispute(tx: Transaction, bill: Bill, at: Date): Promise<void> {
  const lines = (await listFeeLines(tx.orm, { bill: bill.id, limit: 200 })).filter(
    ({ component }) => component === 'share',
  );
  const locked = await lockBill(tx, bill.id);
  if (!locked || lines.length === 0) return;
  const reason = '本摊位当月有一半时间未营业，公摊偏高，请核对。';
  await openDispute(tx, locked, { lines: lines.map(({ id }) => id), reason, actor: MERCHANT, at });
}

async function credit(tx: Transaction, bill: Bill, at: Date): Promise<void> {
  const locked = await lockBill(tx, bill.id);
  if (!locked) return;
  const settings = await readSettings(tx.orm, SITE.id);
  const note = { amount: locked.amount / 10n, reason: '停电补偿：减免本月费用的一成', actor: BILLER, at };
  await issueCreditNote(tx, locked, { timeZone: SITE.timeZone, settings }, note);
}

/** Billing asks the provider; whatever it has not heard of by then it goes on with by itself. */
async function untilDecided(db: Database, signal: AbortSignal): Promise<void> {
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const open = await Promise.all(
      CHARGE_OPEN.map((status) => listCharges(db.$client, { site: SITE.id, status, limit: 1 })),
    );
    if (open.every((rows) => rows.length === 0)) return;
    await sleep(POLL_MS, undefined, { signal });
  }
}
