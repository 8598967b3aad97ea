import { chance } from '../random.ts';
import type { Relay } from '../relay.ts';
import { type Capability, refuse } from './capability.ts';

export interface MeterOptions {
  readonly key: number;
  /** Base units (Wh, L) on the dial. */
  readonly register: (ts: number) => number;
}

const MINUTE_MS = 60_000;
const perKilo = (base: number): number => base / 1000;

/** Counts kWh; says its load and voltage. While its relay is open nothing flows, so nothing counts. */
export function electricityMeter(options: MeterOptions & { readonly relay: Relay }): Capability {
  const { key, register, relay } = options;
  return {
    sample(ts, history) {
      // The mean over the last five minutes: the dial's steps of 1 Wh are too coarse for a shorter one.
      const before = register(ts - 5 * MINUTE_MS);
      const now = register(ts);
      const flows = now >= before && (history || !relay.isOpen());
      const power = flows ? (now - before) * 12 : 0;
      const energy_import = perKilo(now);
      if (history) return { energy_import, power };
      const voltage = 229 + Math.round(60 * chance(key, Math.floor(ts / MINUTE_MS))) / 10;
      return { energy_import, power, voltage };
    },
    nextChange: () => Number.POSITIVE_INFINITY,
    eventsAt: () => [],
    command(op, _args, ts) {
      if (op !== 'relay_open' && op !== 'relay_close') return refuse(op);
      const to = op === 'relay_open' ? 'open' : 'closed';
      relay.switch(to, ts);
      return { ok: true, result: { relay: to }, changed: true };
    },
  };
}

/** Counts m³ and runs on a battery that lasts six years. */
export function waterMeter({ key, register }: MeterOptions): Capability {
  return {
    sample(ts, history) {
      const volume = perKilo(register(ts));
      return history ? { volume } : { volume, battery: batteryAt(key, ts) };
    },
    nextChange: () => Number.POSITIVE_INFINITY,
    eventsAt: () => [],
    command: (op) => refuse(op),
  };
}

/** Percent left: each device was fitted with a new one at some time in the last six years. */
export function batteryAt(key: number, ts: number): number {
  const lifeMs = 6 * 365 * 86_400_000;
  const age = (ts / lifeMs + chance(key, 77)) % 1;
  return Math.round(100 - 90 * age);
}
