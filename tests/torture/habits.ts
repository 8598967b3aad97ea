import type { Message } from './device.ts';
import type { Dice } from './dice.ts';
import type { Reading } from './truth.ts';

const HOUR = 3_600_000;
/** Where a clock stands that lost its battery: before the meter was installed, so that nobody is charged by it. */
const RESET_CLOCK = Date.UTC(2001, 0, 1);
const SHUFFLED = 6;

/** What devices get wrong: one for the whole fleet, which faults switch on and off. */
export class Habits {
  /** Sends some messages twice, and some that were acknowledged long ago once more. */
  repeats = false;
  /** Sends a few messages in any order. */
  shuffles = false;
  /** Some readings are of a clock that is ahead, or that has been reset. */
  skew: 'ahead' | 'behind' | null = null;
  /** Bytes of blanks behind each message, which JSON allows. */
  padding = 0;
  /** Older messages than this are not sent again. */
  readonly memory = 200;
  #skewed = 0;

  /** The next messages of a device to send. `measure` takes the next readings; it returns none when there are none. */
  compose(dice: Dice, sent: readonly Message[], measure: () => Reading[]): Message[] {
    const made: Message[] = [];
    const wanted = this.shuffles ? SHUFFLED : 1;
    for (let readings = measure(); readings.length > 0; readings = made.length < wanted ? measure() : []) {
      made.push({ readings, acknowledged: false, isAhead: false });
    }
    const value = made.at(-1)?.readings.at(-1)?.value;
    if (this.skew && value !== undefined && dice.next() < 0.3) made.push(this.#wrongClock(value));
    const repeated = made.filter(() => this.repeats && dice.next() < 0.3);
    const recent = sent.slice(-this.memory);
    const old = this.repeats && dice.next() < 0.2 ? recent[dice.between(0, recent.length - 1)] : undefined;
    const all = [...made, ...repeated, ...(old ? [old] : [])];
    return this.shuffles ? dice.shuffled(all) : all;
  }

  /** No two of the fleet have the same instant. */
  #wrongClock(value: number): Message {
    const isAhead = this.skew === 'ahead';
    const ts = (isAhead ? Date.now() + 2 * HOUR : RESET_CLOCK) + this.#skewed++;
    return { readings: [{ ts, value }], acknowledged: false, isAhead };
  }
}
