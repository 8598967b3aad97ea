import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';

export interface ListenOptions {
  readonly url: string;
  readonly channels: readonly string[];
  /** `payload` is the notice's JSON, parsed; undefined when it was not JSON. Validate it. */
  readonly onNotice: (channel: string, payload: unknown) => void;
  /** After every connect, the first included: whatever was notified while disconnected was missed, so reload. */
  readonly onConnected: () => void | Promise<void>;
  /** Whatever is notified from now until `onConnected` is missed. */
  readonly onLost?: () => void;
  readonly log: Logger;
}

const RECONNECT_MS_MAX = 5_000;
/** A peer that vanished without a word leaves the connection open: ask now and then, and wait so long for an answer. */
const PROBE_MS = 5_000;
/** For the server to say good-bye; one that is frozen never does. */
const CLOSE_MS_MAX = 1_000;

/** Postgres LISTEN on a connection of its own that reconnects by itself. Never throws because the server is away. */
export async function listen(options: ListenOptions): Promise<{ close(): Promise<void> }> {
  let closed = false;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let attempts = 0;

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: options.url,
      application_name: 'stallgrid-listen',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    });
    let lost = false;
    let probe: NodeJS.Timeout | undefined;
    const onLost = (error?: Error): void => {
      clearInterval(probe);
      if (lost || closed) return;
      lost = true;
      options.onLost?.();
      next.end().catch(() => {});
      const waitMs = Math.min(RECONNECT_MS_MAX, 100 * 2 ** attempts++) * (0.5 + Math.random() / 2);
      options.log.warn({ err: error, waitMs }, 'listen: connection lost, will reconnect');
      timer = setTimeout(() => void connect(), waitMs);
    };
    next.on('error', onLost);
    next.on('end', () => onLost());
    next.on('notification', ({ channel, payload }) => options.onNotice(channel, parseJson(payload)));
    try {
      await next.connect();
      for (const channel of options.channels) await next.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
      client = next;
      if (closed) return void (await next.end());
      attempts = 0;
      probe = setInterval(() => void next.query(PROBE).catch(onLost), PROBE_MS);
      probe.unref();
      await options.onConnected();
    } catch (error) {
      onLost(error as Error);
    }
  }

  await connect();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await Promise.race([client?.end().catch(() => {}), sleep(CLOSE_MS_MAX, undefined, { ref: false })]);
    },
  };
}

// `query_timeout` of one query: not in the driver's types.
const PROBE = { text: 'SELECT 1', query_timeout: PROBE_MS };

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
