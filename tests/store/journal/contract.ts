import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Journal, JournalClosedError, type JournalRecord } from '../../../store/journal/port.ts';
import { record } from './record.ts';

/** A journal that outlives `close`: opening it again finds what was appended. */
export interface OpenedJournal {
  open(): Promise<Journal>;
  remove(): Promise<void>;
}

/** Every record after `after`, with the frames' numbers, read `recordsMax` records at a time. */
export async function readAll(journal: Journal, after = 0, recordsMax = 100) {
  const seqs: number[] = [];
  const records: JournalRecord[] = [];
  for (let at = after; ; ) {
    const frames = await journal.read(at, { recordsMax });
    const last = frames.at(-1);
    if (!last) return { seqs, records };
    at = last.seq;
    for (const frame of frames) {
      seqs.push(frame.seq);
      records.push(...frame.records);
    }
  }
}

export const numbers = (records: readonly JournalRecord[]): number[] =>
  records.map(({ payload }) => JSON.parse(Buffer.from(payload).toString()).n);

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
const appendAll = async (journal: Journal, ns: readonly number[]): Promise<void> => {
  await Promise.all(ns.map((n) => journal.append(record(n))));
};

/** What every journal must do. `create` gives an empty one. */
export function journalContract(name: string, create: () => Promise<OpenedJournal>): void {
  describe(`${name} keeps the journal's contract`, () => {
    let opened: OpenedJournal;
    let journal: Journal;
    beforeEach(async () => {
      opened = await create();
      journal = await opened.open();
    });
    afterEach(async () => {
      await journal.close();
      await opened.remove();
    });
    const reopen = async (): Promise<void> => {
      await journal.close();
      journal = await opened.open();
    };

    it('is empty and writable at first', async () => {
      expect(await journal.head()).toBe(0);
      expect(await journal.read(0, { recordsMax: 10 })).toEqual([]);
      expect(await journal.status()).toMatchObject({ writable: true, frames: 0 });
    });

    it('gives back what was appended, byte for byte', async () => {
      const sent = record(1, {
        payload: Uint8Array.from(range(0, 256)),
        kind: 'state',
        retain: true,
        receivedAt: 1_764_806_400_123,
      });
      await journal.append(sent);
      await journal.append(record(2, { payload: new Uint8Array(0) }));
      await journal.append(record(3, { payload: Buffer.alloc(64 * 1024, 7) }));
      const [first, empty, large] = (await readAll(journal)).records;
      expect({ ...first, payload: [...(first?.payload ?? [])] }).toEqual({
        ...sent,
        payload: [...sent.payload],
      });
      expect(empty?.payload.byteLength).toBe(0);
      expect(large?.payload.every((byte) => byte === 7)).toBe(true);
      expect(large?.payload.byteLength).toBe(64 * 1024);
    });

    it('keeps the order of appending within and between frames', async () => {
      await appendAll(journal, range(0, 5_000));
      await appendAll(journal, range(5_000, 10));
      const { records, seqs } = await readAll(journal);
      expect(numbers(records)).toEqual(range(0, 5_010));
      expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
      expect(await journal.head()).toBe(seqs.at(-1));
    });

    it('gathers what is appended together into few frames', async () => {
      await appendAll(journal, range(0, 1_000));
      expect((await journal.status()).frames).toBeLessThan(50);
    });

    it('reads after a frame, never that frame again', async () => {
      await appendAll(journal, [1]);
      const after = await journal.head();
      await appendAll(journal, [2]);
      expect(numbers((await readAll(journal, after)).records)).toEqual([2]);
    });

    it('stops reading at the frame that reaches the number of records asked for', async () => {
      for (const n of range(0, 5)) await journal.append(record(n));
      expect(await journal.read(0, { recordsMax: 2 })).toHaveLength(2);
      expect(await journal.read(0, { recordsMax: 1 })).toHaveLength(1);
    });

    it('wakes a waiting reader when something is appended', async () => {
      const reading = journal.read(0, { recordsMax: 10, waitMs: 60_000 });
      await journal.append(record(1));
      expect(numbers((await reading).flatMap((frame) => frame.records))).toEqual([1]);
    });

    it('answers a waiting reader with nothing when the time is up or it is told to stop', async () => {
      expect(await journal.read(0, { recordsMax: 1, waitMs: 20 })).toEqual([]);
      const stop = new AbortController();
      const reading = journal.read(0, { recordsMax: 1, waitMs: 60_000, signal: stop.signal });
      stop.abort();
      expect(await reading).toEqual([]);
    });

    it('has everything acknowledged after it was opened again, and goes on numbering', async () => {
      await appendAll(journal, range(0, 100));
      const head = await journal.head();
      await reopen();
      expect(await journal.head()).toBe(head);
      await appendAll(journal, [100]);
      expect(await journal.head()).toBeGreaterThan(head);
      expect(numbers((await readAll(journal)).records)).toEqual(range(0, 101));
    });

    it('commits what was appended before it was closed', async () => {
      const appends = Promise.all(range(0, 100).map((n) => journal.append(record(n))));
      await reopen();
      await appends;
      expect((await readAll(journal)).records).toHaveLength(100);
    });

    it('drops frames that are both old and read, and no other', async () => {
      for (const n of range(0, 5)) await journal.append(record(n));
      const { seqs } = await readAll(journal);
      const drop = (upTo: number, receivedBefore: number) => journal.trim({ upTo, receivedBefore });
      expect(await drop(seqs[4] ?? 0, record(2).receivedAt)).toBe(2);
      expect(await drop(seqs[2] ?? 0, record(100).receivedAt)).toBe(1);
      expect(numbers((await readAll(journal)).records)).toEqual([3, 4]);
      expect((await journal.status()).frames).toBe(2);
    });

    it('drops more than the old ones, oldest first, to keep to a size', async () => {
      const payload = Buffer.alloc(20_000);
      for (const n of range(0, 200)) await journal.append(record(n, { payload }));
      const { bytes } = await journal.status();
      const upTo = (await journal.head()) - 10;
      await journal.trim({ upTo, receivedBefore: 0, bytesTo: Math.floor(bytes / 2) });
      const status = await journal.status();
      expect(status.bytes).toBeLessThanOrEqual(bytes / 2);
      expect(status.frames).toBeGreaterThan(10);
      expect((await readAll(journal)).seqs.at(-1)).toBe(upTo + 10);
      await journal.trim({ upTo, receivedBefore: 0, bytesTo: 0 });
      expect((await journal.status()).frames).toBe(10);
    });

    it('never uses a number again, not even after it was emptied and opened again', async () => {
      await appendAll(journal, [1]);
      await appendAll(journal, [2]);
      const head = await journal.head();
      expect(await journal.trim({ upTo: head, receivedBefore: record(99).receivedAt })).toBe(2);
      expect(await journal.head()).toBe(head);
      await reopen();
      expect(await journal.head()).toBe(head);
      await appendAll(journal, [3]);
      expect(await journal.head()).toBeGreaterThan(head);
      expect(numbers((await readAll(journal, head)).records)).toEqual([3]);
    });

    it('refuses everything once it is closed, and ends the wait of a reader', async () => {
      const reading = journal.read(0, { recordsMax: 1, waitMs: 60_000 }).catch((error) => error);
      await journal.close();
      expect(await reading).toBeInstanceOf(JournalClosedError);
      await expect(journal.append(record(1))).rejects.toBeInstanceOf(JournalClosedError);
      await expect(journal.read(0, { recordsMax: 1 })).rejects.toBeInstanceOf(JournalClosedError);
    });
  });
}
