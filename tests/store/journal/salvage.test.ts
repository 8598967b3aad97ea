import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLmdbJournal } from '../../../store/journal/lmdb.ts';
import type { JournalRecord } from '../../../store/journal/port.ts';
import { describeSalvages, markClosed, mendJournal } from '../../../store/journal/salvage.ts';
import { numbers, readAll } from './contract.ts';
import { pagesEnd } from './pages-end.ts';
import { record } from './record.ts';

const BYTES_MAX = 50e6;
const NOW = Date.UTC(2026, 9, 31, 2);
const root = mkdtempSync(join(tmpdir(), 'stallgrid-salvage-'));
const sound = join(root, 'sound');
const PAGE = 4_096;
let id = '';
let head = 0;
let size = 0;

/** A journal with what a real one has: frames of every size, and pages that trimming freed and others took. */
beforeAll(async () => {
  const journal = await openLmdbJournal({ dir: sound, bytesMax: BYTES_MAX });
  id = await journal.id();
  const append = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) {
      const text = JSON.stringify({ n, filler: 'x'.repeat(n % 7 === 0 ? 9_000 : n % 50) });
      await journal.append(record(n, { payload: Buffer.from(text) }));
    }
  };
  await append(0, 300);
  await journal.trim({ upTo: 100, receivedBefore: Number.MAX_SAFE_INTEGER });
  await append(300, 600);
  head = await journal.head();
  await journal.close();
  size = pagesEnd(join(sound, 'data.mdb'));
}, 60_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

let copies = 0;
function copyOfSound(): string {
  const dir = join(root, `case-${copies++}`, 'journal');
  cpSync(sound, dir, { recursive: true });
  return dir;
}

function overwrite(dir: string, at: number, bytes: Buffer): void {
  const fd = openSync(join(dir, 'data.mdb'), 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

const mend = (dir: string, cursor = { id: id as string | null, seq: 0 }) =>
  mendJournal({ dir, bytesMax: BYTES_MAX, cursor, now: NOW });

async function read(dir: string) {
  const journal = await openLmdbJournal({ dir, bytesMax: BYTES_MAX });
  try {
    const { seqs, records } = await readAll(journal);
    return {
      id: await journal.id(),
      head: await journal.head(),
      seqs,
      numbers: records.flatMap(numberOf),
      records: records.length,
    };
  } finally {
    await journal.close();
  }
}

/** Frames have no checksum: a payload may have changed on the disk, and is a dead letter later. */
function numberOf(one: JournalRecord): number[] {
  try {
    return numbers([one]);
  } catch {
    return [];
  }
}

describe('a journal whose file', () => {
  it('is sound is left alone, also after a kill, and its lock file may be missing', async () => {
    const dir = copyOfSound();
    rmSync(join(dir, 'lock.mdb'), { force: true });
    expect(await mend(dir)).toBeNull();
    expect((await read(dir)).numbers).toHaveLength(500);
    expect(describeSalvages(dir)).toEqual([]);
  });

  it('was closed in good order is not looked through again, unless it has changed since', async () => {
    const dir = copyOfSound();
    markClosed(dir);
    expect(await mend(dir)).toBeNull();
    markClosed(dir);
    truncateSync(join(dir, 'data.mdb'), size / 2);
    expect(await mend(dir)).not.toBeNull();
  });

  it('was cut off at its end loses what was there, says which, and goes on above what the tables know', async () => {
    const dir = copyOfSound();
    truncateSync(join(dir, 'data.mdb'), Math.floor((size * 0.9) / PAGE) * PAGE);
    const report = await mend(dir, { id, seq: head });
    expect(report?.fault).toMatch(/was cut off/);
    expect(report?.frames).toBeGreaterThan(200);
    expect(report?.frames).toBeLessThan(500);
    // By the newest count that can be read: that may be one of some frames ago.
    expect((report?.frames ?? 0) + (report?.missing ?? 0)).toBeGreaterThan(490);
    // All of it was stored already.
    expect(report?.lost).toEqual([]);
    const after = await read(dir);
    expect(after.id).toBe(id);
    expect(after.head).toBe(head);
    const journal = await openLmdbJournal({ dir, bytesMax: BYTES_MAX });
    await journal.append(record(600));
    expect(numbers((await readAll(journal, head)).records)).toEqual([600]);
    await journal.close();
  });

  it('lost a page in its middle says which frames nobody has stored', async () => {
    const dir = copyOfSound();
    const whole = await read(dir);
    // A page of small frames that are newer than the cursor: found by what it holds.
    const data = readFileSync(join(dir, 'data.mdb'));
    const at = Math.floor(data.lastIndexOf('{"n":500,') / PAGE) * PAGE;
    overwrite(dir, at, Buffer.alloc(PAGE));
    const report = await mend(dir, { id, seq: 150 });
    expect(report?.lost.length).toBeGreaterThan(0);
    const after = await read(dir);
    const missing = whole.seqs.filter((seq) => !after.seqs.includes(seq));
    expect(missing.length).toBeGreaterThan(0);
    const lost = report?.lost.flatMap(({ from, to }) =>
      Array.from({ length: to - from + 1 }, (_, i) => from + i),
    );
    expect(lost).toEqual(missing.filter((seq) => seq > 150));
    expect(report?.lost[0]?.after).toBeLessThan(report?.lost[0]?.before ?? 0);
    // Nothing was deleted.
    expect(existsSync(join(report?.movedTo ?? '', 'data.mdb'))).toBe(true);
    expect(describeSalvages(dir)).toHaveLength(1);
  });

  it.each([
    ['empty', 0],
    ['shorter than a page', 1_000],
    ['only its meta pages', 2 * PAGE],
  ])('is %s becomes a new journal whose numbers go on', async (_, length) => {
    const dir = copyOfSound();
    truncateSync(join(dir, 'data.mdb'), length);
    const report = await mend(dir, { id, seq: 400 });
    expect(report).toMatchObject({ frames: 0, newest: null });
    expect(await read(dir)).toMatchObject({ id, head: 400, seqs: [] });
  });

  it('has garbage for meta pages gives back every frame', async () => {
    const dir = copyOfSound();
    overwrite(dir, 0, Buffer.alloc(2 * PAGE, 0xa5));
    const report = await mend(dir);
    expect(report).toMatchObject({ frames: 500, lost: [] });
    expect((await read(dir)).numbers).toEqual(Array.from({ length: 500 }, (_, i) => 100 + i));
  });

  it('was being mended when the process died is mended at the next start', async () => {
    const dir = copyOfSound();
    truncateSync(join(dir, 'data.mdb'), size / 2);
    const report = await mend(dir);
    // As if it had died between moving the old one away and moving the new one in.
    cpSync(dir, `${dir}.mended`, { recursive: true });
    rmSync(dir, { recursive: true });
    expect(await mend(dir)).toBeNull();
    expect((await read(dir)).numbers).toHaveLength(report?.messages ?? -1);
  });

  it('is damaged anywhere opens, never crashes, and gives back no frame twice', async () => {
    const damage = fc.record({
      at: fc.nat({ max: size - 1 }),
      length: fc.constantFrom(1, 8, 100, PAGE, 5 * PAGE),
      fill: fc.constantFrom(0, 0xff, 0x5a, null),
      cutAt: fc.option(fc.nat({ max: size }), { freq: 4 }),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, length, fill, cutAt, seed }) => {
        const dir = copyOfSound();
        const bytes = fill === null ? noise(length, seed) : Buffer.alloc(length, fill);
        overwrite(dir, at, bytes.subarray(0, size - at));
        if (cutAt !== null) truncateSync(join(dir, 'data.mdb'), cutAt);
        const report = await mend(dir, { id, seq: 100 });
        const after = await read(dir);
        expect(new Set(after.seqs).size).toBe(after.seqs.length);
        expect(after.seqs).toEqual([...after.seqs].sort((a, b) => a - b));
        if (!report) expect(after.records).toBe(500);
        else expect(after.records).toBe(report.messages);
        rmSync(join(dir, '..'), { recursive: true });
      }),
      { numRuns: 120 },
    );
  }, 120_000);
});

/** The same bytes for the same seed. */
function noise(length: number, seed: number): Buffer {
  let state = seed + 1;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    }),
  );
}
