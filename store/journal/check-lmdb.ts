import * as lmdb from 'lmdb';
import { decodeFrame } from './frame-codec.ts';
import { LmdbPages, type Meta, PageFault, readTree, type Tree } from './lmdb-pages.ts';

const DEPTH_MAX = 32;
/** Exported, but not in lmdb's types (3.5.5). */
const { bufferToKeyValue } = lmdb as unknown as { bufferToKeyValue(bytes: Buffer): unknown };

/**
 * Whether LMDB can open a journal's file and read all of it: every page that it would reach is there, is the right one,
 * and holds what its tree says; every frame above `unreadFrom` can be decoded.
 * @returns the first fault in words, or null.
 * @throws when the file cannot be read at all.
 */
export function findFault(file: string, unreadFrom: number): string | null {
  const pages = new LmdbPages(file);
  try {
    const metas = pages.metas();
    const meta = metas[1].txn > metas[0].txn ? metas[1] : metas[0];
    if (meta.lastPage >= pages.count) {
      return `the file has ${pages.count} pages and should have ${meta.lastPage + 1}: it was cut off`;
    }
    new Walk(pages, meta).all(unreadFrom);
    return null;
  } catch (error) {
    if (error instanceof PageFault) return error.message;
    throw error;
  } finally {
    pages.close();
  }
}

class Walk {
  readonly #pages: LmdbPages;
  readonly #meta: Meta;
  readonly #seen: Uint8Array;

  constructor(pages: LmdbPages, meta: Meta) {
    this.#pages = pages;
    this.#meta = meta;
    this.#seen = new Uint8Array(meta.lastPage + 1);
  }

  all(unreadFrom: number): void {
    const trees = new Map<string, Tree>();
    this.#tree(this.#meta.main, 'main', (key, data, isTree) => {
      if (isTree && data.length >= 48) trees.set(String(keyOf(key)), readTree(data));
    });
    let newest = 0;
    this.#tree(trees.get('frames') ?? EMPTY, 'frames', (key, data) => {
      const [seq, receivedAt] = frameKey(key) ?? [0, 0];
      if (seq <= newest) throw new PageFault(`frame ${seq} follows ${newest}`);
      newest = seq;
      if (seq > unreadFrom && !isFrame(data, receivedAt))
        throw new PageFault(`frame ${seq} cannot be decoded`);
    });
    this.#tree(trees.get('meta') ?? EMPTY, 'meta', () => {});
    this.#tree(this.#meta.free, 'free', (key, data) => this.#free(key, data));
  }

  /** A list of pages that may be written over: none that is in use may be on it. */
  #free(key: Buffer, data: Buffer): void {
    if (key.length !== 8 || data.length % 8 !== 0 || data.length === 0)
      throw new PageFault('a free list is garbage');
    const length = Number(data.readBigUInt64LE(0));
    if (length > data.length / 8 - 1) throw new PageFault('a free list is longer than its page');
    for (let n = 1; n <= length; n++) {
      // A negative number is the length of the block that follows it.
      const page = data.readBigInt64LE(n * 8);
      if (page > BigInt(this.#meta.lastPage) || -page > BigInt(this.#meta.lastPage)) {
        throw new PageFault(`a free list names page ${page}`);
      }
      if (page > 1n && this.#seen[Number(page)])
        throw new PageFault(`page ${page} is in use and on a free list`);
    }
  }

  #tree(tree: Tree, name: string, visit: (key: Buffer, data: Buffer, isTree: boolean) => void): void {
    let entries = 0;
    const walk = (number: number, depth: number): void => {
      this.#see(number, 1);
      const page = this.#pages.page(number);
      if (page.txn > this.#meta.txn) throw new PageFault(`page ${number} is newer than the file`);
      if (page.kind !== (depth === 1 ? 'leaf' : 'branch'))
        throw new PageFault(`page ${number} is of another kind`);
      if (depth > 1) {
        const children = this.#pages.children(page);
        if (children.length === 0) throw new PageFault(`page ${number} leads nowhere`);
        for (const child of children) walk(child, depth - 1);
        return;
      }
      for (const { key, data, isTree } of this.#pages.leaves(page, (first, count) =>
        this.#see(first, count),
      )) {
        if (!data) throw new PageFault(`page ${number} has a value whose pages are another's`);
        entries++;
        visit(key, data, isTree);
      }
    };
    if (tree.depth > DEPTH_MAX) throw new PageFault(`the tree ${name} is ${tree.depth} deep`);
    if (tree.root !== null) walk(tree.root, tree.depth);
    if (entries !== tree.entries) {
      throw new PageFault(`the tree ${name} has ${entries} entries and should have ${tree.entries}`);
    }
  }

  /** Marks pages as in use: each may be reached once. */
  #see(first: number, count: number): void {
    for (let page = first; page < first + count; page++) {
      if (page < 2 || page > this.#meta.lastPage) throw new PageFault(`page ${page} is not in the file`);
      if (this.#seen[page]) throw new PageFault(`page ${page} is reached twice`);
      this.#seen[page] = 1;
    }
  }
}

const EMPTY: Tree = { depth: 0, entries: 0, root: null };

/** As lmdb-js writes keys; undefined for garbage. */
export function keyOf(key: Buffer): unknown {
  try {
    return bufferToKeyValue(Buffer.from(key));
  } catch {
    return undefined;
  }
}

export function frameKey(key: Buffer): [seq: number, receivedAt: number] | null {
  const value = keyOf(key);
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [seq, receivedAt] = value as unknown[];
  return Number.isSafeInteger(seq) && Number(seq) > 0 && typeof receivedAt === 'number'
    ? [Number(seq), receivedAt]
    : null;
}

/** Whether the bytes are a frame, and the one that its key says it is. */
export function isFrame(bytes: Buffer, receivedAt: number): boolean {
  try {
    const records = decodeFrame(bytes);
    const newest = records.reduce((max, record) => Math.max(max, record.receivedAt), 0);
    return (
      (records.length === 0 || newest === receivedAt) &&
      records.every(
        ({ site, device, kind, payload }) =>
          typeof site === 'string' &&
          typeof device === 'string' &&
          typeof kind === 'string' &&
          payload instanceof Uint8Array,
      )
    );
  } catch {
    return false;
  }
}
