import type { Trade } from '../../contracts/fleet.ts';
import { type Calendar, HOUR_MS } from '../calendar.ts';
import { chance } from '../random.ts';
import { openShare } from '../trades.ts';
import { type Capability, refuse } from './capability.ts';
import { batteryAt } from './meter.ts';

/**
 * How long a stall stays as it is before chance may change it. Real stalls open and close a few times a day;
 * here 480 of them at work make several changes a second at any hour, so that a floor is seen to live.
 */
export const DWELL_MS = 36_000;

/** Knows whether the shutter is up, and how warm it is. */
export function stallSensor(options: {
  readonly key: number;
  readonly trade: Trade;
  readonly calendar: Calendar;
}): Capability {
  const { key, trade, calendar } = options;
  // Every stall has its own pace and its own beat.
  const dwellMs = Math.round(DWELL_MS * (0.75 + 0.5 * chance(key, 1)));
  const shiftMs = Math.floor(dwellMs * chance(key, 2));
  const slotOf = (ts: number): number => Math.floor((ts - shiftMs) / dwellMs);
  const openIn = (slot: number): boolean => {
    const at = calendar(Math.floor((slot * dwellMs + shiftMs) / HOUR_MS));
    return chance(key, slot) < openShare(trade, at);
  };
  return {
    sample(ts) {
      const warmth = trade === 'seafood' || trade === 'meat' ? 9 : 18;
      const temperature = Math.round((warmth + 6 * chance(key ^ 3, Math.floor(ts / 600_000))) * 10) / 10;
      return { open: openIn(slotOf(ts)), temperature, battery: batteryAt(key, ts) };
    },
    nextChange(ts) {
      const slot = slotOf(ts);
      const open = openIn(slot);
      // A stall without a tenant never changes: look a day ahead, not for ever.
      for (let next = slot + 1; next < slot + 86_400_000 / dwellMs; next++) {
        if (openIn(next) !== open) return next * dwellMs + shiftMs;
        if (trade === 'idle') break;
      }
      return Number.POSITIVE_INFINITY;
    },
    eventsAt: () => [],
    command: (op) => refuse(op),
  };
}
