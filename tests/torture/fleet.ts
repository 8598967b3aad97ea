import { setTimeout as sleep } from 'node:timers/promises';
import { Device, type Identity, type Trouble } from './device.ts';
import { Dice } from './dice.ts';
import { Habits } from './habits.ts';
import { MeterTruth, stepFor } from './truth.ts';

export interface FleetOptions {
  readonly port: number;
  readonly identities: readonly Identity[];
  readonly seed: number;
  readonly minutes: number;
  /** Readings a second of each device. */
  readonly rate: number;
}

const TICK_MS = 50;

/** All the devices, and what they have noticed. */
export class Fleet {
  readonly habits = new Habits();
  readonly devices: readonly Device[];
  readonly noticed: Record<Trouble, number> = { lost: 0, silent: 0, refused: 0, 'out of order': 0 };
  pubacks = 0;
  #lastPubackAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ port, identities, seed, minutes, rate }: FleetOptions) {
    const stepMs = stepFor(rate * minutes * 60);
    this.devices = identities.map(
      (identity, n) =>
        new Device({
          ...{ port, identity, rate, habits: this.habits },
          truth: new MeterTruth(seed, n, stepMs),
          dice: new Dice(seed, `device ${n}`),
          onPuback: () => {
            this.pubacks++;
            this.#lastPubackAt = performance.now();
          },
          onTrouble: (kind) => {
            this.noticed[kind]++;
          },
        }),
    );
  }

  start(): void {
    for (const device of this.devices) device.open();
    let before = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      for (const device of this.devices) device.tick((now - before) / 1000);
      before = now;
    }, TICK_MS);
  }

  /** Milliseconds from an instant (of `performance.now`) to the first PUBACK after it; null if none comes in time. */
  async firstPubackAfter(startedAt: number, msMax: number, signal: AbortSignal): Promise<number | null> {
    while (this.#lastPubackAt <= startedAt) {
      if (signal.aborted || performance.now() - startedAt > msMax) return null;
      await sleep(5);
    }
    return this.#lastPubackAt - startedAt;
  }

  /** Lets each device tell the rest of its month; false when that takes longer than it may. */
  async finish(msMax: number, signal: AbortSignal): Promise<boolean> {
    for (const device of this.devices) device.finish();
    for (let waited = 0; waited < msMax && !signal.aborted; waited += TICK_MS) {
      if (this.devices.every(({ isFinished }) => isFinished)) return true;
      await sleep(TICK_MS);
    }
    return false;
  }

  close(): void {
    clearInterval(this.#timer);
    for (const device of this.devices) device.close();
  }
}
