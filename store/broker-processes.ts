import { requeueLostCommands } from './commands.ts';
import type { Queryable } from './database.ts';
import { resetPresence } from './device-states.ts';

/** First key of the advisory locks of broker processes (`openWorkSession`); the second is the process's number. */
export const BROKER_LOCKS = 7_214_008;

/**
 * Takes up what broker processes that are no more have left: their devices are offline, and the commands that they
 * had in flight are queued again. Returns the numbers of those processes. Any number of brokers may do it at once.
 */
export async function takeUpLostBrokers(db: Queryable, at: Date): Promise<readonly number[]> {
  const lost = await lostBrokers(db);
  if (lost.length === 0) return lost;
  await requeueLostCommands(db, lost, at);
  await resetPresence(db, lost, at);
  return lost;
}

/** Brokers that devices or commands are written down to, and that hold no lock. They lock before they write. */
async function lostBrokers(db: Queryable): Promise<number[]> {
  const { rows } = await db.query<{ id: number }>({
    name: 'lost_brokers',
    // From one broker to the next along the index: a broker has a hundred thousand rows.
    text: `WITH RECURSIVE noted AS (
             (SELECT min(broker) AS id FROM device_states WHERE online)
             UNION ALL
             SELECT (SELECT min(broker) FROM device_states WHERE online AND broker > noted.id)
             FROM noted WHERE noted.id IS NOT NULL
           )
           SELECT id FROM (
             SELECT id FROM noted WHERE id IS NOT NULL
             UNION SELECT DISTINCT broker FROM commands WHERE broker IS NOT NULL
           ) brokers
           WHERE NOT EXISTS (
             SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = $1 AND objid = id::oid
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
           )`,
    values: [BROKER_LOCKS],
  });
  return rows.map(({ id }) => id);
}
