import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalInfluxd, startInfluxd } from '../../store/embedded/influxd.ts';
import { influxQl } from '../../store/telemetry/influx-query.ts';
import { MEASUREMENT } from './system.ts';

const DATABASE = 'bench';
const POLL_MS = 200;
const QUERY_MS_MAX = 60_000;

export interface BenchInflux {
  readonly url: string;
  readonly database: string;
  pid(): number;
  /** Points in the store: one a device and instant, however often it was written. Throws while it is away. */
  count(): Promise<number>;
  stop(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** An empty InfluxDB 1.x of one system, with its database made. */
export async function openBenchInflux(): Promise<BenchInflux> {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-bench-influx-'));
  let server: LocalInfluxd = await startInfluxd({ dir });
  const { url } = server;

  async function ask(statement: string): Promise<unknown> {
    const answer = await fetch(`${url}/query?db=${DATABASE}&epoch=ms`, {
      method: 'POST',
      body: new URLSearchParams({ q: statement }),
      signal: AbortSignal.timeout(QUERY_MS_MAX),
    });
    return answer.json();
  }
  const remove = async (): Promise<void> => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    influxQl(await ask(`CREATE DATABASE ${DATABASE}`));
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    url,
    database: DATABASE,
    pid: () => server.pid,
    async count() {
      const [series] = influxQl(await ask(`SELECT count("energy_import") FROM "${MEASUREMENT}"`));
      return Number(series?.[0]?.values[0]?.[1] ?? 0);
    },
    stop: () => server.stop(),
    async start() {
      server = await startInfluxd({ dir, port: Number(new URL(url).port) });
    },
    remove,
  };
}

export interface Settled {
  readonly stored: number;
  /** From the call to when all was there, or the last of it. */
  readonly afterMs: number;
}

/**
 * Asks until `expected` points are there, none has come for `quietMs`, or `msMax` is over. A query right after a
 * write may not see it, so one answer is never the last word.
 */
export async function settle(
  count: () => Promise<number>,
  options: {
    readonly expected: number;
    readonly quietMs: number;
    readonly msMax: number;
    readonly signal?: AbortSignal;
  },
): Promise<Settled> {
  const startMs = performance.now();
  let stored = -1;
  let grewMs = startMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const now = await count().catch(() => stored);
    if (now > stored) {
      stored = now;
      grewMs = performance.now();
    }
    const ms = performance.now();
    if (stored >= options.expected || ms - grewMs > options.quietMs || ms - startMs > options.msMax) break;
    await sleep(POLL_MS);
  }
  return { stored: Math.max(0, stored), afterMs: grewMs - startMs };
}
