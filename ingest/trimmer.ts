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
/** While the journal takes nothing, devices wait for the room. */
const FULL_TRIM_MS = 1_000;
/** Fuller than this share of its quota, the journal gives up its oldest worked-off messages before their days are over. */
const JOURNAL_FILL = 0.9;

/** Drops what is worked off and old, or too much, now and then. `cursor`: the last frame that is worked off. */
export function startTrimmer(
  { log, clock, journalDays, trimEveryMs = TRIM_MS }: TrimmerDeps,
  journal: Journal,
  cursor: () => number,
): { close(): Promise<void> } {
  let trimUpTo = 0;
  /** Returns after how long to look again. */
  async function trim(): Promise<number> {
    // As far as the cursor was a round ago: for less than a second a crash may still take its commit back.
    const upTo = trimUpTo;
    trimUpTo = cursor();
    const { bytesMax, writable } = await journal.status();
    const receivedBefore = clock() - journalDays * 86_400_000;
    await journal.trim({ upTo, receivedBefore, bytesTo: JOURNAL_FILL * bytesMax });
    return writable ? trimEveryMs : Math.min(FULL_TRIM_MS, trimEveryMs);
  }
  let closed = false;
  let trimming: Promise<void> | undefined;
  let timer = setTimeout(look, trimEveryMs);
  function look(): void {
    trimming = trim()
      .catch((err) => {
        log.warn({ err }, 'ingest: could not trim the journal');
        return trimEveryMs;
      })
      .then((ms) => {
        if (!closed) timer = setTimeout(look, ms);
      });
  }
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await trimming;
    },
  };
}
