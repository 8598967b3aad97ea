import type { Logger } from 'pino';
import type { Database } from '../store/database.ts';
import { type Presence, resetPresence, storePresence } from '../store/device-states.ts';
import { within } from './within.ts';

const FLUSH_MS = 1_000;
const ROWS_MAX = 5_000;

/** Which devices are connected, written to Postgres at most once a second; only a device's newest state waits. */
export class PresenceLog {
  readonly #db: Database;
  readonly #log: Logger;
  readonly #changes = new Map<string, Presence>();
  readonly #timer: NodeJS.Timeout;
  #flushing: Promise<void> | undefined;

  constructor({ db, log }: { readonly db: Database; readonly log: Logger }) {
    this.#db = db;
    this.#log = log;
    this.#timer = setInterval(() => void this.flush(), FLUSH_MS);
  }

  /** A crash left devices online that are not. One broker serves all devices. */
  async reset(): Promise<void> {
    await resetPresence(this.#db.$client, new Date());
  }

  note(deviceId: string, online: boolean): void {
    this.#changes.set(deviceId, { deviceId, online, at: Date.now() });
  }

  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    while (this.#changes.size > 0) {
      const batch = [...this.#changes.values()].slice(0, ROWS_MAX);
      try {
        await storePresence(this.#db.$client, batch);
      } catch (error) {
        this.#log.warn({ err: error }, 'broker: online states not written, will try again');
        return;
      }
      // What changed meanwhile is newer and stays.
      for (const row of batch)
        if (this.#changes.get(row.deviceId) === row) this.#changes.delete(row.deviceId);
    }
  }

  /** Writes what is left, waiting at most `waitMs`. */
  async close(waitMs: number): Promise<void> {
    clearInterval(this.#timer);
    const flushed = (async () => {
      await this.#flushing;
      await this.flush();
    })();
    await within(waitMs, flushed);
  }
}
