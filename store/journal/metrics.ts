import { Counter, Gauge, Histogram } from 'prom-client';
import { type Journal, JournalBusyError, JournalClosedError, type JournalStatus } from './port.ts';

export const commitSeconds = new Histogram({
  name: 'stallgrid_journal_commit_seconds',
  help: 'Time until a frame was durable; its count is that of frames.',
  buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
});
export const recordsTotal = new Counter({
  name: 'stallgrid_journal_records_total',
  help: 'Records that became durable; divided by the frames, how many share a commit.',
});
const refusedTotal = new Counter({
  name: 'stallgrid_journal_refused_total',
  help: 'Records that were not kept: full (quota or disk), busy (too much waits), closed, failed.',
  labelNames: ['reason'],
});

// From 0, so that the first one is seen to be one more.
for (const reason of ['full', 'busy', 'closed', 'failed']) refusedTotal.inc({ reason }, 0);

/** Returns the error, for its thrower. */
export function refusedRecords<E extends Error>(error: E, records = 1): E {
  const reason =
    error.name === 'JournalFullError'
      ? 'full'
      : error instanceof JournalBusyError
        ? 'busy'
        : error instanceof JournalClosedError
          ? 'closed'
          : 'failed';
  refusedTotal.inc({ reason }, records);
  return error;
}

const STATUS_MS_MAX = 2_000;
let journals: readonly Journal[] = [];
let asked: { readonly at: number; readonly answers: Promise<readonly (JournalStatus | null)[]> } | undefined;

/** The journals whose state is among the metrics. */
export function reportJournals(next: readonly Journal[]): void {
  journals = next;
  asked = undefined;
}

/** One question a scrape; a journal that does not answer has no value. */
function statuses(): Promise<readonly (JournalStatus | null)[]> {
  if (!asked || performance.now() - asked.at > 500) {
    const answers = Promise.all(journals.map((journal) => answered(journal.status())));
    asked = { at: performance.now(), answers };
  }
  return asked.answers;
}

function answered(status: Promise<JournalStatus>): Promise<JournalStatus | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), STATUS_MS_MAX);
  });
  return Promise.race([status.catch(() => null), late]).finally(() => clearTimeout(timer));
}

function gauge(name: string, help: string, value: (status: JournalStatus) => number): void {
  new Gauge({
    name,
    help,
    labelNames: ['journal'],
    async collect() {
      this.reset();
      for (const [journal, status] of (await statuses()).entries())
        if (status) this.set({ journal }, value(status));
    },
  });
}

gauge('stallgrid_journal_bytes', 'Bytes that a journal holds.', ({ bytes }) => bytes);
gauge('stallgrid_journal_quota_bytes', 'Bytes that a journal may hold.', ({ bytesMax }) => bytesMax);
gauge('stallgrid_journal_frames', 'Frames that a journal holds.', ({ frames }) => frames);
gauge('stallgrid_journal_writable', '1 while a journal takes more, 0 while it refuses.', ({ writable }) =>
  Number(writable),
);
