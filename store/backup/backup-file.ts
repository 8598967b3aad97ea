import { createHash } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { pack } from 'tar-stream';
import type { BackupManifest, SectionSum } from '../../contracts/backup.ts';

const compress = promisify(gzip);
/** Bytes of a part before it is compressed; of two parts' size is what a back-up keeps in memory. */
export const PART_BYTES = 4 * 1024 * 1024;
export const MANIFEST = 'manifest.json';
export const MANIFEST_SUM = 'manifest.sha256';

/** The file is there already: a back-up never writes over another. */
export class BackupExistsError extends Error {
  override readonly name = 'BackupExistsError';
}

export interface BackupFile {
  /** Writes a section as parts, each a gzip file; all of them one after the other are one gzip file again. */
  section(name: string, bytes: AsyncIterable<Uint8Array>): Promise<SectionSum>;
  /** Makes the file whole: its manifest, flushed to the disk, and only then its name. */
  finish(manifest: BackupManifest): Promise<void>;
  /** Removes what there is of it. */
  abandon(): Promise<void>;
}

/**
 * A tar file under another name (`.part`) until it is whole. Only its owner may read it: it holds names and secrets.
 * @throws BackupExistsError
 */
export function createBackupFile(file: string, signal?: AbortSignal): BackupFile {
  if (existsSync(file)) throw new BackupExistsError(`${file} exists already: name another file`);
  const unfinished = `${file}.part`;
  const tar = pack();
  const sink = createWriteStream(unfinished, { flags: 'w', mode: 0o600, flush: true });
  let failure: Error | undefined;
  const written = pipeline(tar, sink, signal ? { signal } : {}).catch((error: Error) => {
    failure = error;
  });

  async function entry(name: string, bytes: Uint8Array): Promise<void> {
    if (failure) throw failure;
    await new Promise<void>((resolve, reject) => {
      const one = tar.entry({ name, size: bytes.length, mode: 0o600 }, (error) =>
        error ? reject(failure ?? error) : resolve(),
      );
      one.end(bytes);
      // An entry that is waited for says nothing when the file below it fails.
      void written.then(() => reject(failure ?? new Error('the back-up was closed')));
    });
  }

  return {
    async section(name, chunks) {
      const hash = createHash('sha256');
      let bytes = 0;
      let parts = 0;
      let pending: Uint8Array[] = [];
      let pendingBytes = 0;
      const flush = async (): Promise<void> => {
        const part = Buffer.concat(pending);
        pending = [];
        pendingBytes = 0;
        parts++;
        await entry(`${name}/${String(parts).padStart(6, '0')}.gz`, await compress(part, { level: 3 }));
      };
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        pending.push(chunk);
        pendingBytes += chunk.length;
        if (pendingBytes >= PART_BYTES) await flush();
      }
      if (pendingBytes > 0) await flush();
      return { parts, bytes, sha256: hash.digest('hex') };
    },
    async finish(manifest) {
      const text = Buffer.from(JSON.stringify(manifest, null, 1));
      await entry(MANIFEST, text);
      await entry(MANIFEST_SUM, Buffer.from(createHash('sha256').update(text).digest('hex')));
      tar.finalize();
      await written;
      if (failure) throw failure;
      await rename(unfinished, file);
      const dir = await open(dirname(file));
      await dir.sync().finally(() => dir.close());
    },
    async abandon() {
      tar.destroy();
      await written;
      await rm(unfinished, { force: true });
    },
  };
}
