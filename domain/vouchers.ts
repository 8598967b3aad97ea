import type { AccountKind } from './ledger.ts';

/** A day's entries of one kind of transaction on one account, added up. Minor units, debit positive. */
export interface DaySum {
  /** Local day. */
  readonly date: string;
  /** Kind of transaction. */
  readonly kind: string;
  readonly account: AccountKind;
  /** Component or provider. */
  readonly code: string | null;
  /** Debits and credits are not netted: an accountant sees both. */
  readonly debit: bigint;
  readonly credit: bigint;
}

/** A line of a voucher (凭证) for an accounting system. */
export interface VoucherLine {
  readonly date: string;
  /** Within the export, from 1. */
  readonly voucher: number;
  readonly line: number;
  readonly kind: string;
  readonly account: AccountKind;
  readonly code: string | null;
  readonly debit: bigint;
  readonly credit: bigint;
}

/**
 * One voucher a day and kind of transaction, so that each balances: every ledger transaction does. Sums come in order
 * of day and kind; a line is either a debit or a credit. @throws when a voucher does not balance.
 */
export function vouchersOf(sums: Iterable<DaySum>): readonly VoucherLine[] {
  const lines: VoucherLine[] = [];
  let voucher = 0;
  let line = 0;
  let balance = 0n;
  let open = '';
  const close = (): void => {
    if (balance !== 0n) throw new Error(`voucher ${voucher} is off by ${balance}`);
  };
  for (const { debit, credit, ...sum } of sums) {
    const key = `${sum.date} ${sum.kind}`;
    if (key !== open) {
      close();
      open = key;
      voucher++;
      line = 0;
    }
    balance += debit - credit;
    if (debit !== 0n) lines.push({ ...sum, voucher, line: ++line, debit, credit: 0n });
    if (credit !== 0n) lines.push({ ...sum, voucher, line: ++line, debit: 0n, credit });
  }
  close();
  return lines;
}
