import type { NewDeadLetter } from '../store/dead-letters.ts';

/** Of each device the newest are kept, so that one that sends nothing else cannot fill the disk. */
export const LETTERS_MAX = 1_000;
/** Counting is for memory: a device may have so many more before the oldest go. */
const SLACK = 500;

/** Knows which devices have had many dead letters since their oldest were dropped. */
export class LetterLimit {
  readonly #counts = new Map<string, number>();

  /** The devices whose oldest should go along with these. */
  crowded(letters: readonly NewDeadLetter[]): readonly string[] {
    if (letters.length === 0) return [];
    return [...countByDevice(letters)]
      .filter(([device, count]) => (this.#counts.get(device) ?? 0) + count > SLACK)
      .map(([device]) => device);
  }

  /** After their transaction was committed. */
  stored(letters: readonly NewDeadLetter[], crowded: readonly string[]): void {
    for (const [device, count] of countByDevice(letters)) {
      this.#counts.set(device, (this.#counts.get(device) ?? 0) + count);
    }
    for (const device of crowded) this.#counts.delete(device);
  }
}

function countByDevice(letters: readonly NewDeadLetter[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { device } of letters) counts.set(device, (counts.get(device) ?? 0) + 1);
  return counts;
}
