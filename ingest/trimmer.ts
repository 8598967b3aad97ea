import type { Logger } from 'pino';
import type { Journal } from '../store/journal/port.ts';

export interface TrimmerDeps {
  readonly log: Logger;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Worked-off messages stay in the journal for this long, unless it fills up. */
  readonly journalDays: number;
  readonly trimEveryMs?: number;
}

const TRIM_MS = 10_000;
/** While the journal takes nothing, devices wait for the room: then every look trims. */
const LOOK_MS = 1_000;
/** Fuller than this share of its quota, the journal gives up its oldest worked-off messages before their days are over. */
const JOURNAL_FILL = 0.9;

/** Drops what is worked off and old, or too much, now and then. `cursor`: the last frame that is worked off. */
export function startTrimmer(
  { log, clock, journalDays, trimEveryMs = TRIM_MS }: TrimmerDeps,
  journal: Journal,
  cursor: () => number,
): { close(): Promise<void> } {
  const lookEveryMs = Math.min(LOOK_MS, trimEveryMs);
  let dueMs = trimEveryMs;
  let seen = 0;
  async function look(): Promise<void> {
    // As far as the cursor was a look ago: for less than a second a crash may still take its commit back.
    const upTo = seen;
    seen = cursor();
    dueMs -= lookEveryMs;
    const { bytesMax, writable } = await journal.status();
    if (writable && dueMs > 0) return;
    dueMs = trimEveryMs;
    const receivedBefore = clock() - journalDays * 86_400_000;
    await journal.trim({ upTo, receivedBefore, bytesTo: JOURNAL_FILL * bytesMax });
  }
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    looking ??= look()
      .catch((err) => log.warn({ err }, 'ingest: could not trim the journal'))
      .finally(() => {
        looking = undefined;
      });
  }, lookEveryMs);
  return {
    async close() {
      clearInterval(timer);
      await looking;
    },
  };
}
