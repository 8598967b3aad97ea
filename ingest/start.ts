import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { prepareCursors } from '../store/cursors.ts';
import type { Database } from '../store/database.ts';
import { journalLag } from '../store/journal/lag.ts';
import { ingestReader } from '../store/journal/partition.ts';
import type { Journal } from '../store/journal/port.ts';
import type { TelemetryStore } from '../store/telemetry/port.ts';
import { openDeviceCatalog } from './device-catalog.ts';
import { shareJournals } from './journal-share.ts';
import { type LagSource, reportLagOf } from './metrics.ts';
import { checkStores } from './outages.ts';
import { openPipeline } from './pipeline.ts';
import { retryStage } from './retry.ts';
import { startTrimmer } from './trimmer.ts';

export interface IngestDeps {
  readonly db: Database;
  readonly databaseUrl: string;
  /** One, or several that share the sites and that ingest processes share among them. */
  readonly journals: readonly Journal[];
  readonly telemetry: TelemetryStore;
  readonly log: Logger;
  /** Worked-off messages stay in the journal for this long, unless it fills up. */
  readonly journalDays: number;
  /** Epoch milliseconds. */
  readonly clock?: () => number;
  readonly trimEveryMs?: number;
}

const CLOSE_MS_MAX = 3_000;

export interface Ingest {
  /** Whether the stores take what it writes; what is wrong says the way out. */
  check(): { readonly ok: boolean; readonly detail: string };
  close(): Promise<void>;
}

/**
 * Works off the journals: decodes what devices sent, and stores what it became. Starts also while a database is away,
 * and goes on when it is back.
 */
export async function startIngest(deps: IngestDeps): Promise<Ingest> {
  const { db, databaseUrl, journals, log, clock = Date.now } = deps;
  const closing = new AbortController();
  const catalog = await openDeviceCatalog(deps);
  /** Of the journals that this process works off or would, as far as it knows. */
  const behind = new Map<number, LagSource>(
    journals.map((journal, n) => [n, { lag: () => journalLag(journal, 0, clock()) }]),
  );
  const retryPostgres = retryStage('postgres', { log, signal: closing.signal });

  async function work(n: number, signal: AbortSignal): Promise<void> {
    const journal = journals[n];
    if (!journal) return;
    const pipeline = openPipeline({ ...deps, journal, reader: ingestReader(n), clock, catalog, signal });
    const trimmer = startTrimmer({ ...deps, clock }, journal, pipeline.cursor);
    behind.set(n, pipeline);
    await pipeline.run();
    await trimmer.close();
  }
  const done = (async () => {
    await retryPostgres(() => prepareCursors(db, journals.length)).catch(() => {});
    const leave = (n: number): boolean => behind.delete(n);
    await shareJournals({ databaseUrl, log, count: journals.length, work, leave, signal: closing.signal });
  })();
  reportLagOf(behind);

  return {
    check: checkStores,
    async close() {
      reportLagOf(null);
      closing.abort();
      await Promise.race([done, sleep(CLOSE_MS_MAX, undefined, { ref: false })]);
      await catalog.close();
    },
  };
}
