import type { Logger } from 'pino';
import { CursorMovedError } from '../store/cursors.ts';
import type { Database } from '../store/database.ts';
import { scanReadings } from '../store/reading-scan.ts';
import { startWorker } from './worker.ts';

export interface QuarantineDeps {
  readonly db: Database;
  readonly log: Logger;
  readonly now: () => Date;
  /** How often new readings are looked for. */
  readonly everyMs?: number;
}

const EVERY_MS = 60_000;

/** Judges readings soon after they came, so that a person hears of what cannot be before it is billed. */
export function startQuarantine({ db, log, now, everyMs = EVERY_MS }: QuarantineDeps): {
  close(): Promise<void>;
} {
  const worker = startWorker({ name: 'quarantine', log }, async (signal) => {
    try {
      for (let isCaughtUp = false; !isCaughtUp && !signal.aborted; ) {
        const step = await scanReadings(db, now());
        ({ isCaughtUp } = step);
        if (step.changed > 0) log.info(step, 'billing: readings were judged anew');
      }
    } catch (err) {
      // Another process is at it.
      if (!(err instanceof CursorMovedError)) throw err;
    }
  });
  const timer = setInterval(worker.wake, everyMs);
  return {
    async close() {
      clearInterval(timer);
      await worker.close();
    },
  };
}
