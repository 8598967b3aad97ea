import { createHash, timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import { type Credential, readCredentials, readCredentialsOf } from '../store/credentials.ts';
import type { Database } from '../store/database.ts';

/** A device as it is held in memory: strings, which cost a third of Buffers (75,000 devices: some 20 MB). */
interface Entry {
  readonly site: string;
  readonly hash: string;
  readonly previousHash: string | undefined;
  /** Epoch milliseconds. */
  readonly previousExpiresAt: number;
  readonly rateLimit: number;
}

export interface Admission {
  readonly site: string;
  readonly device: string;
  readonly secretHash: string | undefined;
  readonly rateLimit: number;
}

const RETRY_MS = 1_000;
/** Changes of this many devices are read one by one (a burst of them together); beyond, all are read. */
const CHANGED_MAX = 5_000;
const GATHER_MS = 20;
const NOBODY = '\0'.repeat(32);

/** The enabled devices and their secrets, in memory: who may connect is decided without the database. */
export class CredentialBook {
  readonly #db: Database;
  readonly #log: Logger;
  readonly #onChanged: (devices: Iterable<string> | 'all') => void;
  #entries = new Map<string, Entry>();
  readonly #changed = new Set<string>();
  #all = false;
  #refreshing: Promise<void> | undefined;
  #closed = false;

  constructor(deps: {
    readonly db: Database;
    readonly log: Logger;
    readonly onChanged: (devices: Iterable<string> | 'all') => void;
  }) {
    this.#db = deps.db;
    this.#log = deps.log;
    this.#onChanged = deps.onChanged;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** @throws when the database does not answer. */
  async load(): Promise<void> {
    const entries = new Map<string, Entry>();
    for await (const page of readCredentials(this.#db.$client)) {
      for (const credential of page) entries.set(credential.device, entryOf(credential));
    }
    this.#entries = entries;
  }

  /** Reads a device again, or all; soon, and as often as it takes. */
  refresh(device: string | 'all'): void {
    if (device === 'all' || this.#changed.size >= CHANGED_MAX) this.#all = true;
    else this.#changed.add(device);
    this.#refreshing ??= this.#refresh();
  }

  async #refresh(): Promise<void> {
    await pause(GATHER_MS);
    while (!this.#closed && (this.#all || this.#changed.size > 0)) {
      const all = this.#all;
      const devices = [...this.#changed];
      this.#all = false;
      this.#changed.clear();
      try {
        if (all) await this.load();
        else await this.#reload(devices);
        this.#onChanged(all ? 'all' : devices);
      } catch (error) {
        if (this.#closed) return;
        this.#log.warn({ err: error }, 'broker: credentials not refreshed, will try again');
        this.#all ||= all;
        for (const device of devices) this.#changed.add(device);
        await pause(RETRY_MS);
      }
    }
    this.#refreshing = undefined;
  }

  async #reload(devices: readonly string[]): Promise<void> {
    const found = await readCredentialsOf(this.#db.$client, devices);
    for (const device of devices) this.#entries.delete(device);
    for (const credential of found) this.#entries.set(credential.device, entryOf(credential));
  }

  /**
   * Lets `{site}/{device}` in with its secret, or with a certificate of that common name. Takes as long for an
   * unknown device as for a wrong secret.
   */
  admit(clientId: string, secret: Buffer | undefined, certificateName?: string): Admission | undefined {
    const slash = clientId.indexOf('/');
    const site = clientId.slice(0, slash);
    const device = clientId.slice(slash + 1);
    const entry = this.#entries.get(device);
    const known = entry !== undefined && entry.site === site && slash > 0;
    if (certificateName === clientId && known) {
      return { site, device, secretHash: undefined, rateLimit: entry.rateLimit };
    }
    const hash = createHash('sha256')
      .update(secret ?? '')
      .digest();
    const isCurrent = equal(hash, known ? entry.hash : NOBODY);
    const isPrevious = equal(hash, (known && entry.previousHash) || NOBODY) && known && isFresh(entry);
    if (!known || (!isCurrent && !isPrevious)) return undefined;
    return { site, device, secretHash: hash.toString('latin1'), rateLimit: entry.rateLimit };
  }

  /** Would this connection still be let in? */
  isValid({ site, device, secretHash }: Pick<Admission, 'site' | 'device' | 'secretHash'>): boolean {
    const entry = this.#entries.get(device);
    if (!entry || entry.site !== site) return false;
    if (secretHash === undefined || secretHash === entry.hash) return true;
    return secretHash === entry.previousHash && isFresh(entry);
  }

  close(): void {
    this.#closed = true;
  }
}

const isFresh = (entry: Entry): boolean => Date.now() < entry.previousExpiresAt;

const equal = (hash: Buffer, stored: string): boolean =>
  stored.length === hash.length && timingSafeEqual(hash, Buffer.from(stored, 'latin1'));

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function entryOf(credential: Credential): Entry {
  return {
    site: credential.site,
    hash: credential.secretHash.toString('latin1'),
    previousHash: credential.previousSecretHash?.toString('latin1'),
    previousExpiresAt: credential.previousSecretExpiresAt?.getTime() ?? 0,
    rateLimit: credential.rateLimit,
  };
}
