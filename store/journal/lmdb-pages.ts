import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * LMDB's file, read without LMDB (which maps it into memory, where a page that is not there ends the process). The
 * layout is that of lmdb 3.5.5: mdb.c, MDB_page_header, MDB_node, MDB_db, MDB_meta, MDB_ovpage, data version 2. Every
 * page says its own number and the transaction that wrote it.
 */
const HEADER_BYTES = 24;
const NODE_BYTES = 8;
const DB_BYTES = 48;
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const NO_PAGE = (1n << 64n) - 1n;
const [BRANCH, LEAF, OVERFLOW, META] = [1, 2, 4, 8];
const [BIG_DATA, SUB_DATABASE] = [1, 2];

export interface Tree {
  readonly depth: number;
  readonly entries: number;
  /** Null: it is empty. */
  readonly root: number | null;
}

export interface Meta {
  readonly txn: number;
  readonly lastPage: number;
  readonly free: Tree;
  readonly main: Tree;
}

export interface Page {
  readonly number: number;
  readonly txn: number;
  readonly kind: 'branch' | 'leaf' | 'other';
  readonly bytes: Buffer;
}

export interface LeafNode {
  readonly key: Buffer;
  readonly isTree: boolean;
  /** Undefined where it is on pages of its own that do not hold it (any more). */
  readonly data: Buffer | undefined;
}

/** A page is not what it should be; the text says which and why. */
export class PageFault extends Error {
  override readonly name = 'PageFault';
}

export class LmdbPages {
  readonly pageSize: number;
  /** Whole pages in the file. */
  readonly count: number;
  readonly #fd: number;

  /** @throws when the file cannot be read. */
  constructor(file: string) {
    this.#fd = openSync(file, 'r');
    const { size } = fstatSync(this.#fd);
    this.pageSize = this.#findPageSize();
    this.count = Math.floor(size / this.pageSize);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** From either meta page; else the one that LMDB takes on nearly every machine. */
  #findPageSize(): number {
    for (const at of [0, 4_096, 16_384, 65_536]) {
      const head = this.#read(at, HEADER_BYTES + 32);
      if (head.length < HEADER_BYTES + 32 || head.readUInt32LE(HEADER_BYTES) !== MAGIC) continue;
      const size = head.readUInt32LE(HEADER_BYTES + 24);
      if ([4_096, 8_192, 16_384, 32_768, 65_536].includes(size)) return size;
    }
    return 4_096;
  }

  #read(at: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(this.#fd, bytes, 0, length, at));
  }

  /** @throws PageFault unless both meta pages are what LMDB asks for. */
  metas(): [Meta, Meta] {
    const read = (index: number): Meta => {
      const bytes = this.#read(index * this.pageSize, HEADER_BYTES + 136);
      if (bytes.length < HEADER_BYTES + 136) throw new PageFault(`the file ends before meta page ${index}`);
      const meta = bytes.subarray(HEADER_BYTES);
      const isMeta = (bytes.readUInt16LE(18) & META) !== 0;
      if (!isMeta || meta.readUInt32LE(0) !== MAGIC || (meta.readUInt32LE(4) & 0xffff) !== DATA_VERSION) {
        throw new PageFault(`meta page ${index} is none`);
      }
      if (meta.readUInt32LE(24) !== this.pageSize)
        throw new PageFault(`meta page ${index} is of another page size`);
      return {
        free: readTree(meta.subarray(24)),
        main: readTree(meta.subarray(24 + DB_BYTES)),
        lastPage: toNumber(meta.readBigUInt64LE(120)),
        txn: toNumber(meta.readBigUInt64LE(128)),
      };
    };
    return [read(0), read(1)];
  }

  /** @throws PageFault when it is not in the file or says another number. */
  page(number: number): Page {
    const bytes = this.#read(number * this.pageSize, this.pageSize);
    if (bytes.length < this.pageSize) throw new PageFault(`page ${number} is beyond the end of the file`);
    if (bytes.readBigUInt64LE(0) !== BigInt(number))
      throw new PageFault(`page ${number} is another or garbage`);
    const flags = bytes.readUInt16LE(18) & (BRANCH | LEAF | OVERFLOW | META);
    const kind = flags === BRANCH ? 'branch' : flags === LEAF ? 'leaf' : 'other';
    return { number, txn: toNumber(bytes.readBigUInt64LE(8)), kind, bytes };
  }

  /** @throws PageFault when its nodes do not lie within it. */
  *#nodes({ number, bytes }: Page): Generator<Buffer> {
    const [lower, upper] = [bytes.readUInt16LE(20), bytes.readUInt16LE(22)];
    const room = this.pageSize - HEADER_BYTES;
    if (lower % 2 !== 0 || lower > upper || upper > room)
      throw new PageFault(`page ${number} has wrong bounds`);
    for (let at = HEADER_BYTES; at < HEADER_BYTES + lower; at += 2) {
      const offset = bytes.readUInt16LE(at);
      if (offset < upper || offset + NODE_BYTES > room)
        throw new PageFault(`page ${number} has a node outside it`);
      const node = bytes.subarray(HEADER_BYTES + offset);
      if (NODE_BYTES + node.readUInt16LE(6) > node.length) {
        throw new PageFault(`page ${number} has a key outside it`);
      }
      yield node;
    }
  }

  children(page: Page): number[] {
    return [...this.#nodes(page)].map((node) => node.readUIntLE(0, 6));
  }

  /** @throws PageFault, also where a value on pages of its own is not there. */
  *leaves(page: Page, onOwnPages: (page: number, pages: number) => void = () => {}): Generator<LeafNode> {
    for (const node of this.#nodes(page)) {
      const size = node.readUInt32LE(0);
      const flags = node.readUInt16LE(4);
      const keyEnd = NODE_BYTES + node.readUInt16LE(6);
      const isBig = (flags & BIG_DATA) !== 0;
      const end = keyEnd + (isBig ? 24 : size);
      if (end > node.length) throw new PageFault(`page ${page.number} has a value outside it`);
      const data = node.subarray(keyEnd, end);
      const key = node.subarray(NODE_BYTES, keyEnd);
      const isTree = (flags & SUB_DATABASE) !== 0;
      yield { key, isTree, data: isBig ? this.#ownPages(data, size, onOwnPages) : data };
    }
  }

  /** The value that lies on pages of its own; undefined when they hold another one by now. */
  #ownPages(
    pointer: Buffer,
    size: number,
    onOwnPages: (page: number, pages: number) => void,
  ): Buffer | undefined {
    const first = toNumber(pointer.readBigUInt64LE(0));
    const pages = toNumber(pointer.readBigUInt64LE(16));
    const needed = Math.floor((HEADER_BYTES - 1 + size) / this.pageSize) + 1;
    if (first < 2 || pages < needed || first + pages > this.count) return undefined;
    const head = this.#read(first * this.pageSize, HEADER_BYTES);
    const isSame =
      head.readBigUInt64LE(0) === BigInt(first) &&
      head.readBigUInt64LE(8) === pointer.readBigUInt64LE(8) &&
      (head.readUInt16LE(18) & OVERFLOW) !== 0;
    if (!isSame) return undefined;
    onOwnPages(first, pages);
    return this.#read(first * this.pageSize + HEADER_BYTES, size);
  }
}

export function readTree(bytes: Buffer): Tree {
  const root = bytes.readBigUInt64LE(40);
  return {
    depth: bytes.readUInt16LE(6),
    entries: toNumber(bytes.readBigUInt64LE(32)),
    root: root === NO_PAGE ? null : toNumber(root),
  };
}

/** What is beyond 2^53 is garbage, and stays larger than anything real. */
const toNumber = (value: bigint): number => Number(value);
