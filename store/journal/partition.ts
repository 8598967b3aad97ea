import { createHash } from 'node:crypto';

/** The position of a site's journal among `count`: the same in SQL (`journal_partition`). */
export function partitionOf(site: string, count: number): number {
  if (count === 1) return 0;
  return createHash('md5').update(site).digest().readUInt32BE(0) % count;
}

/** Ingest's reader of a journal, by the journal's position. */
export const ingestReader = (partition: number): string => `ingest/${partition}`;
