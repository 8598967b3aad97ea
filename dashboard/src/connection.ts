/** Whether the server answers, as the last request or live socket found it. Any part of the page may report. */
export type Connection = 'ok' | 'connecting' | 'lost';

let current: Connection = 'ok';
const listeners = new Set<() => void>();

export function reportConnection(next: Connection): void {
  if (next === current) return;
  current = next;
  for (const listener of listeners) listener();
}

export const connection = {
  get: (): Connection => current,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
