import { type Database, open, type RootDatabase } from 'lmdb';
import { FRAME_BYTES_MAX } from './frame-writer.ts';

/** `[seq, when the newest record was received]`: trimming reads keys alone. */
export type FrameKey = [seq: number, receivedAt: number];

export interface LmdbEnvironment {
  readonly root: RootDatabase;
  readonly frames: Database<Buffer, FrameKey>;
  /** `seq`: the newest frame that trimming dropped, so that an emptied journal does not start over. `id`: its name. */
  readonly meta: Database<number | string | Buffer, string>;
}

/**
 * `overlappingSync` is off, so that a commit is durable when it is visible: LMDB syncs the pages, then writes
 * the meta page through an O_DSYNC descriptor (mdb.c, mdb_txn_commit and mdb_env_write_meta), and lmdb-js
 * resolves after that. It is as fast as with it (1,500–2,000 commits/s), since one frame is in flight at a time.
 */
export function openEnvironment({ dir, bytesMax }: { dir: string; bytesMax: number }): LmdbEnvironment {
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
  return {
    root,
    frames: root.openDB({ name: 'frames', encoding: 'binary' }),
    meta: root.openDB({ name: 'meta' }),
  };
}
