import type { Mutant } from './mutant.ts';

/** From fee lines to money: bills, balances, charges, what is shared out. */
export const MONEY: readonly Mutant[] = [
  {
    name: 'a correction of a prepaid line draws all of it again',
    harm: 'a day that is settled again is paid a second time from the balance',
    file: 'billing/settle-points.ts',
    from: "filter(({ charging }) => charging === 'prepaid');",
    to: "filter(({ charging }) => charging === 'prepaid').map((line) => ({ ...line, amount: line.posted.amount + line.amount }));",
    ...{ test: 'tests/billing/close.test.ts', only: 'puts prepaid adjustments' },
  },
  {
    name: 'prepaid usage is booked with the wrong sign',
    harm: 'who uses power gains money',
    file: 'store/balances.ts',
    from: `NULL AS code, sum(amount)::bigint AS amount FROM drawn GROUP BY lease
       UNION ALL SELECT lease, 'revenue', NULL, component, -amount`,
    to: `NULL AS code, -sum(amount)::bigint AS amount FROM drawn GROUP BY lease
       UNION ALL SELECT lease, 'revenue', NULL, component, amount`,
    test: 'tests/store/balances.test.ts',
  },
  {
    name: 'a protected stall is cut',
    harm: 'a cold store that must keep its power loses it',
    file: 'domain/supply.ts',
    from: 'facts.balance <= 0n && !facts.isProtected &&',
    to: 'facts.balance <= 0n &&',
    test: 'tests/domain/supply.test.ts',
  },
  {
    name: 'a bill is booked with the wrong sign',
    harm: 'a merchant with a bill is owed money instead of owing it, and the ledger still adds up',
    file: 'store/bill-steps.ts',
    from: `SELECT b.id, b.lease_id, b.amount, t.id AS tx FROM bills b
       JOIN ledger_transactions t ON t.site_id = b.site_id AND t.key = 'bill ' || b.id || ' issued'
       WHERE b.id = ANY($1::bigint[])),
     earned AS (
       SELECT i.tx, l.component, sum(l.amount)`,
    to: `SELECT b.id, b.lease_id, -b.amount AS amount, t.id AS tx FROM bills b
       JOIN ledger_transactions t ON t.site_id = b.site_id AND t.key = 'bill ' || b.id || ' issued'
       WHERE b.id = ANY($1::bigint[])),
     earned AS (
       SELECT i.tx, l.component, -sum(l.amount)`,
    ...{ test: 'tests/store/bills.test.ts', only: 'issuing numbers, dates and books a bill' },
  },
  {
    name: 'one person reviews the bill that he drew up',
    harm: 'nobody else has looked at what a merchant is asked for',
    file: 'domain/bills.ts',
    from: "step === 'review' && bill.createdBy === actor",
    to: "step === 'review' && bill.reviewedBy === actor",
    ...{ test: 'tests/domain/bills.test.ts', only: 'four eyes' },
  },
  {
    name: 'a number of a bill is left out',
    harm: 'the series of bills has holes, which an auditor takes for hidden bills',
    file: 'store/bill-steps.ts',
    from: 'takeNumbers(tx, numbering, ids.length)',
    to: 'takeNumbers(tx, numbering, ids.length + 1)',
    ...{ test: 'tests/store/bills.test.ts', only: 'numbers have no gap' },
  },
  {
    name: 'a late fee is booked again on each day',
    harm: 'late fees of all days before are charged again with every day',
    file: 'store/late-fees.ts',
    from: 'const difference = fee - BigInt(row.fees);',
    to: 'const difference = fee;',
    ...{ test: 'tests/billing/bill-work.test.ts', only: 'late fees are booked to a date' },
  },
  {
    name: 'a payment is booked with the wrong sign',
    harm: 'who pays a bill owes it twice',
    file: 'store/charge-outcomes.ts',
    from: "amount: outcome.paid },\n      { account: { kind: 'receivable', leaseId }, amount: -applied },\n      { account: { kind: creditOf(charge), leaseId }, amount: -credit },",
    to: "amount: -outcome.paid },\n      { account: { kind: 'receivable', leaseId }, amount: applied },\n      { account: { kind: creditOf(charge), leaseId }, amount: credit },",
    ...{ test: 'tests/billing/charges.test.ts', only: 'slow: is paid once' },
  },
  {
    name: 'all that came in is put on the bill',
    harm: 'what a merchant paid too much is lost to them',
    file: 'domain/charges.ts',
    from: 'const applied = due <= 0n ? 0n : paid < due ? paid : due;',
    to: 'const applied = due <= 0n ? 0n : paid;',
    test: 'tests/domain/charges.test.ts',
  },
  {
    name: 'a fresh order number on a retry',
    harm: 'a payment whose answer was lost is asked for, and taken, a second time',
    file: 'billing/charge-steps.ts',
    from: 'const answer = await provider.query(order);\n  if (over) {',
    to: "const again = { ...order, orderNo: order.orderNo + 'R' };\n  const answer = await provider.query(again);\n  if (answer.status === 'none') return provider.submit(again);\n  if (over) {",
    ...{ test: 'tests/billing/charges.test.ts', only: 'timeout_after_success: is paid once' },
  },
  {
    name: 'several charges may be under way for a bill',
    harm: 'a bill can be paid twice at the same moment',
    file: 'store/migrations/0009_exact-money.sql',
    from: 'CREATE UNIQUE INDEX "charges_one_open"',
    to: 'CREATE INDEX "charges_one_open"',
    ...{ test: 'tests/billing/charges.test.ts', only: 'the database itself' },
  },
  {
    name: 'a success that is told again is applied again',
    harm: 'the second message of a provider says that the payment paid nothing',
    file: 'store/charge-outcomes.ts',
    from: "if (charge.status === 'succeeded') {\n    if (outcome.paid",
    to: 'if (charge.amount < 0n) {\n    if (outcome.paid',
    ...{ test: 'tests/billing/charges.test.ts', only: 'duplicate_callback: is paid once' },
  },
  {
    name: 'a wrong signature is believed',
    harm: 'whoever knows the address can say that a bill is paid',
    file: 'billing/providers/sandbox.ts',
    from: 'given.length === right.length && timingSafeEqual(given, right)',
    to: 'given.length === right.length || timingSafeEqual(given, right)',
    ...{ test: 'tests/billing/charges.test.ts', only: 'a wrong signature' },
  },
  {
    name: 'more goes back than came in',
    harm: 'a payment is refunded twice',
    file: 'store/refunds.ts',
    from: "if (one.amount > left) return { ok: false, reason: 'above_paid', left };",
    to: '',
    ...{ test: 'tests/billing/charges.test.ts', only: 'money back' },
  },
  {
    name: 'parties get their shares again on each run',
    harm: 'the landlord’s part of each payment is paid out day after day',
    file: 'billing/settlement.ts',
    from: 'const amount = (parts[i] ?? 0n) - (before?.amount ?? 0n);',
    to: 'const amount = parts[i] ?? 0n;',
    ...{ test: 'tests/billing/settlement.test.ts', only: 'what is shared' },
  },
];
