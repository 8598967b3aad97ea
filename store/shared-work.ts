import pg from 'pg';

/** The key under which everybody who shares a work holds a shared lock, beside those of its parts. */
const MEMBERS = 1_000_000;
const ANSWER_MS_MAX = 4_000;
/**
 * So that Postgres notices within ten seconds that a machine is gone, or that a process is frozen, and frees what it
 * held: its keep-alives go unanswered, or nothing was asked for too long.
 */
const NOTICE = `SET tcp_keepalives_idle = 2; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;
  SET tcp_user_timeout = 8000; SET idle_session_timeout = 6000`;

/**
 * A connection that holds this process's parts of a work that processes share: they go when it goes. It goes when it
 * is not asked anything for six seconds.
 */
export interface WorkSession {
  /** Aborts when the connection is lost: others may have the parts by now. */
  readonly lost: AbortSignal;
  /** How many processes share the work, this one included. */
  members(): Promise<number>;
  /** False while another process has it. */
  take(part: number): Promise<boolean>;
  release(part: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param work first key of its advisory locks; the second is the part's number.
 * @throws when the database does not answer.
 */
export async function openWorkSession(databaseUrl: string, work: number): Promise<WorkSession> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'stallgrid-shared-work',
    keepAlive: true,
    connectionTimeoutMillis: ANSWER_MS_MAX,
    query_timeout: ANSWER_MS_MAX,
  });
  const lost = new AbortController();
  client.on('error', () => lost.abort());
  client.on('end', () => lost.abort());
  await client.connect();
  await client.query(NOTICE);
  await client.query('SELECT pg_advisory_lock_shared($1, $2)', [work, MEMBERS]);

  async function ask<T extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<T | undefined> {
    try {
      return (await client.query<T>(text, values)).rows[0];
    } catch (error) {
      // Without an answer nobody knows what is still held.
      lost.abort();
      await client.end().catch(() => {});
      throw error;
    }
  }
  return {
    lost: lost.signal,
    async members() {
      const row = await ask<{ n: string }>(
        `SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = $1 AND objid = $2
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        [work, MEMBERS],
      );
      return Number(row?.n);
    },
    async take(part) {
      const row = await ask<{ taken: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS taken', [work, part]);
      return row?.taken === true;
    },
    async release(part) {
      await ask('SELECT pg_advisory_unlock($1, $2)', [work, part]);
    },
    close: () => client.end().catch(() => {}),
  };
}
