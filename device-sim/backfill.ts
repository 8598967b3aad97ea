import { HOUR_MS } from './calendar.ts';

/** Up to this gap a device has every interval in memory, beyond it only the hours. */
const FINE_GAP_MS = 2 * HOUR_MS;

export interface BackfillOptions {
  /** The last instant that was acknowledged; undefined: none yet. */
  readonly last: number | undefined;
  /** When its memory begins. */
  readonly from: number;
  /** When it stopped measuring, or now. */
  readonly to: number;
  readonly intervalMs: number;
  /** Offset of its intervals from the epoch. */
  readonly phaseMs: number;
}

/** The instants that a device has measured and not yet delivered, oldest first. Both ends of its life are among them. */
export function backfillInstants({ last, from, to, intervalMs, phaseMs }: BackfillOptions): number[] {
  const fine = last !== undefined && to - last <= FINE_GAP_MS;
  const [step, shift] = fine ? [intervalMs, phaseMs] : [HOUR_MS, 0];
  const after = last ?? from - 1;
  const instants = last === undefined && from <= to ? [from] : [];
  for (let ts = Math.floor((after - shift) / step + 1) * step + shift; ts <= to; ts += step) {
    if (ts > after && ts !== instants[0]) instants.push(ts);
  }
  return instants;
}
