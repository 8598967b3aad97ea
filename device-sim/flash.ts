import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

/** What the devices of a fleet remember over a power cut: for each the last instant that was acknowledged. */
export interface Flash {
  lastAcked(device: string): number | undefined;
  /** The newest instant stays, in whatever order the acknowledgements come. */
  acked(device: string, ts: number): void;
  /** Writes what changed to the file. */
  save(): void;
}

const zFlash = z.record(z.string(), z.number().int());

/** In memory when there is no file. A file that cannot be read is an error: it would mean to send all again. */
export function openFlash(file: string | undefined): Flash {
  const known =
    file && existsSync(file)
      ? new Map(Object.entries(zFlash.parse(JSON.parse(readFileSync(file, 'utf8')))))
      : new Map<string, number>();
  let changed = false;
  return {
    lastAcked: (device) => known.get(device),
    acked(device, ts) {
      if (ts <= (known.get(device) ?? Number.NEGATIVE_INFINITY)) return;
      known.set(device, ts);
      changed = true;
    },
    save() {
      if (!file || !changed) return;
      changed = false;
      // A cut in the middle of writing leaves the old file whole.
      writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(known)), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
  };
}
