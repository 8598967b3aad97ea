import { parseDecimal, unitsAtScale } from '../domain/decimal.ts';
import { CLOCK_AHEAD_MS_MAX, PHOTO_BYTES_MAX, photoTypeOf } from '../domain/readings.ts';
import { type By, type Doubt, keepPhoto } from '../store/manual-readings.ts';
import type { Transaction } from '../store/transaction.ts';
import { Problem, unprocessable } from './problems.ts';

/** Bodies with a picture of PHOTO_BYTES_MAX in base64, beside what else they say. */
export const PHOTO_BODY_BYTES_MAX = Math.ceil(PHOTO_BYTES_MAX / 3) * 4 + 64 * 1024;

/** Base units of what a dial shows in kWh or m³. */
export const baseUnitsOf = (dial: string): bigint => unitsAtScale(parseDecimal(dial), 3);

const shown = (value: bigint): string => `${value / 1000n}.${String(value % 1000n).padStart(3, '0')}`;

/** Keeps the picture of a request; null without one. @throws a Problem for what is no picture. */
export async function keepPhotoOf(
  tx: Transaction,
  siteId: string,
  photo: string | undefined,
  by: By,
  path = 'body.photo',
): Promise<number | null> {
  if (photo === undefined) return null;
  const bytes = Buffer.from(photo, 'base64');
  const type = photoTypeOf(bytes);
  if (!type) throw unprocessable(path, 'is no JPEG, PNG or WebP picture', 'photo_kind');
  if (bytes.length > PHOTO_BYTES_MAX) throw unprocessable(path, 'is larger than 3 MiB', 'photo_large');
  return keepPhoto(tx, siteId, { type, bytes }, by);
}

/** An instant of a request that lies in the past. */
export function pastInstant(text: string, now: Date, path: string): Date {
  const at = new Date(text);
  if (at.getTime() > now.getTime() + CLOCK_AHEAD_MS_MAX)
    throw unprocessable(path, 'lies in the future', { code: 'reading_ahead' });
  return at;
}

/** What a person can insist on, against the reading before it and the one after it. */
const CONFIRMED = {
  decreased: { before: 'reading_less', after: 'reading_less_later' },
  jumped: { before: 'reading_more', after: 'reading_more_later' },
} as const;

interface Insisting {
  readonly confirm: boolean;
  readonly note?: string | undefined;
}

/** A doubtful value is taken from whoever confirms it and says why: the reason is kept with the action. */
export const isExplained = ({ confirm, note }: Insisting): boolean => confirm && !!note;

/** @throws a Problem that says what is doubtful about the value, and how to go on. */
export function refuseDoubt(
  doubt: Doubt | null,
  { confirm }: Pick<Insisting, 'confirm'>,
  paths = { value: 'body.value', at: 'body.ts' },
): void {
  if (!doubt) return;
  switch (doubt.reason) {
    case 'no_meter':
      throw unprocessable(paths.at, 'the register serves no metering point then', {
        code: 'reading_without_meter',
      });
    case 'taken':
      throw new Problem(
        409,
        `the register has the reading ${shown(doubt.value)} at that instant: choose another instant`,
        { code: 'reading_taken', values: { value: shown(doubt.value) } },
      );
    case 'beyond_dial':
      throw unprocessable(paths.value, 'is more than the register can show', { code: 'reading_beyond_dial' });
    case 'decreased':
    case 'jumped': {
      if (confirm) {
        throw unprocessable('body.note', 'the value is doubtful: say why it is right', {
          code: 'reading_unexplained',
        });
      }
      const values = { value: shown(doubt.beside.value), at: new Date(doubt.beside.ts).toISOString() };
      const beside = `${values.value} at ${values.at}`;
      const how = doubt.reason === 'decreased' ? 'less than' : 'more than the supply can deliver since';
      const what =
        doubt.side === 'before' ? `the value is ${how} ${beside}` : `${beside} would be ${how} the value`;
      const code = CONFIRMED[doubt.reason][doubt.side];
      throw unprocessable(
        'body.confirm',
        `${what}; send confirm: true and a note that says why it is right`,
        { code, values },
      );
    }
  }
}
