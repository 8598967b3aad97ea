import { Dice } from './dice.ts';
import type { FaultKind } from './fault.ts';
import type { Fleet } from './fleet.ts';
import { pause } from './pause.ts';

/** A fault of a round: when it begins after the one before it, and how long it lasts. */
interface Planned {
  readonly kind: FaultKind;
  readonly afterMs: number;
  readonly holdMs: number;
}

/** Faults that overlap; the next round begins when all of them are over and, unless it is hasty, recovered from. */
export interface Round {
  readonly faults: readonly Planned[];
  readonly isHasty: boolean;
  readonly pauseMs: number;
}

/** What is known of the rounds of one fault alone, or of several at once. */
export interface Toll {
  rounds: number;
  lost: number;
  silent: number;
  refused: number;
  readonly pubackMs: number[];
  readonly storedMs: number[];
  /** Of how many recoveries an end was not seen in time. */
  unseen: number;
}

const TOGETHER = 0.35;
const AGAIN = 0.4;
const HASTY = 0.25;
const RECOVERY_MS_MAX = 120_000;
/** The journal is worked off when what is not is younger. */
const LAG_S = 1.5;

/** The plan: each kind comes once before any comes again. The same seed and kinds, the same rounds. */
export function* planRounds(kinds: readonly FaultKind[], seed: number): Generator<Round> {
  const dice = new Dice(seed, 'rounds');
  let bag: FaultKind[] = [];
  const planned = (kind: FaultKind): Planned => {
    const [min, max] = kind.holdMs;
    return { kind, afterMs: dice.between(0, 2_500), holdMs: dice.between(min, max) };
  };
  for (;;) {
    if (bag.length === 0) bag = dice.shuffled(kinds);
    const faults = [planned(bag.shift() as FaultKind)];
    for (let more = dice.next() < TOGETHER; more; more = dice.next() < AGAIN) {
      const taken = new Set(faults.flatMap(({ kind }) => kind.touches));
      const next = bag.findIndex(({ touches }) => !touches.some((touched) => taken.has(touched)));
      if (next < 0) break;
      faults.push(planned(bag.splice(next, 1)[0] as FaultKind));
    }
    yield { faults, isHasty: faults.length > 1 && dice.next() < HASTY, pauseMs: dice.between(300, 2_000) };
  }
}

export const SEVERAL = 'several at once';

export interface Stage {
  readonly fleet: Fleet;
  readonly lag: (() => Promise<number | null>) | null;
  readonly signal: AbortSignal;
  readonly tolls: Map<string, Toll>;
  /** Names of the faults that are on. */
  readonly active: Set<string>;
  readonly times: Map<string, number>;
}

/** Lives through a round. Whatever happens, each fault that began is ended. */
export async function playRound(stage: Stage, round: Round): Promise<void> {
  const { fleet, signal, tolls } = stage;
  const before = { ...fleet.noticed };
  const running: Promise<void>[] = [];
  for (const [i, fault] of round.faults.entries()) {
    if (i > 0) await pause(fault.afterMs, signal);
    running.push(playFault(stage, fault));
  }
  const failed = (await Promise.allSettled(running)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  const endedAt = performance.now();
  const name = round.faults.length === 1 ? (round.faults[0]?.kind.name ?? '') : SEVERAL;
  const toll = tolls.get(name) ?? newToll();
  tolls.set(name, toll);
  if (!round.isHasty && !signal.aborted) await recover(stage, toll, endedAt);
  toll.rounds++;
  toll.lost += fleet.noticed.lost - before.lost;
  toll.silent += fleet.noticed.silent - before.silent;
  toll.refused += fleet.noticed.refused - before.refused;
  await pause(round.pauseMs, signal);
}

async function playFault({ active, times, signal }: Stage, { kind, holdMs }: Planned): Promise<void> {
  active.add(kind.name);
  times.set(kind.name, (times.get(kind.name) ?? 0) + 1);
  try {
    await kind.begin();
    await pause(holdMs, signal);
  } finally {
    await kind.end();
    active.delete(kind.name);
  }
}

async function recover({ fleet, lag, signal }: Stage, toll: Toll, endedAt: number): Promise<void> {
  const pubackMs = await fleet.firstPubackAfter(endedAt, RECOVERY_MS_MAX, signal);
  if (pubackMs === null) {
    toll.unseen++;
    return;
  }
  toll.pubackMs.push(pubackMs);
  if (!lag) return;
  while (performance.now() - endedAt < RECOVERY_MS_MAX && !signal.aborted) {
    const seconds = await lag();
    if (seconds !== null && seconds < LAG_S) {
      toll.storedMs.push(performance.now() - endedAt);
      return;
    }
    await pause(200, signal);
  }
  toll.unseen++;
}

const newToll = (): Toll => ({
  ...{ rounds: 0, lost: 0, silent: 0, refused: 0, unseen: 0 },
  pubackMs: [],
  storedMs: [],
});
