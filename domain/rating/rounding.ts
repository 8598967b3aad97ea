import { type Decimal, formatDecimal, parseDecimal } from '../decimal.ts';
import { quantumInMinor, type RoundingMode, roundRatioToMinor } from '../money.ts';
import { add, floor, isZero, type Ratio, ratioText, subtract, ZERO } from '../ratio.ts';
import {
  ROUNDING_DEFAULT,
  type Rounding,
  type RoundingStage,
  type TariffComponent,
  tierBand,
} from '../tariffs/definition.ts';
import type { ExactLine, RatedLine } from './rated-line.ts';

/** The ledger holds 64-bit integers; a sum of very many lines stays far below. */
export const AMOUNT_MAX = 10n ** 15n;

/** An amount that no bill should show: a price, a quantity or both are wrong. */
export class AmountBeyondRange extends RangeError {
  constructor(component: string) {
    super(`the amount of ${component} is beyond ±${AMOUNT_MAX} minor units: check its price and quantity`);
  }
}

/** Half up to the currency's minor unit unless the component says otherwise; a percentage once, of the sum. */
export function roundingOf({ rounding, price }: TariffComponent): Rounding {
  return rounding ?? (price.kind === 'percentage' ? { ...ROUNDING_DEFAULT, stage: 'tax' } : ROUNDING_DEFAULT);
}

export interface Step {
  readonly mode: RoundingMode;
  readonly quantum: Decimal;
  readonly quantumMinor: bigint;
}

export function stepOf(rounding: Omit<Rounding, 'stage'>, digits: number): Step {
  const { mode, quantum } = rounding;
  const step = quantum === undefined ? { units: 1n, scale: digits } : parseDecimal(quantum);
  return { mode, quantum: step, quantumMinor: quantumInMinor(step, digits) };
}

/**
 * Rounds a component's lines by its stage. A group is worth round(Σ after) − round(Σ before), so that splitting a range
 * never changes a sum, and its lines share exactly that. Throws AmountBeyondRange.
 */
export function roundLines(
  component: TariffComponent,
  lines: readonly ExactLine[],
  digits: number,
): readonly RatedLine[] {
  const { stage, ...rest } = roundingOf(component);
  const step = stepOf(rest, digits);
  const rated: RatedLine[] = [];
  for (const group of groupsOf(lines, stage)) {
    const before = group.map((line) => line.before).reduce(add, ZERO);
    const after = group.map((line) => line.after).reduce(add, ZERO);
    const rounded = (amount: Ratio): bigint =>
      roundRatioToMinor(amount, digits, step.mode, step.quantumMinor);
    const amounts = shareOut(
      rounded(after) - rounded(before),
      group.map((line) => inMinor(subtract(line.after, line.before), digits)),
    );
    const rounding = {
      stage,
      mode: step.mode,
      quantum: formatDecimal(step.quantum),
      before: { exact: ratioText(before), rounded: `${rounded(before)}` },
      after: { exact: ratioText(after), rounded: `${rounded(after)}` },
      lines: group.length,
    };
    group.forEach((line, i) => {
      const { before: from, after: to, how, ...head } = line;
      const amount = amounts[i] ?? 0n;
      if (amount > AMOUNT_MAX || amount < -AMOUNT_MAX) throw new AmountBeyondRange(component.code);
      rated.push({
        ...head,
        component: component.code,
        unrounded: ratioText(subtract(to, from)),
        amount,
        workings: { ...how, lossFactor: component.lossFactor ?? null, rounding },
      });
    });
  }
  return rated;
}

function groupsOf(lines: readonly ExactLine[], stage: RoundingStage): readonly (readonly ExactLine[])[] {
  if (stage === 'line') return lines.map((line) => [line]);
  if (stage !== 'band') return lines.length === 0 ? [] : [lines];
  const bands = new Map<string, ExactLine[]>();
  for (const line of lines) {
    const band = line.how.kind === 'tier' ? bandOfTier(line.band, line.how.tier) : line.band;
    const group = bands.get(band);
    if (group) group.push(line);
    else bands.set(band, [line]);
  }
  return [...bands.values()];
}

/** `峰` of `峰.t2`. */
const bandOfTier = (band: string, tier: number): string => band.slice(0, -tierBand('', tier - 1).length);

const inMinor = ({ n, d }: Ratio, digits: number): Ratio => ({ n: n * 10n ** BigInt(digits), d });

/**
 * Parts that add up to `total` exactly: each exact amount (minor units) and its part, by size, of what rounding changed;
 * what that leaves below a minor unit goes to the largest remainders, of equal ones to the first.
 */
export function shareOut(total: bigint, exact: readonly Ratio[]): readonly bigint[] {
  if (exact.length === 1) return [total];
  const size = ({ n, d }: Ratio): Ratio => ({ n: n < 0n ? -n : n, d });
  const change = subtract({ n: total, d: 1n }, exact.reduce(add, ZERO));
  const sizes = exact.map(size).reduce(add, ZERO);
  // Without any amount there is nothing to share by: the first line takes it.
  if (isZero(sizes)) return exact.map((_, i) => (i === 0 ? total : 0n));
  const shares = exact.map((part) => {
    const own = size(part);
    return add(part, { n: change.n * own.n * sizes.d, d: change.d * own.d * sizes.n });
  });
  const parts = shares.map(floor);
  const rests = shares.map((share, i) => subtract(share, { n: parts[i] ?? 0n, d: 1n }));
  const order = rests
    .map((rest, i) => ({ rest, i }))
    .sort((a, b) => sign(subtract(b.rest, a.rest)) || a.i - b.i);
  let left = total - parts.reduce((sum, part) => sum + part, 0n);
  for (const { i } of order) {
    if (left === 0n) break;
    parts[i] = (parts[i] ?? 0n) + 1n;
    left--;
  }
  return parts;
}

const sign = ({ n }: Ratio): number => (n < 0n ? -1 : n > 0n ? 1 : 0);
