import type { Queryable } from '../database.ts';

/** What a support engineer asks of a database first: sizes, states and counts, never what a row says. */
const QUESTIONS = {
  server: `SELECT current_setting('server_version') AS version, pg_database_size(current_database())::text AS bytes,
    (SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database()) AS connections`,
  migrations: `SELECT count(*)::int AS applied, (array_agg(hash ORDER BY id DESC))[1] AS newest
    FROM drizzle.__drizzle_migrations`,
  tables: `SELECT relname AS name, n_live_tup::text AS rows, n_dead_tup::text AS dead,
    pg_total_relation_size(relid)::text AS bytes, last_autovacuum AS vacuumed
    FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY pg_total_relation_size(relid) DESC LIMIT 200`,
  cursors: 'SELECT reader, seq::text, base::text FROM journal_cursors ORDER BY reader LIMIT 600',
  deadLetters: `SELECT reason, count(*)::int AS letters, max(received_at) AS newest FROM dead_letters
    WHERE received_at > $1::timestamptz - interval '7 days' GROUP BY reason ORDER BY 2 DESC`,
  openCases: `SELECT kind, count(*)::int AS cases FROM cases WHERE status = 'open' GROUP BY kind ORDER BY 2 DESC`,
  sites: 'SELECT count(*)::int AS sites FROM sites',
  devices:
    'SELECT profile_id AS profile, count(*)::int AS devices FROM devices GROUP BY 1 ORDER BY 2 DESC LIMIT 100',
  waits: `SELECT state, wait_event_type AS waits_for, count(*)::int AS connections FROM pg_stat_activity
    WHERE datname = current_database() GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 50`,
} as const;

/** Each question's rows, or the SQLSTATE that it failed with. @param now epoch milliseconds. */
export async function databaseState(db: Queryable, now: number): Promise<Record<string, unknown>> {
  const state: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(QUESTIONS)) {
    const values = text.includes('$1') ? [new Date(now).toISOString()] : [];
    try {
      state[name] = (await db.query(text, values)).rows;
    } catch (error) {
      // A message may hold values.
      state[name] = { failed: (error as { code?: string }).code ?? (error as Error).name };
    }
  }
  return state;
}
