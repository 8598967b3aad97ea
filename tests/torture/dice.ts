import { chance, hashText } from '../../device-sim/random.ts';

/** Chance that is the same each time for the same seed and name, whatever else throws dice meanwhile. */
export class Dice {
  readonly #key: number;
  #throws = 0;

  constructor(seed: number, name: string) {
    this.#key = hashText(`${seed}/${name}`);
  }

  /** In [0, 1). */
  next(): number {
    return chance(this.#key, this.#throws++);
  }

  /** A whole number, both ends included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  shuffled<T>(items: readonly T[]): T[] {
    const all = [...items];
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.between(0, i);
      [all[i], all[j]] = [all[j] as T, all[i] as T];
    }
    return all;
  }
}
