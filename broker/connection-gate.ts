import type { Limits } from './limits.ts';
import type { Refusal } from './metrics.ts';
import { TokenBucket } from './token-bucket.ts';

/** Addresses remembered; beyond, those that have been quiet longest are forgotten. */
const ADDRESSES_MAX = 10_000;
const BURST_S = 10;

/** How many may come, in all and from one address. A storm after a power cut passes; a flood does not. */
export class ConnectionGate {
  readonly #limits: Limits;
  readonly #all: TokenBucket;
  readonly #addresses = new Map<string, TokenBucket>();
  #open = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#all = new TokenBucket(limits.connectionRate, limits.connectionRate * BURST_S, performance.now());
  }

  /** Call `leave` when a connection that was not refused is closed. */
  enter(address: string): Refusal | undefined {
    const now = performance.now();
    if (this.#open >= this.#limits.connectionsMax) return 'too_many_connections';
    if (!this.#bucketOf(address, now).take(now) || !this.#all.take(now)) return 'connection_rate';
    this.#open++;
    return undefined;
  }

  leave(): void {
    this.#open--;
  }

  get open(): number {
    return this.#open;
  }

  /** Somebody at this address showed wrong credentials: guessing gets slow. */
  chargeRefusal(address: string): void {
    this.#bucketOf(address, performance.now()).charge(this.#limits.refusalCost);
  }

  #bucketOf(address: string, now: number): TokenBucket {
    const rate = this.#limits.connectionRatePerAddress;
    const bucket = this.#addresses.get(address) ?? new TokenBucket(rate, rate * BURST_S, now);
    // Last in the map: the first is the one that has been quiet longest.
    this.#addresses.delete(address);
    this.#addresses.set(address, bucket);
    for (const oldest of this.#addresses.keys()) {
      if (this.#addresses.size <= ADDRESSES_MAX) break;
      this.#addresses.delete(oldest);
    }
    return bucket;
  }
}
