import { encodeFrame } from '../journal/frame-codec.ts';
import type { Journal } from '../journal/port.ts';

/** A frame as a back-up holds it: its number (8 bytes), its length (4 bytes), and what `encodeFrame` makes of it. */
const HEAD_BYTES = 12;
const READ_RECORDS = 4_096;

export interface FrameBytes {
  readonly seq: number;
  readonly bytes: Buffer;
}

export interface FrameRange {
  /** What ingest is past. */
  readonly cursor: number;
  readonly head: number;
  /** Frames in the middle may be missing of those that ingest is past, as in a journal that was salvaged. */
  readonly mayHaveGaps?: boolean;
  /** Added to each number. */
  readonly offset?: number;
}

export interface FrameCount {
  first: number | null;
  frames: number;
  messages: number;
}

/** The journal gave up frames while it was copied. */
export class JournalTrimmedError extends Error {
  override readonly name = 'JournalTrimmedError';
}

/**
 * The journal's frames up to `head`, as bytes, oldest first. What is dropped meanwhile of those that ingest is past
 * (`cursor`) is left out.
 * @param count what was read so far.
 * @throws JournalTrimmedError when a frame above `cursor` is gone.
 */
export async function* frameBytes(
  journal: Journal,
  { cursor, head, mayHaveGaps = true, offset = 0 }: FrameRange,
  count: FrameCount,
): AsyncGenerator<Buffer> {
  let known = 0;
  for (;;) {
    const frames = (await journal.read(known, { recordsMax: READ_RECORDS })).filter(({ seq }) => seq <= head);
    for (const { seq, records } of frames) {
      assertNext(seq);
      known = seq;
      count.first ??= seq;
      count.frames++;
      count.messages += records.length;
      yield packFrame({ seq: seq + offset, bytes: encodeFrame(records) });
    }
    if (frames.length === 0) break;
  }
  if (known < head) assertNext(head + 1);

  function assertNext(seq: number): void {
    const expected = (mayHaveGaps || known === 0 ? Math.max(known, cursor) : known) + 1;
    if (seq <= expected) return;
    throw new JournalTrimmedError(
      `the journal has dropped frames ${expected} to ${seq - 1}, while they were copied: try again`,
    );
  }
}

export function packFrame({ seq, bytes }: FrameBytes): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeBigUInt64BE(BigInt(seq), 0);
  head.writeUInt32BE(bytes.length, 8);
  return Buffer.concat([head, bytes]);
}

/** Takes a section's bytes as they come and gives back the frames that are whole. */
export class FrameSplitter {
  #rest: Buffer = Buffer.alloc(0);

  push(data: Buffer): FrameBytes[] {
    const all = Buffer.concat([this.#rest, data]);
    const frames: FrameBytes[] = [];
    let at = 0;
    while (at + HEAD_BYTES <= all.length) {
      const end = at + HEAD_BYTES + all.readUInt32BE(at + 8);
      if (end > all.length) break;
      frames.push({ seq: Number(all.readBigUInt64BE(at)), bytes: all.subarray(at + HEAD_BYTES, end) });
      at = end;
    }
    this.#rest = all.subarray(at);
    return frames;
  }
}
