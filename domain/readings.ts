/** `good` is charged; `future` waits for a person because the device's clock ran ahead; `quarantined` because it is implausible. */
export const READING_QUALITY = ['good', 'future', 'quarantined', 'rejected'] as const;
export type ReadingQuality = (typeof READING_QUALITY)[number];

export const READING_SOURCES = ['device', 'manual'] as const;
export type ReadingSource = (typeof READING_SOURCES)[number];

/** What a value that a person entered was read for. */
export const MANUAL_PURPOSES = ['reading', 'exchange', 'multiplier', 'handover', 'moved'] as const;
export type ManualPurpose = (typeof MANUAL_PURPOSES)[number];

export const PHOTO_TYPES = ['image/jpeg', 'image/png', 'image/webp'] as const;
export type PhotoType = (typeof PHOTO_TYPES)[number];
export const PHOTO_BYTES_MAX = 3 * 1024 * 1024;

/** What a picture is by its first bytes (JPEG, PNG, RIFF/WebP signatures); undefined for anything else. */
export function photoTypeOf(bytes: Uint8Array): PhotoType | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, 12));
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (text.startsWith('RIFF') && text.endsWith('WEBP')) return 'image/webp';
  return undefined;
}

/** One value of one register at one instant: never a delta. `value` is in the register's base unit. */
export interface Reading {
  readonly registerId: number;
  /** Epoch milliseconds. */
  readonly ts: number;
  readonly value: bigint;
}

/** Names a value that a person vouches for: it is believed although it is implausible. */
export const voucherOf = ({ registerId, ts, value }: Reading): string => `${registerId} ${ts} ${value}`;

/** A device clock further ahead than this is not believed. */
export const CLOCK_AHEAD_MS_MAX = 5 * 60_000;
