import { Counter, Gauge, Histogram } from 'prom-client';
import type { JournalLag } from '../store/journal/lag.ts';

export const messagesTotal = new Counter({
  name: 'stallgrid_ingest_messages_total',
  help: 'Messages of the journal that were worked off, by topic kind.',
  labelNames: ['kind'],
});
export const rowsTotal = new Counter({
  name: 'stallgrid_ingest_rows_total',
  help: 'Rows that messages became; the same message again counts again.',
  labelNames: ['table'],
});
export const deadLettersTotal = new Counter({
  name: 'stallgrid_ingest_dead_letters_total',
  help: 'Refused messages, or items of array messages, by reason.',
  labelNames: ['reason'],
});
export const retriesTotal = new Counter({
  name: 'stallgrid_ingest_retries_total',
  help: 'Failed tries that were or will be repeated, by stage.',
  labelNames: ['stage'],
});
export const stageSeconds = new Histogram({
  name: 'stallgrid_ingest_batch_seconds',
  help: 'Time a batch took in a stage, retries included.',
  labelNames: ['stage'],
  buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
});

/** What the lag gauges ask of the running ingest at each scrape. */
export interface LagSource {
  lag(): Promise<JournalLag>;
}
let sources: ReadonlyMap<number, LagSource> = new Map();

/** By journal; what the map holds may change. */
export function reportLagOf(next: ReadonlyMap<number, LagSource> | null): void {
  sources = next ?? new Map();
}

function lags(): Promise<readonly JournalLag[]> {
  return Promise.all([...sources.values()].map((source) => source.lag()));
}

new Gauge({
  name: 'stallgrid_ingest_lag_frames',
  help: 'Frames of this process’s journals that are not worked off yet.',
  async collect() {
    this.set((await lags()).reduce((sum, { frames }) => sum + frames, 0));
  },
});
new Gauge({
  name: 'stallgrid_ingest_lag_oldest_seconds',
  help: 'Age of the oldest message that is not worked off yet; 0 when all are.',
  async collect() {
    this.set(Math.max(0, ...(await lags()).map(({ oldestSeconds }) => oldestSeconds)));
  },
});
