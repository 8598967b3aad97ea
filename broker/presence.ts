import type { Logger } from 'pino';
import type { Database } from '../store/database.ts';
import { type Presence, storePresence } from '../store/device-states.ts';
import { notifyPresence } from '../store/notices.ts';
import { within } from './within.ts';

const FLUSH_MS = 1_000;
const ROWS_MAX = 5_000;

export interface PresenceLogDeps {
  readonly db: Database;
  readonly log: Logger;
  /** The number of this process among the brokers. */
  readonly broker: number;
  /** The device has a newer connection, elsewhere, than the one that was opened here at `at`. */
  readonly onSuperseded: (device: string, at: number) => void;
}

/**
 * Which devices are connected here, written to Postgres at most once a second; only a device's newest state waits.
 * Of a device that two brokers have, the newer connection counts: the other broker is told, and closes its own.
 */
export class PresenceLog {
  readonly #deps: PresenceLogDeps;
  readonly #changes = new Map<string, Presence>();
  readonly #timer: NodeJS.Timeout;
  #flushing: Promise<void> | undefined;

  constructor(deps: PresenceLogDeps) {
    this.#deps = deps;
    this.#timer = setInterval(() => void this.flush(), FLUSH_MS);
  }

  /** @param at when the connection was opened or closed, epoch ms. */
  note(deviceId: string, online: boolean, at: number): void {
    this.#changes.set(deviceId, { deviceId, online, at });
  }

  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    const { db, log, broker, onSuperseded } = this.#deps;
    while (this.#changes.size > 0) {
      const batch = [...this.#changes.values()].slice(0, ROWS_MAX);
      try {
        const { own, others } = await storePresence(db.$client, broker, batch);
        for (const { deviceId, at } of own) onSuperseded(deviceId, at);
        if (others.length > 0) await notifyPresence(db.$client, broker, others);
      } catch (error) {
        log.warn({ err: error }, 'broker: online states not written, will try again');
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
