import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A file system of 48 MB in memory that can be filled up to the last byte. */
export interface SmallDisk {
  readonly fill: () => void;
  readonly empty: () => void;
  unmount(): void;
}

const CHUNK = Buffer.alloc(256 * 1024);
const SMALLEST = 512;

/** Null where it cannot be mounted: that takes root. */
export function mountSmallDisk(dir: string): SmallDisk | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return null;
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', dir]).status !== 0) return null;
  const ballast = join(dir, 'ballast');
  return {
    fill() {
      const file = openSync(ballast, 'w');
      for (let bytes = CHUNK.length; bytes >= SMALLEST; ) {
        try {
          writeSync(file, CHUNK, 0, bytes);
        } catch {
          bytes >>= 1;
        }
      }
      closeSync(file);
    },
    empty: () => rmSync(ballast, { force: true }),
    unmount() {
      // Lazily, in case something still has a file open there.
      spawnSync('umount', ['-l', dir]);
    },
  };
}
