import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { DiskReserve } from './disk-reserve.ts';
import { FRAME_BYTES_MAX } from './frame-writer.ts';

/** In a journal's folder. */
export const DATA_FILE = 'data.mdb';

/** `[seq, when the newest record was received]`: trimming reads keys alone. */
export type FrameKey = [seq: number, receivedAt: number];

export interface LmdbEnvironment {
  readonly root: RootDatabase;
  readonly frames: Database<Buffer, FrameKey>;
  /** `seq`: the newest frame that trimming dropped, so that an emptied journal does not start over. `id`: its name. */
  readonly meta: Database<number | string | Buffer, string>;
  /** To be asked before each commit. */
  readonly reserve: DiskReserve;
}

export interface LmdbOptions {
  readonly dir: string;
  /** Pages in use, in bytes; the file does not shrink, it reuses what trimming freed. */
  readonly bytesMax: number;
}

/**
 * `overlappingSync` is off, so that a commit is durable when it is visible: LMDB syncs the pages, then writes
 * the meta page through an O_DSYNC descriptor (mdb.c, mdb_txn_commit and mdb_env_write_meta), and lmdb-js
 * resolves after that. It is as fast as with it (1,500–2,000 commits/s), since one frame is in flight at a time.
 * @throws JournalFullError when the disk has no room for a new one; one that is there can be read and trimmed.
 */
export async function openEnvironment({ dir, bytesMax }: LmdbOptions): Promise<LmdbEnvironment> {
  const root = open({
    path: dir,
    // Else a folder with a dot in its name would be taken for a file.
    noSubdir: false,
    overlappingSync: false,
    // On, lmdb-js makes a promise of its own for each batch and leaves its rejection unhandled (3.5.5).
    eventTurnBatching: false,
    mapSize: bytesMax + FRAME_BYTES_MAX * 8,
    maxDbs: 2,
  });
  const reserve = new DiskReserve(root, join(dir, DATA_FILE));
  const isNew = (root.getStats() as { entryCount: number }).entryCount === 0;
  if (isNew) {
    await reserve.take(0, 0).catch(async (error) => {
      await root.close();
      throw error;
    });
  }
  return {
    root,
    reserve,
    frames: root.openDB({ name: 'frames', encoding: 'binary' }),
    meta: root.openDB({ name: 'meta' }),
  };
}
