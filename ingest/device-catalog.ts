import type { Logger } from 'pino';
import { CHANNELS, zCredentialsNotice } from '../contracts/notify.ts';
import { type NativeDecoder, nativeDecoder } from '../domain/decode-native.ts';
import type { Database } from '../store/database.ts';
import { type CatalogDevice, loadDeviceCatalog } from '../store/device-catalog.ts';
import { listen } from '../store/listen.ts';

export interface IngestDevice extends CatalogDevice {
  readonly decoder: NativeDecoder;
}

export interface DeviceCatalog {
  get(id: string): IngestDevice | undefined;
  /**
   * Asks the database about devices that are not known here, each at most every few seconds.
   * @throws when the database is away: then nothing is known about them, so nothing may be refused.
   */
  lookUp(ids: ReadonlySet<string>): Promise<void>;
  close(): Promise<void>;
}

const UNKNOWN_MS = 5_000;
const UNKNOWN_MAX = 10_000;
const REFRESH_DELAY_MS = 20;
/** In place of an id: any device may have changed. */
const ANY = '';
/** Beyond this many changes at once, loading everything is cheaper. */
const REFRESH_MAX = 500;

/** Every device with its profile and registers in memory, kept fresh by notices. */
export async function openDeviceCatalog(deps: {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly log: Logger;
}): Promise<DeviceCatalog> {
  const { db, databaseUrl, log } = deps;
  const devices = new Map<string, IngestDevice>();
  /** Ids the database did not know, and when it was asked. */
  const unknown = new Map<string, number>();
  const decoders = new Map<string, NativeDecoder>();
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function decoderOf({ profile }: CatalogDevice): NativeDecoder {
    // A revision never changes, so devices that pin the same share one decoder.
    const key = `${profile.id}@${profile.revision}`;
    const decoder = decoders.get(key) ?? nativeDecoder(profile);
    decoders.set(key, decoder);
    return decoder;
  }

  // One after the other, so that an older answer never replaces a newer one.
  let loading: Promise<unknown> = Promise.resolve();
  function load(ids?: readonly string[]): Promise<void> {
    const loaded = loading.then(async () => {
      const found = await loadDeviceCatalog(db, ids);
      for (const id of ids ?? [...devices.keys()]) devices.delete(id);
      for (const device of found) {
        devices.set(device.id, { ...device, decoder: decoderOf(device) });
        unknown.delete(device.id);
      }
    });
    loading = loaded.catch(() => {});
    return loaded;
  }

  async function refresh(): Promise<void> {
    timer = undefined;
    const ids = changed.has(ANY) || changed.size > REFRESH_MAX ? undefined : [...changed];
    const asked = [...changed];
    changed.clear();
    try {
      await load(ids);
    } catch (error) {
      log.warn({ err: error }, 'ingest: could not refresh devices, will try again');
      for (const id of asked) changed.add(id);
      if (!closed) timer ??= setTimeout(() => void refresh(), 1_000);
    }
  }

  const listener = await listen({
    url: databaseUrl,
    channels: [CHANNELS.credentials],
    log,
    onNotice(_channel, payload) {
      changed.add(zCredentialsNotice.safeParse(payload).data?.device ?? ANY);
      timer ??= setTimeout(() => void refresh(), REFRESH_DELAY_MS);
    },
    onConnected: () => load(),
  });

  return {
    get: (id) => devices.get(id),
    async lookUp(ids) {
      const now = performance.now();
      const missing = [...ids].filter(
        (id) => now - (unknown.get(id) ?? Number.NEGATIVE_INFINITY) > UNKNOWN_MS,
      );
      if (missing.length === 0) return;
      await load(missing);
      if (unknown.size > UNKNOWN_MAX) unknown.clear();
      for (const id of missing) if (!devices.has(id)) unknown.set(id, now);
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await listener.close();
    },
  };
}
