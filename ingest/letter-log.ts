import type { Logger } from 'pino';
import type { NewDeadLetter } from '../store/dead-letters.ts';

/** A device that sends nothing else must not fill the log. */
const LINE_EVERY_MS = 1_000;

/** Says which device's message became a dead letter, and why: at most a line a second, with how many there were. */
export class LetterLog {
  readonly #log: Logger;
  #nextAt = 0;
  #leftOut = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** After their transaction was committed. */
  note(letters: readonly NewDeadLetter[]): void {
    const [first] = letters;
    if (!first) return;
    const now = performance.now();
    if (now < this.#nextAt) {
      this.#leftOut += letters.length;
      return;
    }
    const { site, device, reason, journalSeq } = first;
    const others = letters.length - 1 + this.#leftOut;
    this.#log.warn(
      { site, device, reason, journalSeq, ...(others > 0 ? { leftOut: others } : {}) },
      'ingest: dead letter',
    );
    this.#nextAt = now + LINE_EVERY_MS;
    this.#leftOut = 0;
  }
}
