import type { z } from 'zod';
import type { DeadLetterReason } from '../domain/dead-letters.ts';
import type { RefusedPoint } from '../domain/decode-native.ts';
import type { NewDeadLetter } from '../store/dead-letters.ts';
import type { RefusedTelemetry } from '../store/telemetry/port.ts';
import type { Batch, Sourced } from './batch.ts';

/** Why a message, or an item of an array of them, was not taken, or not all of it. */
export interface Refusal {
  readonly reason: DeadLetterReason;
  readonly detail: string;
  /** Position in an array payload; absent for the whole. */
  readonly itemIndex?: number;
}

const DETAIL_LENGTH_MAX = 500;
/** Each letter keeps the whole payload: without a limit one message could become megabytes of them. */
const ITEM_LETTERS_MAX = 16;

export function deadLetter({ record, seq, index }: Sourced, refusal: Refusal): NewDeadLetter {
  return {
    site: record.site,
    device: record.device,
    topic: `v1/${record.site}/${record.device}/${record.kind}`,
    payload: record.payload,
    reason: refusal.reason,
    detail: printable(refusal.detail).slice(0, DETAIL_LENGTH_MAX),
    receivedAt: record.receivedAt,
    journalSeq: seq,
    recordIndex: index,
    itemIndex: refusal.itemIndex ?? -1,
  };
}

/** A device chooses the names in a detail: what Postgres cannot keep is replaced. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]/gu, '\ufffd');
}

/** The wrong ts goes first: it is the most common and has the clearest way out. */
export function refusalOfShape(error: z.ZodError): Refusal {
  const about = (path: readonly PropertyKey[], message: string): string =>
    `${path.length > 0 ? path.join('.') : 'the payload'}: ${message}`;
  const detail = error.issues.slice(0, 3).map((issue) => about(issue.path, issue.message));
  const isTimestamp = error.issues.some((issue) => issue.path[0] === 'ts');
  return { reason: isTimestamp ? 'bad_timestamp' : 'wrong_shape', detail: detail.join('; ') };
}

/** One refusal names every point that was not taken; its reason is the first one's. */
export function refusalOfPoints(refused: readonly RefusedPoint[]): Refusal | null {
  const [first] = refused;
  if (!first) return null;
  return { reason: first.reason, detail: refused.map((r) => `${r.point} ${r.detail}`).join('; ') };
}

/** A refusal for each bad item of an array, or one for the message when they are many. */
export function refusalOfItems(
  refused: readonly (Refusal & { readonly itemIndex: number })[],
  items: number,
): readonly Refusal[] {
  const [first] = refused;
  if (!first || refused.length <= ITEM_LETTERS_MAX) return refused;
  return [
    {
      reason: first.reason,
      detail: `${refused.length} of ${items} items were refused; item ${first.itemIndex}: ${first.detail}`,
    },
  ];
}

/** What the telemetry store will never take, as dead letters of the messages it came in. */
export function lettersOfTelemetry(batch: Batch, refused: readonly RefusedTelemetry[]): NewDeadLetter[] {
  return refused.flatMap(({ device, ts, points, fault }) => {
    const at = batch.telemetry.findLastIndex(
      (row) => row.ts === ts && row.device === device && points.some((point) => point in row.values),
    );
    const sourced = batch.telemetrySources[at];
    const detail = `the telemetry store refused ${points.join(', ')}: ${fault}`;
    return sourced ? [deadLetter(sourced, { reason: 'internal', detail })] : [];
  });
}

/** One letter for each place in the journal: what is said of the same place twice is joined. */
export function joinLetters(letters: readonly NewDeadLetter[]): NewDeadLetter[] {
  const joined = new Map<string, NewDeadLetter>();
  for (const letter of letters) {
    const place = `${letter.journalSeq}/${letter.recordIndex}/${letter.itemIndex}`;
    const earlier = joined.get(place);
    const detail = earlier
      ? `${earlier.detail}; ${letter.detail}`.slice(0, DETAIL_LENGTH_MAX)
      : letter.detail;
    joined.set(place, { ...(earlier ?? letter), detail });
  }
  return [...joined.values()];
}
