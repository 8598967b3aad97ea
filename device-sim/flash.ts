import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { RelayMemory } from './relay.ts';

/** What the devices of a fleet remember over a power cut: the last instant that was acknowledged, and their relays. */
export interface Flash {
  lastAcked(device: string): number | undefined;
  /** The newest instant stays, in whatever order the acknowledgements come. */
  acked(device: string, ts: number): void;
  /** When a device's relay switched, the first to open. */
  relay(device: string): RelayMemory;
  /** Writes what changed to the file. */
  save(): void;
}

/** By device; its relay beside it, under a name that no device has. */
const zFlash = z.record(z.string(), z.union([z.number().int(), z.array(z.number().int())]));
const relayOf = (device: string): string => `${device}/relay`;

/** In memory when there is no file. A file that cannot be read is an error: it would mean to send all again. */
export function openFlash(file: string | undefined): Flash {
  const known =
    file && existsSync(file)
      ? new Map(Object.entries(zFlash.parse(JSON.parse(readFileSync(file, 'utf8')))))
      : new Map<string, number | number[]>();
  let changed = false;
  const lastAcked = (device: string): number | undefined => {
    const ts = known.get(device);
    return typeof ts === 'number' ? ts : undefined;
  };
  return {
    lastAcked,
    acked(device, ts) {
      if (ts <= (lastAcked(device) ?? Number.NEGATIVE_INFINITY)) return;
      known.set(device, ts);
      changed = true;
    },
    relay: (device) => ({
      read() {
        const switched = known.get(relayOf(device));
        return Array.isArray(switched) ? switched : [];
      },
      write(switched) {
        known.set(relayOf(device), [...switched]);
        changed = true;
      },
    }),
    save() {
      if (!file || !changed) return;
      changed = false;
      // A cut in the middle of writing leaves the old file whole.
      writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(known)), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
  };
}
