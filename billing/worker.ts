import type { Logger } from 'pino';
import { listen } from '../store/listen.ts';
import { interruptionsTotal } from './metrics.ts';

export interface Worker {
  wake(): void;
  /** The look that it is at may end; there is no other one. */
  close(): Promise<void>;
}

/**
 * Looks for what is due whenever it is woken, one look after the other: a wake while it looks is answered by the next
 * one, and what a look that failed has left is there for it. `signal` aborts when it closes.
 */
export function startWorker(
  of: { readonly name: string; readonly log: Logger },
  look: (signal: AbortSignal) => Promise<void>,
): Worker {
  const closing = new AbortController();
  let isDue = false;
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    while (isDue && !closing.signal.aborted) {
      isDue = false;
      try {
        await look(closing.signal);
      } catch (err) {
        interruptionsTotal.inc({ work: of.name });
        of.log.warn({ err }, `${of.name}: interrupted, will go on at the next look`);
      }
    }
  }
  function wake(): void {
    isDue = true;
    working ??= work().finally(() => {
      working = undefined;
      if (isDue && !closing.signal.aborted) wake();
    });
  }
  return {
    wake,
    async close() {
      closing.abort();
      await working;
    },
  };
}

/** Wakes a worker by a channel, whenever the connection is made, and now and then; closes both. */
export async function keepAwake(
  worker: Worker,
  of: {
    readonly databaseUrl: string;
    readonly log: Logger;
    readonly channel: string;
    readonly everyMs: number;
    /** Before each wake: with a notice's payload, to be parsed, or with nothing when anything may have happened. */
    readonly onWake?: (notice?: unknown) => void;
  },
): Promise<Worker> {
  const wake = (notice?: unknown): void => {
    of.onWake?.(notice);
    worker.wake();
  };
  const listening = await listen({
    ...{ url: of.databaseUrl, channels: [of.channel], log: of.log },
    onNotice: (_channel, notice) => wake(notice),
    onConnected: () => wake(),
  });
  const timer = setInterval(() => wake(), of.everyMs);
  return {
    ...worker,
    async close() {
      const ended = worker.close();
      clearInterval(timer);
      await listening.close();
      await ended;
    },
  };
}
