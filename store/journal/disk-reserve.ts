import { constants, statSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import type { RootDatabase } from 'lmdb';
import { JournalFullError } from './port.ts';

/** The kernel puts each append at the end of the file, whichever process wrote there last; none creates the file. */
const APPEND = constants.O_WRONLY | constants.O_APPEND;
/** Behind the last page, as long as the disk gives it: a commit that finds no free pages that fit together takes of it. */
const RESERVE_BYTES = 1024 * 1024;
/** What the trees and the list of free pages may take in one commit, beside its values. */
const TREES_BYTES = 128 * 1024;
/** The file grows by this much at once. */
const STEP_BYTES = 1024 * 1024;

/**
 * Zeros behind the last page of a journal's file. LMDB writes the pages that a commit adds over them, on blocks that
 * the disk has given already, so that a full disk refuses zeros and never a page: lmdb-js 3.5 writes beyond a buffer
 * of its own when a page is refused (`last_error` in mdb.c, mdb_page_flush), which ends the process sooner or later.
 */
export class DiskReserve {
  readonly #root: RootDatabase;
  readonly #file: string;
  /** As seen last; it never shrinks. */
  #fileBytes = 0;

  /** @param file that `root` keeps its pages in. */
  constructor(root: RootDatabase, file: string) {
    this.#root = root;
    this.#file = file;
  }

  /**
   * Before each commit.
   * @param bytes of the values that it adds, 0 when it removes.
   * @param used bytes of the pages in use: what the file has beyond them is free.
   * @throws JournalFullError when the disk gives no more room and free pages do not make up for it.
   */
  async take(bytes: number, used: number): Promise<void> {
    const { lastPageNumber, pageSize } = this.#root.getStats() as {
      lastPageNumber: number;
      pageSize: number;
    };
    const end = (lastPageNumber + 1) * pageSize;
    const ahead = await this.#ahead(end, bytes + RESERVE_BYTES);
    if (ahead >= bytes + RESERVE_BYTES) return;
    const isGrowing = bytes > 0 && end - used < bytes + RESERVE_BYTES;
    if (isGrowing || ahead < bytes + TREES_BYTES) {
      throw new JournalFullError(`the disk has no more room for ${this.#file}`);
    }
  }

  async #ahead(end: number, wanted: number): Promise<number> {
    const missing = (): number => end + wanted - this.#fileBytes;
    if (missing() > 0) this.#fileBytes = statSync(this.#file).size;
    if (missing() > 0) {
      const zeros = Buffer.alloc(Math.max(STEP_BYTES, missing()));
      // A disk that is full takes some of them, and says so.
      await appendFile(this.#file, zeros, { flag: APPEND }).catch(() => {});
      this.#fileBytes = statSync(this.#file).size;
    }
    return this.#fileBytes - end;
  }
}
