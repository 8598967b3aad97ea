/** `good` is charged; `future` waits for a person because the device's clock ran ahead; `quarantined` because it is implausible. */
export const READING_QUALITY = ['good', 'future', 'quarantined', 'rejected'] as const;
export type ReadingQuality = (typeof READING_QUALITY)[number];

export const READING_SOURCES = ['device', 'manual'] as const;
export type ReadingSource = (typeof READING_SOURCES)[number];

/** One value of one register at one instant: never a delta. `value` is in the register's base unit. */
export interface Reading {
  readonly registerId: number;
  /** Epoch milliseconds. */
  readonly ts: number;
  readonly value: bigint;
}

/** A device clock further ahead than this is not believed. */
export const CLOCK_AHEAD_MS_MAX = 5 * 60_000;
