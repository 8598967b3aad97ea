import { setTimeout as sleep } from 'node:timers/promises';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { JournalLag } from '../store/journal/lag.ts';
import { outageOf, STAGES } from './outages.ts';

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
type Lags = readonly (JournalLag & { readonly journal: number })[];

const LAG_MS_MAX = 2_000;
let sources: ReadonlyMap<number, LagSource> = new Map();
let asked: { readonly at: number; readonly lags: Promise<Lags> } | undefined;

/** By journal; what the map holds may change. */
export function reportLagOf(next: ReadonlyMap<number, LagSource> | null): void {
  sources = next ?? new Map();
  asked = undefined;
}

/** One question a scrape; a journal that does not answer has no value. */
function currentLags(): Promise<Lags> {
  if (!asked || performance.now() - asked.at > 500) {
    const lags = Promise.all([...sources].map(([journal, source]) => lagOf(journal, source)));
    asked = { at: performance.now(), lags: lags.then((all) => all.filter((one) => one !== null)) };
  }
  return asked.lags;
}

async function lagOf(journal: number, source: LagSource): Promise<Lags[number] | null> {
  const late = sleep(LAG_MS_MAX, null, { ref: false });
  const lag = await Promise.race([source.lag().catch(() => null), late]);
  return lag && { journal, ...lag };
}

new Gauge({
  name: 'stallgrid_ingest_lag_frames',
  help: 'Frames of a journal that this process works off and has not yet.',
  labelNames: ['journal'],
  async collect() {
    this.reset();
    for (const { journal, frames } of await currentLags()) this.set({ journal }, frames);
  },
});
new Gauge({
  name: 'stallgrid_ingest_lag_oldest_seconds',
  help: 'Age of the oldest message of a journal that is not worked off yet; 0 when all are.',
  labelNames: ['journal'],
  async collect() {
    this.reset();
    for (const { journal, oldestSeconds } of await currentLags()) this.set({ journal }, oldestSeconds);
  },
});
new Gauge({
  name: 'stallgrid_ingest_failing_seconds',
  help: 'For how long a stage (postgres, telemetry, journal) has been tried again without success; 0 while it works.',
  labelNames: ['stage'],
  collect() {
    for (const stage of STAGES) this.set({ stage }, outageOf(stage)?.seconds ?? 0);
  },
});
