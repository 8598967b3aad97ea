import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../store/database.ts';
import type { Journal } from '../store/journal/port.ts';
import type { TelemetryStore } from '../store/telemetry/port.ts';
import { openDeviceCatalog } from './device-catalog.ts';
import { reportLagOf } from './metrics.ts';
import { openPipeline } from './pipeline.ts';

export interface IngestDeps {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly journal: Journal;
  readonly telemetry: TelemetryStore;
  readonly log: Logger;
  /** Worked-off messages stay in the journal for this long, unless it fills up. */
  readonly journalDays: number;
  /** Epoch milliseconds. */
  readonly clock?: () => number;
  readonly trimEveryMs?: number;
}

const CLOSE_MS_MAX = 3_000;
const TRIM_MS = 10_000;
/** Fuller than this share of its quota, the journal gives up its oldest worked-off messages before their days are over. */
const JOURNAL_FILL = 0.9;

/**
 * Works off the journal: decodes what devices sent, and stores what it became. Starts also while a database is
 * away, and goes on when it is back.
 */
export async function startIngest(deps: IngestDeps): Promise<{ close(): Promise<void> }> {
  const { journal, log, journalDays, clock = Date.now, trimEveryMs = TRIM_MS } = deps;
  const closing = new AbortController();
  const catalog = await openDeviceCatalog(deps);
  const pipeline = openPipeline({ ...deps, clock, catalog, signal: closing.signal });
  const done = pipeline.run();
  reportLagOf(pipeline);

  let trimUpTo = 0;
  async function trim(): Promise<void> {
    // As far as the cursor was a round ago: for less than a second a crash may still take its commit back.
    const upTo = trimUpTo;
    trimUpTo = pipeline.cursor();
    const { bytesMax } = await journal.status();
    const receivedBefore = clock() - journalDays * 86_400_000;
    await journal.trim({ upTo, receivedBefore, bytesTo: JOURNAL_FILL * bytesMax });
  }
  let trimming: Promise<void> | undefined;
  const trimmer = setInterval(() => {
    trimming ??= trim()
      .catch((err) => log.warn({ err }, 'ingest: could not trim the journal'))
      .finally(() => {
        trimming = undefined;
      });
  }, trimEveryMs);

  return {
    async close() {
      clearInterval(trimmer);
      reportLagOf(null);
      closing.abort();
      await Promise.race([done, sleep(CLOSE_MS_MAX, undefined, { ref: false })]);
      await trimming;
      await catalog.close();
    },
  };
}
