import { and, desc, eq, lt } from 'drizzle-orm';
import type { DeadLetterReason } from '../domain/dead-letters.ts';
import type { Executor, Queryable } from './database.ts';
import { numbersParam, textsParam } from './pg-arrays.ts';
import { deadLetters } from './schema/journal.ts';

export interface NewDeadLetter {
  readonly site: string;
  readonly device: string;
  readonly topic: string;
  /** The message's raw bytes, whole. */
  readonly payload: Uint8Array;
  readonly reason: DeadLetterReason;
  readonly detail: string;
  readonly receivedAt: number;
  readonly journalSeq: number;
  readonly recordIndex: number;
  /** Position in an array payload; -1 for the whole message. */
  readonly itemIndex: number;
}

const CHUNK_BYTES_MAX = 1024 * 1024;

/** Keeps refused messages. The same record again is a no-op. */
export async function insertDeadLetters(db: Queryable, letters: readonly NewDeadLetter[]): Promise<void> {
  let from = 0;
  let bytes = 0;
  for (let at = 0; at < letters.length; at++) {
    bytes += letters[at]?.payload.length ?? 0;
    if (bytes < CHUNK_BYTES_MAX && at + 1 < letters.length) continue;
    await insertChunk(db, letters.slice(from, at + 1));
    from = at + 1;
    bytes = 0;
  }
}

async function insertChunk(db: Queryable, letters: readonly NewDeadLetter[]): Promise<void> {
  await db.query({
    name: 'insert_dead_letters',
    text: `INSERT INTO dead_letters
             (site_id, device_id, topic, payload, reason, detail, received_at, journal_seq, record_index, item_index)
           SELECT s, d, t, p, r, e, to_timestamp(a / 1000), q, n, i
           FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::float8[],
             $8::bigint[], $9::int[], $10::int[]) AS input (s, d, t, p, r, e, a, q, n, i)
           ON CONFLICT DO NOTHING`,
    values: [
      textsParam(letters, (l) => l.site),
      textsParam(letters, (l) => l.device),
      textsParam(letters, (l) => l.topic),
      letters.map((l) => Buffer.from(l.payload.buffer, l.payload.byteOffset, l.payload.byteLength)),
      textsParam(letters, (l) => l.reason),
      textsParam(letters, (l) => l.detail),
      numbersParam(letters, (l) => l.receivedAt),
      numbersParam(letters, (l) => l.journalSeq),
      numbersParam(letters, (l) => l.recordIndex),
      numbersParam(letters, (l) => l.itemIndex),
    ],
  });
}

/** Keeps a device's newest dead letters. The journal has the messages of the others for as long as it keeps any. */
export async function dropOldDeadLetters(db: Queryable, device: string, keep: number): Promise<void> {
  await db.query(
    `DELETE FROM dead_letters WHERE device_id = $1 AND id <= (
       SELECT id FROM dead_letters WHERE device_id = $1 ORDER BY id DESC OFFSET $2 LIMIT 1)`,
    [device, keep],
  );
}

export type DeadLetterRow = Pick<
  typeof deadLetters.$inferSelect,
  'id' | 'siteId' | 'deviceId' | 'topic' | 'reason' | 'detail' | 'receivedAt' | 'payload'
>;

/** Refused messages, newest first. */
export function listDeadLetters(
  db: Executor,
  query: {
    readonly id?: number | undefined;
    readonly site?: string | undefined;
    readonly device?: string | undefined;
    readonly reason?: DeadLetterReason | undefined;
    readonly before?: number | undefined;
    readonly limit: number;
  },
): Promise<DeadLetterRow[]> {
  return db
    .select()
    .from(deadLetters)
    .where(
      and(
        query.id === undefined ? undefined : eq(deadLetters.id, query.id),
        query.site === undefined ? undefined : eq(deadLetters.siteId, query.site),
        query.device === undefined ? undefined : eq(deadLetters.deviceId, query.device),
        query.reason === undefined ? undefined : eq(deadLetters.reason, query.reason),
        query.before === undefined ? undefined : lt(deadLetters.id, query.before),
      ),
    )
    .orderBy(desc(deadLetters.id))
    .limit(query.limit);
}
