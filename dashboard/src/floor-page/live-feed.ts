import type { StallState } from '../../../domain/floor.ts';
import { liveUrl } from '../api.ts';
import { reportConnection } from '../connection.ts';
import { LiveClient, type LiveClock, type LiveSocket } from '../floor/live-client.ts';

export type StatesListener = (
  changed: readonly StallState[],
  previous: ReadonlyMap<number, StallState>,
) => void;

/** A floor's live client on the browser's socket and clock, for any number of listeners. */
export interface LiveFeed {
  readonly client: LiveClient;
  onStates(listener: StatesListener): () => void;
  onStatus(listener: () => void): () => void;
  close(): void;
}

const clock: LiveClock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

function connect(url: string): LiveSocket {
  const raw = new WebSocket(url);
  const socket: LiveSocket = { onmessage: null, onclose: null, close: () => raw.close() };
  raw.onmessage = (event: MessageEvent<unknown>) => socket.onmessage?.(event);
  raw.onclose = () => socket.onclose?.();
  return socket;
}

export function openLiveFeed(floor: number): LiveFeed {
  const statesListeners = new Set<StatesListener>();
  const statusListeners = new Set<() => void>();
  const client: LiveClient = new LiveClient({
    connect: () => connect(liveUrl(floor)),
    clock,
    random: Math.random,
    onStates(changed, previous) {
      for (const listener of statesListeners) listener(changed, previous);
    },
    onStatus() {
      reportConnection(client.status === 'live' ? 'ok' : client.status);
      for (const listener of statusListeners) listener();
    },
  });
  const check = () => {
    if (document.visibilityState === 'visible') client.check();
  };
  const online = () => client.check();
  window.addEventListener('online', online);
  document.addEventListener('visibilitychange', check);
  document.addEventListener('resume', check);
  return {
    client,
    onStates(listener) {
      statesListeners.add(listener);
      return () => statesListeners.delete(listener);
    },
    onStatus(listener) {
      statusListeners.add(listener);
      return () => statusListeners.delete(listener);
    },
    close() {
      window.removeEventListener('online', online);
      document.removeEventListener('visibilitychange', check);
      document.removeEventListener('resume', check);
      client.close();
    },
  };
}
