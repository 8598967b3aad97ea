import { z } from 'zod';

/** Grows when a program of before could not read what this one writes. */
export const BACKUP_FORMAT = 1;

const zCount = z.number().int().nonnegative();
const zSha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What a part of a back-up holds: bytes before they were compressed, and their hash. */
export const zSectionSum = z.object({ parts: zCount, bytes: zCount, sha256: zSha256 });
export type SectionSum = z.infer<typeof zSectionSum>;

/** A table's rows as COPY text in the order of its primary key. */
const zTable = zSectionSum.extend({
  name: z.string().regex(/^\w+$/),
  /** The table that it is a monthly partition of. */
  parent: z.string().regex(/^\w+$/).nullable(),
  columns: z.array(z.string()).min(1),
  rows: zCount,
});
export type BackupTable = z.infer<typeof zTable>;

const zJournal = zSectionSum.extend({
  id: z.string(),
  /** The newest frame's number when the copy began. */
  head: zCount,
  first: zCount.nullable(),
  frames: zCount,
  messages: zCount,
  /** The last frame that the tables know of, by ingest's cursor; null where ingest never ran. */
  cursor: zCount.nullable(),
});
export type BackupJournal = z.infer<typeof zJournal>;

/** The last word of a back-up: without it, a file is not whole. */
export const zBackupManifest = z.object({
  format: z.literal(BACKUP_FORMAT),
  /** The version of the program that wrote it. */
  program: z.string(),
  createdAt: z.iso.datetime(),
  postgres: z.string(),
  sites: z.array(z.string()),
  /** As drizzle keeps them, in the order in which they were applied. */
  migrations: z.array(z.object({ hash: zSha256, at: zCount })).min(1),
  tables: z.array(zTable),
  sequences: z.array(
    z.object({ name: z.string().regex(/^\w+$/), value: z.string().regex(/^-?\d+$/), isCalled: z.boolean() }),
  ),
  journalKind: z.enum(['embedded', 'nats', 'none']),
  journals: z.array(zJournal),
  /** Where the points that devices sent are: in these tables, or in an InfluxDB that is backed up by itself. */
  telemetry: z.enum(['postgres', 'influxdb']),
});
export type BackupManifest = z.infer<typeof zBackupManifest>;

/** What of a manifest every program can read. */
export const zBackupOrigin = z.object({ format: z.number().int().positive(), program: z.string() });
