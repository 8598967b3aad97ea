/** Epoch milliseconds in the simulated world. */
export type Clock = () => number;

export interface ClockOptions {
  /** Where simulated time begins; default: now. */
  readonly startAt?: number;
  /** Simulated seconds in a real one. Default 1. */
  readonly speed?: number;
}

export function clockOf({ startAt, speed = 1 }: ClockOptions): Clock {
  if (startAt === undefined && speed === 1) return Date.now;
  const realStart = performance.now();
  const simulatedStart = startAt ?? Date.now();
  return () => Math.floor(simulatedStart + (performance.now() - realStart) * speed);
}
