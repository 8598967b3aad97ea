import type { Config } from './config.ts';
import type { NatsJournalsOptions } from './store/journal/nats.ts';

export interface JournalSettings {
  /** Of all journals together. */
  readonly bytesMax: number;
  /** Null where the journal is a folder on this machine. */
  readonly nats: NatsJournalsOptions | null;
}

/** Where the environment puts the journals, the same for the platform, its back-up and its restore. */
export function journalSettings({
  JOURNAL_URL: url,
  JOURNAL_PARTITIONS: partitions,
  JOURNAL_REPLICAS: replicas,
  JOURNAL_GB,
}: Config): JournalSettings {
  const bytesMax = JOURNAL_GB * 1e9;
  return { bytesMax, nats: url ? { url, partitions, replicas, bytesMax } : null };
}
