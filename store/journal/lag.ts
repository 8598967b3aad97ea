import type { Journal } from './port.ts';

export interface JournalLag {
  readonly frames: number;
  /** How long ago the oldest message behind was received; 0 when none is. */
  readonly oldestSeconds: number;
}

/** How far a reader that came to frame `after` is behind. @param now epoch milliseconds. */
export async function journalLag(journal: Journal, after: number, now: number): Promise<JournalLag> {
  const frames = Math.max(0, (await journal.head()) - after);
  const [oldest] = frames > 0 ? await journal.read(after, { recordsMax: 1 }) : [];
  const receivedAt = oldest?.records[0]?.receivedAt;
  return { frames, oldestSeconds: receivedAt === undefined ? 0 : Math.max(0, now - receivedAt) / 1000 };
}
