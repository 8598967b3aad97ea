import { at, HOUR } from '../billing/market.ts';
import { Dice } from './dice.ts';

/** The month that is charged: over on whatever day this runs, so that it can be closed. */
export const PERIOD = '2025-10';
export const BEGIN = at('2025-10-01').getTime();
export const END = at('2025-11-01').getTime();
const MINUTE = 60_000;
/** Steps that every full hour is a multiple of: there every cut falls on a reading. */
const STEPS_MIN = [1, 2, 3, 5, 10, 15, 20, 30, 60];
const FIRST_WH = 5_000_000;
const WH_A_MINUTE_MAX = 40;

export interface Reading {
  /** Epoch milliseconds. */
  readonly ts: number;
  /** Wh on the dial. */
  readonly value: number;
}

/** How far apart a device measures, so that its month is through within so many readings if that is possible at all. */
export function stepFor(readings: number): number {
  const minutes = STEPS_MIN.find((step) => (END - BEGIN) / (step * MINUTE) < readings) ?? 60;
  return minutes * MINUTE;
}

/** What really happens at one meter. Later readings are made up as they are asked for. */
export class MeterTruth {
  readonly stepMs: number;
  /** So many readings, and the month is through: the last one stands on its end. */
  readonly monthReadings: number;
  readonly #values: number[] = [FIRST_WH];
  readonly #dice: Dice;

  constructor(seed: number, meter: number, stepMs: number) {
    this.stepMs = stepMs;
    this.monthReadings = (END - BEGIN) / stepMs + 1;
    this.#dice = new Dice(seed, `truth ${meter}`);
  }

  reading(n: number): Reading {
    const max = (WH_A_MINUTE_MAX * this.stepMs) / MINUTE;
    while (this.#values.length <= n) {
      this.#values.push((this.#values.at(-1) ?? 0) + this.#dice.between(0, max));
    }
    return { ts: BEGIN + n * this.stepMs, value: this.#values[n] ?? 0 };
  }

  /** Wh used in an hour that begins at `ts`. */
  usedInHour(ts: number): bigint {
    const n = (ts - BEGIN) / this.stepMs;
    return BigInt(this.reading(n + HOUR / this.stepMs).value - this.reading(n).value);
  }
}
