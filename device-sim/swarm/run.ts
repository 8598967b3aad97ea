import { createHistogram } from 'node:perf_hooks';
import { type SwarmClient, SwarmConnection } from './connection.ts';
import type { SwarmPayload } from './payloads.ts';

export interface SwarmOptions {
  readonly host: string;
  readonly port: number;
  readonly clients: readonly SwarmClient[];
  /** Publishes without a PUBACK, a client (1 … 65,535). */
  readonly window: number;
  /** How long to publish, from when every client is connected (or has failed to). */
  readonly durationMs: number;
  readonly payload: SwarmPayload;
  /**
   * Messages that a client sends in one write. Without a `rate`, a window is refilled only once it has room for
   * them: half the window spares the generator most of its system calls. Default 1.
   */
  readonly batch?: number;
  /** Publishes a second over all clients; absent or 0: as fast as the acknowledgements allow. */
  readonly rate?: number;
  /** Each client stops after this many; 0 only holds the connections open. The run ends when all have. */
  readonly messagesPerClient?: number;
  /** How long to wait for the last acknowledgements. Default 10,000. */
  readonly drainMs?: number;
  /** Connections being opened at the same time. Default 100. */
  readonly connectingMax?: number;
  /** Open a lost connection again after this long and send what is pending again. Absent: it stays lost. */
  readonly reconnectMs?: number;
  /** Anything but a loopback address is refused without this. */
  readonly allowRemote?: boolean;
  readonly signal?: AbortSignal;
  /** Every second while publishing. */
  readonly onProgress?: (progress: SwarmProgress) => void;
}

export interface SwarmProgress {
  readonly connected: number;
  readonly sent: number;
  readonly acked: number;
}

export interface SwarmResult {
  readonly clients: number;
  /** Clients that were connected when publishing began. */
  readonly connected: number;
  readonly sent: number;
  readonly acked: number;
  /** From the first publish to the last PUBACK. */
  readonly elapsedMs: number;
  /** PUBACKs a second. */
  readonly ackedPerS: number;
  /** From writing a PUBLISH to its PUBACK. */
  readonly latencyMs: {
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
  /** Reason → how often: `CONNACK 5`, `ECONNRESET`, `closed by the broker` … Empty when all went well. */
  readonly errors: Readonly<Record<string, number>>;
  /** For each client: message numbers below `ackedBelow`, and those in `ackedBeyond`, are acknowledged. */
  readonly byClient: readonly {
    readonly sent: number;
    readonly ackedBelow: number;
    readonly ackedBeyond: readonly number[];
  }[];
}

export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host);
const KEEPALIVE_S = 60;
const TICK_MS = 5;
/** A run that fell behind its rate does not make up for more than this. */
const BEHIND_MS_MAX = 250;

/**
 * Publishes at QoS 1 from many connections at once and reports what was acknowledged, how fast.
 * Bounded: it ends after `durationMs` + `drainMs` at the latest, counted from when the clients are connected,
 * and connecting is given up after 30 s. Lost connections are counted, never thrown.
 * @throws RangeError for options that make no sense; Error for a remote host without `allowRemote`.
 */
export async function runSwarm(options: SwarmOptions): Promise<SwarmResult> {
  const { clients, window, payload, batch = 1, rate = 0, signal, drainMs = 10_000 } = options;
  if (!options.allowRemote && !isLoopback(options.host)) {
    throw new Error(`${options.host} is not a loopback address; a load test needs its owner's consent`);
  }
  if (!(window >= 1 && window <= 65_535)) throw new RangeError('window: 1 to 65535');
  if (!(batch >= 1 && batch <= window)) throw new RangeError('batch: 1 to window');
  if (!(rate >= 0)) throw new RangeError('rate: 0 or more');
  const perClient = options.messagesPerClient ?? Number.MAX_SAFE_INTEGER;
  const latencies = createHistogram();
  const errors: Record<string, number> = {};
  const timers = new Set<NodeJS.Timeout>();
  let phase: 'connecting' | 'publishing' | 'draining' | 'over' = 'connecting';
  const opening = new Set<number>();
  let lastAckMs = 0;
  let wake: () => void = () => {};

  const connections = clients.map(
    (client, index) =>
      new SwarmConnection({
        host: options.host,
        port: options.port,
        client,
        index,
        window,
        payload,
        messagesMax: perClient,
        keepaliveS: KEEPALIVE_S,
        onConnected: () => {
          opening.delete(index);
          if (phase === 'publishing' && rate === 0) fill(connectionAt(index));
          wake();
        },
        onAcked: (latencyMs) => latencies.record(Math.max(1, Math.round(latencyMs * 1000))),
        onRoom: (connection) => {
          lastAckMs = performance.now();
          if (phase === 'publishing' && rate === 0 && connection.pending <= window - batch) fill(connection);
          if (connection.pending === 0 && (phase === 'draining' || connection.sent === perClient)) wake();
        },
        onLost: (reason) => {
          if (phase === 'over') return;
          errors[reason] = (errors[reason] ?? 0) + 1;
          opening.delete(index);
          if (options.reconnectMs !== undefined) reopenLater(index, options.reconnectMs);
          wake();
        },
      }),
  );

  const connectionAt = (index: number): SwarmConnection => {
    const connection = connections[index];
    if (!connection) throw new RangeError(`no client ${index}`);
    return connection;
  };
  const fill = (connection: SwarmConnection): void => {
    connection.send(window, performance.now());
  };
  function reopenLater(index: number, afterMs: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (phase !== 'over') connectionAt(index).reopen();
    }, afterMs);
    timers.add(timer);
  }
  const total = (of: (connection: SwarmConnection) => number): number =>
    connections.reduce((sum, connection) => sum + of(connection), 0);
  /** Waits until `done()` (checked whenever something happened), the deadline or an abort. */
  async function until(done: () => boolean, deadlineMs: number): Promise<void> {
    while (!done() && !signal?.aborted && performance.now() < deadlineMs) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(1000, Math.max(1, deadlineMs - performance.now())));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
  const onAbort = (): void => wake();
  signal?.addEventListener('abort', onAbort);

  try {
    const connectBy = performance.now() + 30_000;
    for (const connection of connections) {
      await until(() => opening.size < (options.connectingMax ?? 100), connectBy);
      if (signal?.aborted || performance.now() >= connectBy) break;
      opening.add(connection.index);
      connection.open();
    }
    await until(() => opening.size === 0, connectBy);
    const connected = total((c) => (c.connected ? 1 : 0));

    phase = 'publishing';
    const startMs = performance.now();
    lastAckMs = startMs;
    const endMs = startMs + options.durationMs;
    const stopPinging = every(KEEPALIVE_S * 500, () => {
      for (const connection of connections) connection.ping();
    });
    const stopProgress = every(1000, () =>
      options.onProgress?.({
        connected: total((c) => (c.connected ? 1 : 0)),
        sent: total((c) => c.sent),
        acked: total((c) => c.acked),
      }),
    );
    const stopPacing = rate === 0 ? () => {} : pace(connections, { rate, batch }, startMs);
    if (rate === 0) for (const connection of connections) fill(connection);
    const allSaid = (): boolean =>
      (perClient > 0 && connections.every((c) => c.sent === perClient)) ||
      (options.reconnectMs === undefined && connections.every((c) => !c.connected));
    await until(allSaid, endMs);

    phase = 'draining';
    stopPacing();
    const canFinish = (c: SwarmConnection): boolean => c.connected || options.reconnectMs !== undefined;
    await until(
      () => connections.every((c) => c.pending === 0 || !canFinish(c)),
      performance.now() + drainMs,
    );
    stopPinging();
    stopProgress();

    const acked = total((c) => c.acked);
    const elapsedMs = lastAckMs - startMs;
    const percentile = (p: number): number => (acked === 0 ? 0 : latencies.percentile(p) / 1000);
    return {
      clients: clients.length,
      connected,
      sent: total((c) => c.sent),
      acked,
      elapsedMs,
      ackedPerS: elapsedMs > 0 ? (acked / elapsedMs) * 1000 : 0,
      latencyMs: {
        p50: percentile(50),
        p95: percentile(95),
        p99: percentile(99),
        max: acked === 0 ? 0 : latencies.max / 1000,
      },
      errors,
      byClient: connections.map((c) => ({
        sent: c.sent,
        ackedBelow: c.ackedBelow,
        ackedBeyond: [...c.ackedBeyond],
      })),
    };
  } finally {
    phase = 'over';
    signal?.removeEventListener('abort', onAbort);
    for (const timer of timers) clearTimeout(timer);
    for (const connection of connections) connection.close();
  }
}

function every(ms: number, action: () => void): () => void {
  const timer = setInterval(action, ms);
  return () => clearInterval(timer);
}

/** Publishes at a rate, a batch a client in turn; what a full window holds up is dropped after a while. */
function pace(
  connections: readonly SwarmConnection[],
  { rate, batch }: { readonly rate: number; readonly batch: number },
  startMs: number,
): () => void {
  let due = 0;
  let beforeMs = startMs;
  let turn = 0;
  return every(TICK_MS, () => {
    const nowMs = performance.now();
    due = Math.min(due + (rate * (nowMs - beforeMs)) / 1000, (rate * BEHIND_MS_MAX) / 1000 + batch);
    beforeMs = nowMs;
    let full = 0;
    while (due >= batch && full < connections.length) {
      const sent = connections[turn]?.send(batch, nowMs) ?? 0;
      turn = (turn + 1) % connections.length;
      due -= sent;
      full = sent > 0 ? 0 : full + 1;
    }
  });
}
