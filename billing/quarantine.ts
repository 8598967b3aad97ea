import type { Logger } from 'pino';
import { CursorMovedError } from '../store/cursors.ts';
import type { Database } from '../store/database.ts';
import { scanReadings } from '../store/reading-scan.ts';

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
  let isClosing = false;
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    try {
      for (let isCaughtUp = false; !isCaughtUp && !isClosing; ) {
        const step = await scanReadings(db, now());
        ({ isCaughtUp } = step);
        if (step.changed > 0) log.info(step, 'billing: readings were judged anew');
      }
    } catch (err) {
      if (!(err instanceof CursorMovedError))
        log.warn({ err }, 'billing: could not judge readings, will try again');
    }
  }
  const timer = setInterval(() => {
    working ??= work().finally(() => {
      working = undefined;
    });
  }, everyMs);
  return {
    async close() {
      isClosing = true;
      clearInterval(timer);
      await working;
    },
  };
}
