import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { openWorkSession, type WorkSession } from '../store/shared-work.ts';
import { retryStage } from './retry.ts';

/** First key of the advisory locks; the second is the journal's position. */
const INGEST_LOCKS = 7_214_007;
/** How often it is looked which journals nobody works off: what a process that died leaves is taken over as soon. */
const LOOK_MS = 1_000;
/** A store that hangs holds a journal no longer; what it still commits then, the cursor keeps out. */
const GIVE_MS_MAX = 2_000;

export interface JournalShareDeps {
  readonly databaseUrl: string;
  readonly log: Logger;
  /** Of journals. */
  readonly count: number;
  /** Works off one journal; settles once `signal` has aborted and what was in flight is through or given up. */
  readonly work: (journal: number, signal: AbortSignal) => Promise<void>;
  /** Told of a journal that another process works off. */
  readonly leave: (journal: number) => void;
  readonly signal: AbortSignal;
}

interface Held {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/**
 * Works off this process's share of the journals until the signal aborts: as many as each would have if all ingest
 * processes had the same number, rounded up. A journal has one worker at a time; should two believe that it is theirs,
 * the cursor lets only one of them commit.
 */
export async function shareJournals(deps: JournalShareDeps): Promise<void> {
  const { databaseUrl, log, signal } = deps;
  const retry = retryStage('postgres', deps);
  while (!signal.aborted) {
    const session = await retry(() => openWorkSession(databaseUrl, INGEST_LOCKS)).catch(() => null);
    if (!session) return;
    try {
      await shareWhileHeld(deps, session);
    } catch (error) {
      log.warn({ err: error }, 'ingest: lost its connection, and with it its journals');
    } finally {
      await session.close();
    }
  }
}

async function shareWhileHeld(
  { count, work, leave, log, signal }: JournalShareDeps,
  session: WorkSession,
): Promise<void> {
  const held = new Map<number, Held>();
  const give = async (journal: number): Promise<void> => {
    const one = held.get(journal);
    one?.stop.abort();
    await one?.done;
    held.delete(journal);
  };
  try {
    while (!signal.aborted && !session.lost.aborted) {
      const fair = Math.ceil(count / (await session.members()));
      for (const journal of [...held.keys()].slice(fair)) {
        await give(journal);
        await session.release(journal);
        leave(journal);
        log.info({ journal }, 'ingest: left a journal to another process');
      }
      for (let journal = 0; journal < count; journal++) {
        if (held.has(journal)) continue;
        if (held.size >= fair || !(await session.take(journal))) {
          leave(journal);
          continue;
        }
        const stop = new AbortController();
        const done = work(journal, AbortSignal.any([stop.signal, signal, session.lost]));
        held.set(journal, { stop, done });
        log.info({ journal }, 'ingest: works off a journal');
      }
      const waiting = AbortSignal.any([signal, session.lost]);
      await sleep(LOOK_MS, undefined, { signal: waiting }).catch(() => {});
    }
  } finally {
    await Promise.race([Promise.all([...held.keys()].map(give)), sleep(GIVE_MS_MAX)]);
  }
}
