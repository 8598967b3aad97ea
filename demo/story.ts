import { periodRange } from '../domain/periods.ts';
import { noteExchange } from './exchange.ts';
import { billHistory, type FirstBillsOptions, untilRead } from './first-bills.ts';
import { collectGateCash } from './gate-cash.ts';
import { drawUp, earlyIssue, issueBills } from './issue-bills.ts';
import { SPECIAL } from './meters.ts';
import { payBills } from './payments.ts';
import { settleBalances } from './prepaid.ts';
import { shareFees } from './settlement.ts';
import { monthBefore, openedAt, SITE } from './site.ts';

/**
 * What happened in the market since it opened, once its readings are there: last month is billed and closed, its bills
 * are reviewed, issued, paid and disputed; then balances are filled and fees shared. However often the demonstration
 * is started, each part is told once.
 */
export async function tellStory(options: FirstBillsOptions & { readonly now: () => number }): Promise<void> {
  const { db, startedAt, print, signal } = options;
  await untilRead(options);
  await noteExchange(db);
  await billHistory('last month', options);
  const month = monthBefore(startedAt);
  const now = new Date(options.now());
  const monthEnd = periodRange(month, SITE.timeZone)?.to ?? startedAt;
  const told = { month, now, earlyAt: earlyIssue(monthEnd, now.getTime()), kept: SPECIAL.rollover };
  const drawn = await drawUp(db, month, signal);
  const issued = await issueBills(db, told);
  if (issued > 0) print(`bills: ${drawn} drawn up for ${month}, ${issued} reviewed and issued`);
  if (await payBills(db, told, signal)) print('payments: cash, transfers and the sandbox provider');
  await billHistory('this month', options);
  await collectGateCash(db, new Date(openedAt(startedAt, 0)));
  if (await settleBalances(db, new Date(options.now()))) print('balances: filled, some low, cut-off is on');
  if (await shareFees(db, new Date(options.now()))) print('settlement: service fees are shared; that is all');
}
