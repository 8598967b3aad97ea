import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetConfig, FleetProgress } from '../contracts/fleet.ts';
import { type ClockOptions, clockOf } from './clock.ts';
import { Device, type FleetCounters } from './device.ts';
import { equip } from './equip.ts';
import { openFlash } from './flash.ts';
import { limiter, pacer } from './pacer.ts';

export interface FleetOptions extends ClockOptions {
  /** `mqtt://host:port` or `mqtts://…`. */
  readonly url: string;
  readonly config: FleetConfig;
  /** Where the devices remember what was acknowledged; without it they forget with the process. */
  readonly flashFile?: string;
  /** Kept measurements sent a second, over all devices. Default 20,000. */
  readonly backfillPerS?: number;
  /** Stop by yourself once everything kept has been acknowledged. */
  readonly historyOnly?: boolean;
  readonly signal: AbortSignal;
  /** Once a second, and when the history is done. */
  readonly onProgress?: (progress: FleetProgress) => void;
  readonly onMessage?: (device: string, kind: string, text: string) => void;
}

const CONNECTING_MAX = 50;
const BACKFILLING_MAX = 32;
const TICK_MS = 50;
const STOP_MS_MAX = 1_500;

/**
 * Runs all devices of a configuration until `signal` (or, with `historyOnly`, until their history is
 * delivered). Resolves with the last progress, after every connection is closed. Devices that cannot connect
 * go on trying; what went wrong is counted in `errors`.
 * @throws RangeError for a configuration that contradicts itself.
 */
export async function runFleet(options: FleetOptions): Promise<FleetProgress> {
  const { config, url, signal, onProgress } = options;
  const clock = clockOf(options);
  const flash = openFlash(options.flashFile);
  const counters: FleetCounters = { published: 0, acked: 0, backfilled: 0, errors: {} };
  const around = {
    url,
    site: config.site,
    historyFrom: config.historyFrom,
    clock,
    flash,
    pace: pacer(options.backfillPerS ?? 20_000),
    limitBackfill: limiter(BACKFILLING_MAX),
    counters,
    onMessage: options.onMessage,
  };
  const devices = takingTurns(equip(config, flash.relay), ({ spec }) => spec.kind).map(
    (e) => new Device(e, around),
  );
  const backfillTotal = devices.reduce((sum, device) => sum + device.pending().length, 0);
  let historyDone = false;
  const progress = (): FleetProgress => ({
    devices: devices.length,
    connected: devices.filter((device) => device.connected).length,
    backfilled: Math.min(counters.backfilled, backfillTotal),
    backfillTotal,
    historyDone,
    published: counters.published,
    acked: counters.acked,
    errors: { ...counters.errors },
  });

  const stopped = new AbortController();
  const onAbort = (): void => stopped.abort();
  if (signal.aborted) stopped.abort();
  signal.addEventListener('abort', onAbort);
  const ticking = setInterval(() => {
    const now = clock();
    for (const device of devices) device.tick(now);
    if (historyDone || !devices.every((device) => device.caughtUp)) return;
    historyDone = true;
    onProgress?.(progress());
    if (options.historyOnly) stopped.abort();
  }, TICK_MS);
  const reporting = setInterval(() => {
    flash.save();
    onProgress?.(progress());
  }, 1000);

  try {
    const limitConnecting = limiter(CONNECTING_MAX);
    const starting = devices.map((device) =>
      limitConnecting(async () => {
        if (!stopped.signal.aborted) await device.start();
      }),
    );
    await Promise.race([Promise.all(starting), aborted(stopped.signal)]);
    await aborted(stopped.signal);
  } finally {
    clearInterval(ticking);
    clearInterval(reporting);
    signal.removeEventListener('abort', onAbort);
    const deadline = sleep(STOP_MS_MAX, undefined, { ref: false });
    await Promise.race([Promise.all(devices.map((device) => device.stop())), deadline]);
    flash.save();
  }
  return progress();
}

/** One of each kind after the other, so that no kind waits until all of another are connected. */
function takingTurns<T>(items: readonly T[], kindOf: (item: T) => string): T[] {
  const counts = new Map<string, number>();
  const turns = items.map((item) => {
    const turn = counts.get(kindOf(item)) ?? 0;
    counts.set(kindOf(item), turn + 1);
    return { item, turn };
  });
  return turns.sort((a, b) => a.turn - b.turn).map(({ item }) => item);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
