import { type Decimal, parseDecimal } from './decimal.ts';
import { roundToMinor } from './money.ts';

/** How late fees of a bill are charged, fixed when it is issued. Percentages are decimal text. */
export interface LateFeeTerms {
  readonly percentPerDay: string;
  /** Days after the due date that cost nothing. */
  readonly graceDays: number;
  /** Of the bill's amount less its credits: fees stop there. */
  readonly capPercent: string;
}

/** From a local day on (days since 1970-01-01) so much was owed and not disputed, minor units. */
export interface OwedFrom {
  readonly day: number;
  readonly owed: bigint;
}

/**
 * The late fee of a bill up to and including `lastDay`, minor units: Σ over the days after due date and grace of
 * (owed at the day's end × percentPerDay ÷ 100), summed exactly, rounded once (half up), never more than capPercent of
 * `billed` rounded down. Late fees bear no late fees: `owed` has none in it. `steps` ascend by day.
 */
export function lateFee(
  terms: LateFeeTerms,
  bill: { readonly dueDay: number; readonly billed: bigint; readonly steps: readonly OwedFrom[] },
  lastDay: number,
): bigint {
  const firstDay = bill.dueDay + terms.graceDays + 1;
  let owedDays = 0n;
  for (const [i, step] of bill.steps.entries()) {
    const from = Math.max(step.day, firstDay);
    const to = Math.min(bill.steps[i + 1]?.day ?? Number.POSITIVE_INFINITY, lastDay + 1);
    if (to > from && step.owed > 0n) owedDays += step.owed * BigInt(to - from);
  }
  const fee = percentOf(owedDays, parseDecimal(terms.percentPerDay), 'half_up');
  const cap = percentOf(bill.billed > 0n ? bill.billed : 0n, parseDecimal(terms.capPercent), 'down');
  return fee < cap ? fee : cap;
}

const percentOf = (amount: bigint, percent: Decimal, mode: 'half_up' | 'down'): bigint =>
  roundToMinor({ units: amount * percent.units, scale: percent.scale + 2 }, 0, mode, 1n);

/**
 * What was owed from each day on: the sum of what was booked until that day's end, less what was in dispute then.
 * Days ascend.
 */
export function owedSteps(
  booked: readonly { readonly day: number; readonly amount: bigint }[],
  held: readonly { readonly from: number; readonly to: number | null; readonly amount: bigint }[],
): readonly OwedFrom[] {
  const days = new Set([
    ...booked.map(({ day }) => day),
    ...held.flatMap(({ from, to }) => (to === null ? [from] : [from, to])),
  ]);
  return [...days]
    .sort((a, b) => a - b)
    .map((day) => {
      let owed = 0n;
      for (const one of booked) if (one.day <= day) owed += one.amount;
      for (const one of held) if (one.from <= day && (one.to === null || day < one.to)) owed -= one.amount;
      return { day, owed };
    });
}
