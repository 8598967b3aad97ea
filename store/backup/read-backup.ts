import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import {
  BACKUP_FORMAT,
  type BackupManifest,
  type SectionSum,
  zBackupManifest,
  zBackupOrigin,
} from '../../contracts/backup.ts';
import { MANIFEST, MANIFEST_SUM } from './backup-file.ts';

const decompress = promisify(gunzip);
const ENTRY_BYTES_MAX = 64 * 1024 * 1024;
const PART_NAME = /^(.+)\/\d{6}\.gz$/;

/** The file is not what a back-up wrote: cut off, changed, or no back-up at all. */
export class DamagedBackupError extends Error {
  override readonly name = 'DamagedBackupError';
}
/** The file is whole, but of another program's making. */
export class ForeignBackupError extends Error {
  override readonly name = 'ForeignBackupError';
}

export interface BackupPart {
  readonly section: string;
  readonly data: Buffer;
  /** Bytes of the file that are read so far. */
  readonly read: number;
}

interface Entry {
  readonly name: string;
  readonly data: Buffer;
  readonly read: number;
}

/**
 * Everything in the file, in its order, part by part: memory stays bounded however large it is.
 * @throws DamagedBackupError
 */
async function* readEntries(file: string): AsyncGenerator<Entry> {
  const source = createReadStream(file);
  const tar = extract();
  const piped = pipeline(source, tar).catch((error: Error) => error);
  try {
    for await (const entry of tar) {
      const { name, size = 0 } = entry.header;
      if (size > ENTRY_BYTES_MAX)
        throw new DamagedBackupError(`${name} is too large for a part of a back-up`);
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      yield { name, data: Buffer.concat(chunks), read: source.bytesRead };
    }
    const failure = await piped;
    if (failure) throw failure;
  } catch (error) {
    if (error instanceof DamagedBackupError) throw error;
    if ((error as NodeJS.ErrnoException).syscall) throw error;
    throw new DamagedBackupError(`the file is damaged or cut off: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    source.destroy();
    tar.destroy();
  }
}

async function unpacked(entry: Entry): Promise<BackupPart | null> {
  const section = PART_NAME.exec(entry.name)?.[1];
  if (section === undefined) return null;
  try {
    const data = await decompress(entry.data, { maxOutputLength: ENTRY_BYTES_MAX });
    return { section, data, read: entry.read };
  } catch (cause) {
    throw new DamagedBackupError(`${entry.name} is damaged`, { cause });
  }
}

/** @throws DamagedBackupError */
export async function* readParts(file: string): AsyncGenerator<BackupPart> {
  for await (const entry of readEntries(file)) {
    const part = await unpacked(entry);
    if (part) yield part;
  }
}

export const tableSection = (name: string): string => `tables/${name}`;
export const journalSection = (index: number): string => `journal/${index}`;

/**
 * Reads all of the file and compares it with its manifest.
 * @throws DamagedBackupError; ForeignBackupError where its format is of a newer program.
 */
export async function verifyBackup(
  file: string,
  onProgress: (bytesRead: number) => void = () => {},
): Promise<BackupManifest> {
  const sums = new Map<string, { parts: number; bytes: number; hash: Hash }>();
  const whole = new Map<string, Buffer>();
  for await (const entry of readEntries(file)) {
    onProgress(entry.read);
    const part = await unpacked(entry);
    if (!part) {
      whole.set(entry.name, entry.data);
      continue;
    }
    const sum = sums.get(part.section) ?? { parts: 0, bytes: 0, hash: createHash('sha256') };
    sum.parts++;
    sum.bytes += part.data.length;
    sum.hash.update(part.data);
    sums.set(part.section, sum);
  }
  const manifest = parseManifest(whole.get(MANIFEST), whole.get(MANIFEST_SUM));
  const expected = sectionsOf(manifest);
  for (const [section, { parts, bytes, sha256 }] of expected) {
    const sum = sums.get(section) ?? { parts: 0, bytes: 0, hash: createHash('sha256') };
    if (sum.parts !== parts || sum.bytes !== bytes || sum.hash.digest('hex') !== sha256) {
      throw new DamagedBackupError(`${section} is not what the back-up wrote`);
    }
  }
  const stranger = [...sums.keys()].find((section) => !expected.has(section));
  if (stranger) throw new DamagedBackupError(`${stranger} is not part of the back-up`);
  return manifest;
}

function sectionsOf({ tables, journals }: BackupManifest): Map<string, SectionSum> {
  return new Map<string, SectionSum>([
    ...tables.map((table) => [tableSection(table.name), table] as const),
    ...journals.map((journal, index) => [journalSection(index), journal] as const),
  ]);
}

function parseManifest(text: Buffer | undefined, sum: Buffer | undefined): BackupManifest {
  if (!text || !sum) throw new DamagedBackupError('the file has no end: the back-up was cut off, or is none');
  if (createHash('sha256').update(text).digest('hex') !== sum.toString()) {
    throw new DamagedBackupError(`${MANIFEST} is not what the back-up wrote`);
  }
  const json: unknown = JSON.parse(text.toString());
  const origin = zBackupOrigin.safeParse(json);
  if (!origin.success) throw new DamagedBackupError(`${MANIFEST} is none of a back-up`);
  if (origin.data.format > BACKUP_FORMAT) {
    throw new ForeignBackupError(
      `version ${origin.data.program} wrote this back-up in format ${origin.data.format}, and this program reads up to ${BACKUP_FORMAT}: install version ${origin.data.program} or newer`,
    );
  }
  const manifest = zBackupManifest.safeParse(json);
  if (!manifest.success) throw new DamagedBackupError(`${MANIFEST} is wrong: ${manifest.error.message}`);
  return manifest.data;
}
