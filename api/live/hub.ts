import type { Logger } from 'pino';
import { HEARTBEAT_MS } from '../../contracts/live.ts';
import { CHANNELS, zStallsNotice } from '../../contracts/notify.ts';
import { type Database, pingDatabase } from '../../store/database.ts';
import { listen } from '../../store/listen.ts';
import { floorIntervalS, loadStallStates } from '../../store/stalls.ts';
import { within } from '../within.ts';
import { LiveFloor } from './floor.ts';
import { deltaSeconds, deltasSent } from './metrics.ts';
import type { Subscriber } from './subscriber.ts';

/** At most ten deltas a second and floor. */
const DELTA_MS_MIN = 100;
/** Leases start and end, and sessions do, without a notice. */
const REFRESH_MS = 60_000;
/** A read that takes longer counts as no answer: pages must know within SILENCE_MS_MAX. */
const DATABASE_MS_MAX = 2_000;
const INTERVAL_S_DEFAULT = 60;

interface Watched {
  readonly floor: LiveFloor;
  readonly subscribers: Set<Subscriber>;
  loaded: boolean;
  sentAt: number;
}

export interface LiveHub {
  /** Sends the floor's snapshot and everything after it, until the answer is called. */
  watch(floorId: number, subscriber: Subscriber): () => void;
  /** The sockets open now, of everybody or of one sender. */
  count(principalId?: string): number;
  close(): Promise<void>;
}

export interface LiveHubOptions {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly log: Logger;
  /** How often leases and sessions are looked at again. */
  readonly refreshMs?: number | undefined;
}

/**
 * Keeps the state of every floor that someone watches.
 *
 * The hub is *live* while it hears Postgres' notices and Postgres answers. When it is not, it sends nothing, no
 * heartbeat either, so that every page shows within SILENCE_MS_MAX that it is disconnected; sockets stay open, and
 * the first thing they get when the hub is live again is a snapshot.
 *
 *   start → (LISTEN connected, floors loaded) → live → (LISTEN lost, a load or a ping failed) → not live → …
 *
 * Reads of the database take turns, so an older answer never overwrites a newer one; a notice that arrives during a
 * read is read again after it.
 */
export async function startLiveHub({ db, databaseUrl, log, refreshMs }: LiveHubOptions): Promise<LiveHub> {
  const watched = new Map<number, Watched>();
  const dirty = new Set<number>();
  let listening = false;
  let live = false;
  let closed = false;
  let turn: Promise<void> = Promise.resolve();
  let flushTimer: NodeJS.Timeout | undefined;
  let flushedAt = 0;
  /** When the oldest change that is not sent yet was noticed. */
  let dirtySince: number | undefined;

  /** Runs after whatever reads now. A failure ends being live; the next tick tries again. */
  function inTurn(read: () => Promise<void>): Promise<void> {
    turn = turn.then(async () => {
      if (closed) return;
      try {
        await read();
      } catch (err) {
        if (live) log.warn({ err }, 'live: the database does not answer, watchers are shown as disconnected');
        live = false;
      }
    });
    return turn;
  }

  async function load(floorId: number, entry: Watched): Promise<void> {
    const at = new Date();
    const [states, intervalS] = await within(
      DATABASE_MS_MAX,
      Promise.all([loadStallStates(db, at, { floor: floorId }), floorIntervalS(db, floorId)]),
    );
    const now = Date.now();
    const change = entry.floor.replace(states, intervalS ?? INTERVAL_S_DEFAULT, now);
    entry.loaded = true;
    if (change === 'replaced') sendSnapshots(entry, now);
    else if (change !== null) send(entry, change, now);
  }

  /** What was notified while not live was missed: everything is read again, and everyone gets a snapshot. */
  const recover = (): Promise<void> =>
    inTurn(async () => {
      if (!listening || live) return;
      for (const [floorId, entry] of watched) await load(floorId, entry);
      if (!listening) return;
      live = true;
      for (const entry of watched.values()) sendSnapshots(entry, Date.now());
    });

  function scheduleFlush(): void {
    if (flushTimer || closed) return;
    flushTimer = setTimeout(
      () => {
        void inTurn(flush).finally(() => {
          flushTimer = undefined;
          if (dirty.size > 0) scheduleFlush();
        });
      },
      Math.max(0, flushedAt + DELTA_MS_MIN - Date.now()),
    );
  }

  async function flush(): Promise<void> {
    flushedAt = Date.now();
    const floors = [...watched.values()].map((entry) => entry.floor);
    const noticedAt = dirtySince;
    dirtySince = undefined;
    const ids = [...dirty].filter((id) => floors.some((floor) => floor.has(id)));
    dirty.clear();
    if (ids.length === 0 || !live) return;
    const states = await within(DATABASE_MS_MAX, loadStallStates(db, new Date(), { ids }));
    const now = Date.now();
    for (const entry of watched.values()) {
      const delta = entry.floor.update(
        states.filter((state) => entry.floor.has(state.id)),
        now,
      );
      if (delta === null) continue;
      send(entry, delta, now);
      deltasSent.inc(entry.subscribers.size);
    }
    if (noticedAt !== undefined) deltaSeconds.observe((performance.now() - noticedAt) / 1000);
  }

  function send(entry: Watched, text: string, now: number): void {
    if (!live) return;
    entry.sentAt = now;
    for (const subscriber of entry.subscribers) subscriber.send(text, now);
  }

  function sendSnapshots(entry: Watched, now: number): void {
    if (!live || !entry.loaded) return;
    entry.sentAt = now;
    for (const subscriber of entry.subscribers) subscriber.sendSnapshot(() => entry.floor.snapshot(now), now);
  }

  async function tick(): Promise<void> {
    if (!live) return void (await recover());
    const now = Date.now();
    for (const entry of watched.values()) {
      for (const subscriber of entry.subscribers) {
        if (subscriber.behind) subscriber.sendSnapshot(() => entry.floor.snapshot(now), now);
      }
    }
    const silent = [...watched.values()].filter((entry) => now - entry.sentAt >= HEARTBEAT_MS / 2);
    if (silent.length === 0) return;
    // A heartbeat says that nothing changed: only who can ask the database knows that.
    await inTurn(() => within(DATABASE_MS_MAX, pingDatabase(db)));
    for (const entry of silent) if (entry.loaded) send(entry, entry.floor.heartbeat(Date.now()), Date.now());
  }

  async function refresh(): Promise<void> {
    const subscribers = [...watched.values()].flatMap((entry) => [...entry.subscribers]);
    for (const subscriber of subscribers) subscriber.ping();
    if (live) {
      for (const [floorId, entry] of watched) await inTurn(() => load(floorId, entry));
    }
    for (const subscriber of subscribers) {
      // While the database is away nobody is turned out.
      const stands = await within(DATABASE_MS_MAX, subscriber.recheck()).catch(() => true);
      if (!stands) subscriber.close(4401, 'signed out');
    }
  }

  // Never two at a time: a peer must have the whole interval to answer a ping.
  let refreshing = false;
  async function refreshUnlessBusy(): Promise<void> {
    if (refreshing) return;
    refreshing = true;
    await refresh().finally(() => {
      refreshing = false;
    });
  }

  const listener = await listen({
    url: databaseUrl,
    channels: [CHANNELS.stalls],
    onNotice: (_channel, payload) => {
      const notice = zStallsNotice.safeParse(payload);
      if (!notice.success || watched.size === 0) return;
      for (const id of notice.data.stalls) dirty.add(id);
      dirtySince ??= performance.now();
      scheduleFlush();
    },
    onConnected: () => {
      listening = true;
      return recover();
    },
    onLost: () => {
      listening = false;
      live = false;
    },
    log,
  });
  const ticker = setInterval(() => void tick(), HEARTBEAT_MS);
  const refresher = setInterval(() => void refreshUnlessBusy(), refreshMs ?? REFRESH_MS);

  const entryOf = (floorId: number): Watched => {
    const existing = watched.get(floorId);
    if (existing) return existing;
    const entry: Watched = { floor: new LiveFloor(), subscribers: new Set(), loaded: false, sentAt: 0 };
    watched.set(floorId, entry);
    // While not live, `recover` will load it.
    void inTurn(async () => {
      if (live) await load(floorId, entry);
    });
    return entry;
  };

  return {
    watch(floorId, subscriber) {
      const entry = entryOf(floorId);
      entry.subscribers.add(subscriber);
      const now = Date.now();
      if (live && entry.loaded) subscriber.sendSnapshot(() => entry.floor.snapshot(now), now);
      return () => {
        entry.subscribers.delete(subscriber);
        if (entry.subscribers.size === 0 && watched.get(floorId) === entry) watched.delete(floorId);
      };
    },
    count(principalId) {
      let count = 0;
      for (const { subscribers } of watched.values()) {
        for (const s of subscribers) if (principalId === undefined || s.principalId === principalId) count++;
      }
      return count;
    },
    async close() {
      closed = true;
      clearInterval(ticker);
      clearInterval(refresher);
      clearTimeout(flushTimer);
      await listener.close();
      await turn;
    },
  };
}
