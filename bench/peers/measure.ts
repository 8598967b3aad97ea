import { setTimeout as sleep } from 'node:timers/promises';
import { settle } from './influx.ts';
import { highestRate } from './search.ts';
import type { System } from './system.ts';
import { type Costs, DEVICES, openTrial, type Trial } from './trial.ts';

/** What the generator may be late. */
const LATE = 1.1;
/** From the last acknowledgement until all is stored, besides the time that a batch may wait. */
const DRAIN_MS_MAX = 1_000;
const RATE_MIN = 50;
const RATE_MAX = 60_000;
const SATURATION_DRAIN_MS_MAX = 70_000;

const OUTAGE_PER_DEVICE = 60;
const OUTAGE_RATE = 2_000;
const OUTAGE_DRAIN_MS_MAX = 180_000;
const KILL = { rate: 400, durationMs: 15_000, downMs: 2_000, reconnectMs: 500 } as const;

export interface Level {
  /** Everything offered was acknowledged in time, and everything acknowledged was stored soon after. */
  readonly held: boolean;
  readonly ackedPerS: number;
  readonly stored: number;
  readonly costs: Costs;
}

export interface Loss {
  readonly acked: number;
  /** Acknowledged, and not in the store when we stopped asking. */
  readonly lost: number;
}

export interface Saturation extends Loss {
  readonly ackedPerS: number;
  /** Over the load and what followed it. */
  readonly storedPerS: number;
  readonly peakMb: number;
}

export interface Outage extends Loss {
  /** From when InfluxDB answered again. */
  readonly drainMs: number;
}

export interface Measuring {
  readonly system: System;
  readonly signal: AbortSignal;
  readonly startTs: number;
  readonly print: (line: string) => void;
}

/** The highest rate that a system holds for `levelMs` without a loss or a backlog; null when it holds none. */
export async function sustained(
  { system, signal, startTs, print }: Measuring,
  options: {
    readonly levelMs: number;
    readonly guess: number;
    readonly factor: number;
    readonly halvings: number;
  },
): Promise<Level | null> {
  let trial: Trial | null = null;
  try {
    return await highestRate(
      async (rate) => {
        trial ??= await openTrial(system, startTs, signal);
        const level = await paced(trial, system, rate, options.levelMs);
        print(`  ${Math.round(rate)}/s ${level.held ? 'held' : 'not held'}`);
        if (!level.held) {
          await trial.close();
          trial = null;
        }
        return level;
      },
      { ...options, min: RATE_MIN, max: RATE_MAX },
    );
  } finally {
    // Assigned in the closure above, which the compiler does not follow.
    await (trial as Trial | null)?.close();
  }
}

async function paced(trial: Trial, system: System, rate: number, levelMs: number): Promise<Level> {
  const messagesPerClient = Math.max(1, Math.round((rate * levelMs) / 1000 / DEVICES));
  const offered = messagesPerClient * DEVICES;
  const plannedMs = (offered / rate) * 1000;
  const before = trial.acked();
  const stop = trial.watch();
  const result = await trial.load({
    rate,
    messagesPerClient,
    durationMs: plannedMs * LATE,
    drainMs: 1_000,
  });
  const drainMsMax = system.flushMs + DRAIN_MS_MAX;
  const { stored } = await settle(trial.stored, {
    expected: trial.acked(),
    quietMs: drainMsMax,
    msMax: drainMsMax,
  });
  return {
    held: result.acked === offered && stored >= trial.acked(),
    ackedPerS: result.ackedPerS,
    stored: stored - before,
    costs: stop(),
  };
}

/** As much as it acknowledges for `durationMs`, and what became of it. */
export async function saturation(
  { system, signal, startTs }: Measuring,
  durationMs: number,
): Promise<Saturation> {
  const trial = await openTrial(system, startTs, signal);
  try {
    const stop = trial.watch();
    const result = await trial.load({ durationMs, batch: 10 });
    const { stored, afterMs } = await settle(trial.stored, {
      expected: result.acked,
      quietMs: system.quietMs,
      msMax: SATURATION_DRAIN_MS_MAX,
      signal,
    });
    return {
      acked: result.acked,
      ackedPerS: result.ackedPerS,
      lost: Math.max(0, result.acked - stored),
      storedPerS: (stored / (result.elapsedMs + afterMs)) * 1000,
      peakMb: stop().peakMb,
    };
  } finally {
    await trial.close();
  }
}

/**
 * InfluxDB is stopped, an hour's messages of the meters, one a minute, come in some seconds, and it is started again.
 * They are paced: faster, and a queue of Mosquitto's would overflow that has nothing to do with the outage.
 */
export async function outage({ system, signal, startTs }: Measuring): Promise<Outage> {
  const trial = await openTrial(system, startTs, signal);
  try {
    await trial.influx.stop();
    const { acked } = await trial.load({
      rate: OUTAGE_RATE,
      messagesPerClient: OUTAGE_PER_DEVICE,
      durationMs: 3 * ((OUTAGE_PER_DEVICE * DEVICES) / OUTAGE_RATE) * 1000,
    });
    await trial.influx.start();
    const { stored, afterMs } = await settle(trial.stored, {
      expected: acked,
      quietMs: system.quietMs,
      msMax: OUTAGE_DRAIN_MS_MAX,
      signal,
    });
    return { acked, lost: Math.max(0, acked - stored), drainMs: afterMs };
  } finally {
    await trial.close();
  }
}

/** What stands before InfluxDB is killed under a load that every system holds, and started again. */
export async function killed({ system, signal, startTs }: Measuring): Promise<Loss> {
  const trial = await openTrial(system, startTs, signal);
  try {
    const { rate, durationMs, downMs, reconnectMs } = KILL;
    let fault: Promise<void> | undefined;
    const strike = async (): Promise<void> => {
      await trial.running.kill();
      await sleep(downMs);
      await trial.running.restart();
    };
    const { acked } = await trial.load({
      rate,
      durationMs,
      reconnectMs,
      drainMs: 30_000,
      onProgress: (progress) => {
        if (progress.acked < rate || fault) return;
        fault = strike();
        // Awaited below; until then it is nobody's.
        fault.catch(() => {});
      },
    });
    if (!fault) throw new Error(`${system.name} acknowledged too little to be killed in the middle of it`);
    await fault;
    const { stored } = await settle(trial.stored, {
      expected: acked,
      quietMs: system.quietMs,
      msMax: SATURATION_DRAIN_MS_MAX,
      signal,
    });
    return { acked, lost: Math.max(0, acked - stored) };
  } finally {
    await trial.close();
  }
}
