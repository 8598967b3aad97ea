import { BEGIN, MINUTE, QUARTER, type StallTruth, wholeAt, ZONE } from './truth.ts';

/** What is paid for energy by the clock, and for a fund by what was used, a little more than was measured. */
export interface Banded {
  readonly peak: string;
  readonly sharp: string;
  readonly valley: string;
  readonly fund: string;
  readonly fundFactor: string;
}

/** The first kWh of a month at one price, the others at another. */
export interface Stepped {
  readonly limitKwh: bigint;
  readonly below: string;
  readonly above: string;
}

export interface Version {
  readonly id: number;
  readonly from: number;
  readonly prices: Banded | Stepped;
}

export interface Stay {
  readonly lease: number;
  readonly from: number;
  readonly to: number;
  /** Ascending. */
  readonly versions: readonly Version[];
  /** Charged day by day, from a balance. */
  readonly isPrepaid: boolean;
}

export interface Sum {
  readonly quantity: bigint;
  readonly amount: bigint;
}
/** By `lease version component band period`: Wh and cents. */
export type Owed = Map<string, Sum>;

/** A price is a rational; nothing of the rating engine is used here. */
interface Rational {
  readonly n: bigint;
  readonly d: bigint;
}

function rational(text: string): Rational {
  const [whole = '0', fraction = ''] = text.split('.');
  return { n: BigInt(whole + fraction), d: 10n ** BigInt(fraction.length) };
}

/** Wh at a price a kWh, in cents, exactly. */
const cents = (wh: bigint, price: Rational): Rational => ({ n: wh * price.n * 100n, d: 1_000n * price.d });
const times = (a: Rational, b: Rational): Rational => ({ n: a.n * b.n, d: a.d * b.d });

/** Of values that are not negative. */
const ROUND = {
  halfUp: ({ n, d }: Rational): bigint => (2n * n + d) / (2n * d),
  halfEven: ({ n, d }: Rational): bigint => {
    const down = n / d;
    const rest = 2n * (n - down * d);
    if (rest !== d) return rest > d ? down + 1n : down;
    return down + (down % 2n);
  },
};

/** What one lease used by one price in one stretch of service. */
interface Use {
  readonly key: string;
  wh: bigint;
  readonly price: Rational;
  readonly round: (cents: Rational) => bigint;
}

/**
 * What everybody owes for a stall: the truth minute by minute, by who was there and by the wall clock of the place. An
 * amount is rounded once for each line: a stay, a month of it (a day of it, when it is prepaid), a version, a band.
 */
export function owedFor({ totals }: StallTruth, stays: readonly Stay[]): Owed {
  const uses = new Map<string, Use>();
  for (const stay of stays) {
    const { lease, versions, isPrepaid } = stay;
    for (let ts = stay.from; ts < stay.to; ts += MINUTE) {
      const wh = wholeAt(totals, ts + MINUTE) - wholeAt(totals, ts);
      if (wh === 0n) continue;
      const { hour, date } = wallClock(ts);
      const period = isPrepaid ? date : date.slice(0, 7);
      const version = versions.findLast(({ from }) => from <= ts);
      if (!version) throw new Error('nobody said what it costs');
      const use = (what: string, price: Rational, round: Use['round']): Use => {
        const line = `${stay.from} ${lease} ${version.id} ${what} ${period}`;
        const made = uses.get(line) ?? { key: line.slice(line.indexOf(' ') + 1), wh: 0n, price, round };
        uses.set(line, made);
        return made;
      };
      const { prices } = version;
      if ('limitKwh' in prices) {
        const below = use('energy t1', rational(prices.below), ROUND.halfUp);
        const room = prices.limitKwh * 1_000n - below.wh;
        below.wh += wh < room ? wh : room;
        if (wh > room) use('energy t2', rational(prices.above), ROUND.halfUp).wh += wh - room;
      } else {
        const band = hour < 8 ? 'valley' : hour >= 18 && hour < 21 ? 'sharp' : 'peak';
        use(`energy ${band}`, rational(prices[band]), ROUND.halfUp).wh += wh;
        const fund = times(rational(prices.fund), rational(prices.fundFactor));
        use('fund all', fund, ROUND.halfEven).wh += wh;
      }
    }
  }
  const owed: Owed = new Map();
  for (const { key, wh, price, round } of uses.values()) {
    addTo(owed, key, { quantity: wh, amount: round(cents(wh, price)) });
  }
  return owed;
}

export function addTo(owed: Owed, key: string, { quantity, amount }: Sum): void {
  const sum = owed.get(key) ?? { quantity: 0n, amount: 0n };
  owed.set(key, { quantity: sum.quantity + quantity, amount: sum.amount + amount });
}

const FORMAT = new Intl.DateTimeFormat('sv-SE', {
  ...{ timeZone: ZONE, hourCycle: 'h23' },
  ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
});
const clocks: { hour: number; date: string }[] = [];

/** Zones move by quarters of an hour at the least. */
function wallClock(ts: number): { readonly hour: number; readonly date: string } {
  const quarter = Math.floor((ts - BEGIN) / QUARTER);
  let clock = clocks[quarter];
  if (!clock) {
    const text = FORMAT.format(ts);
    clock = { date: text.slice(0, 10), hour: Number(text.slice(11, 13)) };
    clocks[quarter] = clock;
  }
  return clock;
}
