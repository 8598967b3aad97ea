import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { BROKER_LOCKS, takeUpLostBrokers } from '../store/broker-processes.ts';
import type { Database } from '../store/database.ts';
import { resetPresence } from '../store/device-states.ts';
import { openWorkSession, type WorkSession } from '../store/shared-work.ts';
import { within } from './within.ts';

const LOOK_MS = 1_000;
/** When Postgres itself was away all brokers lost their locks: before anybody looks, all have them again. */
const GRACE_MS = 5_000;
/** Above the numbers that `openWorkSession` has a use for. */
const ID = { min: 2_000_000, max: 2 ** 31 - 1 } as const;

export interface RollCall {
  /** This process's number. */
  readonly id: number;
  /** Waits at most twice `waitMs` for what is under way. */
  close(waitMs: number): Promise<void>;
}

export interface RollCallDeps {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly log: Logger;
  /** For a while others may have believed that this process is no more: what it wrote down has to be written again. */
  readonly onReturned: () => void;
}

/**
 * Tells the other brokers that this process lives, by a lock that goes with its connection to Postgres, and takes up
 * what is left by those that live no more.
 * @throws when the database does not answer.
 */
export async function openRollCall({ db, databaseUrl, log, onReturned }: RollCallDeps): Promise<RollCall> {
  const id = randomInt(ID.min, ID.max);
  const closing = new AbortController();

  async function answer(): Promise<WorkSession> {
    const session = await openWorkSession(databaseUrl, BROKER_LOCKS);
    // Held by our last session while Postgres has not noticed its end.
    if (await session.take(id)) return session;
    await session.close();
    throw new Error('the last session is not over yet');
  }

  let session = await answer();
  let graceUntil = 0;
  let takingUp: Promise<void> | undefined;
  async function look(): Promise<void> {
    if (session.lost.aborted) {
      session = await answer();
      graceUntil = performance.now() + GRACE_MS;
      log.info({ broker: id }, 'broker: among the living again');
      onReturned();
    }
    // A sign of life: a session that asks nothing is ended.
    await session.members();
    if (performance.now() < graceUntil) return;
    takingUp ??= takeUp()
      .catch((error) => log.debug({ err: error }, 'broker: nothing taken up, will try again'))
      .finally(() => {
        takingUp = undefined;
      });
  }
  async function takeUp(): Promise<void> {
    const lost = await takeUpLostBrokers(db.$client, new Date());
    if (lost.length > 0) log.info({ lost }, 'broker: took up what brokers that are no more had');
  }
  try {
    await takeUp();
    await resetPresence(db.$client, [], new Date());
  } catch (error) {
    await session.close();
    throw error;
  }
  const done = (async () => {
    for (;;) {
      await sleep(LOOK_MS, undefined, { signal: closing.signal }).catch(() => {});
      if (closing.signal.aborted) return;
      await look().catch((error) => log.debug({ err: error }, 'broker: roll call failed, will try again'));
    }
  })();
  return {
    id,
    async close(waitMs) {
      closing.abort();
      await within(waitMs, Promise.all([done, takingUp]));
      await within(waitMs, session.close());
    },
  };
}
