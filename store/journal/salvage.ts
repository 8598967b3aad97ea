import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Unpackr } from 'msgpackr';
import { buildLmdbJournal } from './build-lmdb.ts';
import { findFault, frameKey, isFrame, keyOf } from './check-lmdb.ts';
import { decodeFrame } from './frame-codec.ts';
import { DATA_FILE, openEnvironment } from './lmdb-environment.ts';
import { LmdbPages, PageFault, readTree } from './lmdb-pages.ts';

/** Beside the data while nobody has it open: its size and time of change when it was closed in good order. */
const CLOSED = 'closed.json';
export const REPORT = 'report.json';
const GAPS_MAX = 100;

export interface FrameGap {
  readonly from: number;
  readonly to: number;
  /** Epoch milliseconds: when the newest record before it, and after it, was received. */
  readonly after: number | null;
  readonly before: number | null;
}

export interface SalvageReport {
  readonly at: string;
  /** What was wrong with the file, in words. */
  readonly fault: string;
  /** Where the damaged file is now; it is never deleted. */
  readonly movedTo: string;
  readonly frames: number;
  readonly messages: number;
  readonly first: number | null;
  readonly newest: number | null;
  /**
   * Frames that were in the file by its own newest count that could be read, and are not in the new journal. Null: there
   * was none, and newer frames than the newest may be lost.
   */
  readonly missing: number | null;
  /** Of the frames that are not there, those that ingest had not stored yet: their messages are lost. At most 100. */
  readonly lost: readonly FrameGap[];
}

export interface MendOptions {
  /** The journal's folder. */
  readonly dir: string;
  readonly bytesMax: number;
  /** Ingest's cursor: the journal it is of, and the last frame that is stored. */
  readonly cursor: { readonly id: string | null; readonly seq: number };
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Called before a journal is opened, by the one process that appends to it. A file that LMDB could not read (cut off,
 * overwritten) is moved aside, and what can be read of it becomes a new journal of the same name whose frames keep
 * their numbers: ingest goes on where it was.
 * @returns what was found and lost, or null for a sound journal.
 */
export async function mendJournal(options: MendOptions): Promise<SalvageReport | null> {
  const { dir, cursor } = options;
  const mended = `${dir}.mended`;
  // A salvage ended between its two last steps.
  if (!existsSync(dir) && existsSync(join(mended, REPORT))) renameSync(mended, dir);
  const data = join(dir, DATA_FILE);
  if (!existsSync(data)) return null;
  const fault = wasClosed(dir) ? null : findFault(data, cursor.seq);
  rmSync(join(dir, CLOSED), { force: true });
  return fault === null ? null : salvage(options, fault, mended);
}

function wasClosed(dir: string): boolean {
  try {
    return readFileSync(join(dir, CLOSED), 'utf8') === stateOf(dir);
  } catch {
    return false;
  }
}

/** After a journal was closed in good order: the next start need not look through all of it. */
export function markClosed(dir: string): void {
  writeFileSync(join(dir, CLOSED), stateOf(dir));
}

function stateOf(dir: string): string {
  const { size, mtimeMs } = statSync(join(dir, DATA_FILE));
  return JSON.stringify({ size, mtimeMs });
}

/** Salvages whose damaged folder nobody has taken away: each in a sentence. */
export function describeSalvages(dir: string): string[] {
  const parent = dirname(dir);
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => name.startsWith(`${basename(dir)}.damaged-`) && existsSync(join(parent, name, REPORT)))
    .map((name) => `the journal was damaged; what could be read was kept: see ${join(parent, name, REPORT)}`);
}

async function salvage(options: MendOptions, fault: string, mended: string): Promise<SalvageReport> {
  const { dir, bytesMax, cursor, now } = options;
  const stamp = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  const movedTo = `${dir}.damaged-${stamp}`;
  rmSync(mended, { recursive: true, force: true });
  const expected = await copyFrames(join(dir, DATA_FILE), { dir: mended, bytesMax, cursor });
  const stock = await takeStock(mended, bytesMax, cursor.seq);
  const missing = expected === null ? null : Math.max(0, expected - stock.frames);
  const report: SalvageReport = { at: new Date(now).toISOString(), fault, movedTo, missing, ...stock };
  const text = JSON.stringify(report, null, 2);
  writeFileSync(join(mended, REPORT), text);
  writeFileSync(join(dir, REPORT), text);
  renameSync(dir, movedTo);
  renameSync(mended, dir);
  return report;
}

type Stock = Pick<SalvageReport, 'frames' | 'messages' | 'first' | 'newest' | 'lost'>;

/**
 * Looks at every page, whatever the trees say, and takes what proves to be a frame.
 * @returns how many frames the file should have had, where that can be read.
 */
async function copyFrames(file: string, target: Omit<MendOptions, 'now'>): Promise<number | null> {
  const pages = new LmdbPages(file);
  const known: Known = { frames: null, id: null, trimmed: 0, txn: new Map() };
  try {
    // First what the journal says of itself: its name, what was dropped, how many frames there are.
    for (const { nodes, txn } of leafPages(pages)) for (const node of nodes) learn(known, node, txn);
    const id = known.id ?? target.cursor.id ?? randomUUID();
    const journal = await buildLmdbJournal({ dir: target.dir, bytesMax: target.bytesMax, id });
    let newest = 0;
    try {
      for (const { nodes } of leafPages(pages)) {
        for (const { key, data } of nodes) {
          const frame = frameKey(key);
          // Pages that are free again still hold old frames, the same or ones that were dropped.
          if (!frame || frame[0] <= known.trimmed || !data || !isFrame(data, frame[1])) continue;
          await journal.add(frame[0], data);
          newest = Math.max(newest, frame[0]);
        }
      }
      // Numbers go on above all that the tables have seen of this journal.
      const isOwn = target.cursor.id === null || target.cursor.id === id;
      await journal.finish(Math.max(newest, known.trimmed, isOwn ? target.cursor.seq : 0));
    } finally {
      await journal.close();
    }
    return known.frames;
  } finally {
    pages.close();
  }
}

interface Known {
  frames: number | null;
  id: string | null;
  trimmed: number;
  /** The transaction that each of these was written by: the newest counts. */
  readonly txn: Map<string, number>;
}

const unpackr = new Unpackr();

function learn(known: Known, { key, data, isTree }: Leaf, txn: number): void {
  const name = keyOf(key);
  if (typeof name !== 'string' || !data) return;
  const what = name.replace(/\0$/, '');
  if (!['frames', 'id', 'seq'].includes(what) || (known.txn.get(what) ?? -1) > txn) return;
  if (what === 'frames') {
    if (!isTree || data.length < 48) return;
    known.frames = readTree(data).entries;
  } else {
    const value = unpacked(data);
    if (what === 'id' && typeof value === 'string' && /^[\w-]{8,64}$/.test(value)) known.id = value;
    else if (what === 'seq' && Number.isSafeInteger(value)) known.trimmed = Number(value);
    else return;
  }
  known.txn.set(what, txn);
}

function unpacked(data: Buffer): unknown {
  try {
    return unpackr.unpack(data);
  } catch {
    return undefined;
  }
}

interface Leaf {
  readonly key: Buffer;
  readonly data: Buffer | undefined;
  readonly isTree: boolean;
}

/** Pages that are whole leaves, and of them the nodes up to the first that does not lie within its page. */
function* leafPages(pages: LmdbPages): Generator<{ readonly nodes: Leaf[]; readonly txn: number }> {
  for (let number = 2; number < pages.count; number++) {
    const nodes: Leaf[] = [];
    let txn = 0;
    try {
      const page = pages.page(number);
      if (page.kind !== 'leaf') continue;
      txn = page.txn;
      for (const node of pages.leaves(page)) nodes.push(node);
    } catch (error) {
      if (!(error instanceof PageFault)) throw error;
    }
    if (nodes.length > 0) yield { nodes, txn };
  }
}

/** What the new journal has, and what is missing between its frames above what ingest has stored. */
async function takeStock(dir: string, bytesMax: number, stored: number): Promise<Stock> {
  const { root, frames } = await openEnvironment({ dir, bytesMax });
  const lost: FrameGap[] = [];
  let first: number | null = null;
  let [newest, at]: [number | null, number | null] = [null, null];
  let [count, messages] = [0, 0];
  try {
    for (const { key, value } of frames.getRange()) {
      const [seq, receivedAt] = key;
      const { length } = decodeFrame(value);
      if (length === 0) continue;
      count++;
      messages += length;
      first ??= seq;
      const from = Math.max(newest ?? seq - 1, stored) + 1;
      if (from < seq && lost.length < GAPS_MAX)
        lost.push({ from, to: seq - 1, after: at, before: receivedAt });
      [newest, at] = [seq, receivedAt];
    }
    return { frames: count, messages, first, newest, lost };
  } finally {
    await root.close();
  }
}
