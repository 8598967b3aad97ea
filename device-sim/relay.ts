import type { Curve } from './load-curve.ts';

/** A load behind a relay: what would have flowed while it was open did not. */
export interface Relay extends Curve {
  isOpen(): boolean;
  switch(to: 'open' | 'closed', ts: number): void;
}

/** What a relay remembers over a power cut: the instants at which it switched, the first to open. */
export interface RelayMemory {
  read(): readonly number[];
  write(switched: readonly number[]): void;
}

export function relayed(load: Curve, memory?: RelayMemory): Relay {
  const switched = [...(memory?.read() ?? [])];
  return {
    at(ts) {
      let lost = 0;
      for (let i = 0; i < switched.length; i += 2) {
        const opened = switched[i] ?? 0;
        if (ts <= opened) break;
        lost += load.at(Math.min(ts, switched[i + 1] ?? ts)) - load.at(opened);
      }
      return load.at(ts) - lost;
    },
    isOpen: () => switched.length % 2 === 1,
    switch(to, ts) {
      if ((to === 'open') === this.isOpen()) return;
      // A clock that went back does not undo what was counted.
      switched.push(Math.max(ts, switched.at(-1) ?? ts));
      memory?.write(switched);
    },
  };
}
