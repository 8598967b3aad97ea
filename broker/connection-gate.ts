import { networkOf } from '../domain/networks.ts';
import type { Limits } from './limits.ts';
import type { Refusal } from './metrics.ts';
import { TokenBucket } from './token-bucket.ts';

/** Networks remembered; beyond, those that have been quiet longest are forgotten. */
const NETWORKS_MAX = 10_000;
const BURST_S = 10;
/** Many refusals at once do not shut a network out for longer. */
const WAIT_MS_MAX = 10_000;
/** A network is known by its devices for so long after the last of them showed a good secret. */
const KNOWN_MS = 60 * 60_000;

interface Network {
  readonly bucket: TokenBucket;
  /** When somebody there last showed a good secret. */
  provedAt: number;
}

/**
 * How many may come, in all and from one network. A storm after a power cut passes; a flood does not.
 *
 * Who comes cannot be told at the door, and a whole market often shares one address with whoever else is on its
 * network. So a network's share lets a large market in at once, and a refused CONNECT costs ten connections only
 * where nobody has shown a good secret lately: strangers get slow, and nobody who guesses or is misconfigured locks
 * out the devices beside it. What a flood costs is bounded all the same, by the network's rate.
 */
export class ConnectionGate {
  readonly #limits: Limits;
  readonly #all: TokenBucket;
  readonly #networks = new Map<string, Network>();
  #open = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#all = new TokenBucket(limits.connectionRate, limits.connectionRate * BURST_S, performance.now());
  }

  /** Call `leave` when a connection that was not refused is closed. */
  enter(address: string): Refusal | undefined {
    const now = performance.now();
    if (this.#open >= this.#limits.connectionsMax) return 'too_many_connections';
    if (!this.#network(address, now).bucket.take(now) || !this.#all.take(now)) return 'connection_rate';
    this.#open++;
    return undefined;
  }

  leave(): void {
    this.#open--;
  }

  get open(): number {
    return this.#open;
  }

  /** Somebody at this address showed good credentials. */
  noteGood(address: string): void {
    const now = performance.now();
    this.#network(address, now).provedAt = now;
  }

  /** Somebody at this address showed wrong credentials: among strangers, guessing gets slow. */
  chargeRefusal(address: string): void {
    const now = performance.now();
    const { bucket, provedAt } = this.#network(address, now);
    const isKnown = now - provedAt < KNOWN_MS;
    if (!isKnown && bucket.waitMs(now) < WAIT_MS_MAX) bucket.charge(this.#limits.refusalCost);
  }

  #network(address: string, now: number): Network {
    const rate = this.#limits.connectionRatePerAddress;
    const key = networkOf(address);
    const network = this.#networks.get(key) ?? {
      bucket: new TokenBucket(rate, rate * BURST_S, now),
      provedAt: Number.NEGATIVE_INFINITY,
    };
    // Last in the map: the first is the one that has been quiet longest.
    this.#networks.delete(key);
    this.#networks.set(key, network);
    for (const oldest of this.#networks.keys()) {
      if (this.#networks.size <= NETWORKS_MAX) break;
      this.#networks.delete(oldest);
    }
    return network;
  }
}
