import type { FaultKind } from './fault.ts';
import { Fleet } from './fleet.ts';
import { describe } from './report.ts';
import { planRounds, playRound, type Round, type Stage } from './rounds.ts';
import type { Target, Total } from './target.ts';

export interface TortureOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Readings a second of each device. */
  readonly rate: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Shown over and over in one place. */
  readonly show?: (line: string) => void;
}

export interface Verdict {
  /** The table of the faults and the totals. */
  readonly text: string;
  readonly totals: readonly Total[];
  /** Totals that must be zero and are not. */
  readonly failures: readonly Total[];
}

const PROGRESS_MS = 1_000;
const FINISH_MS_MAX = 300_000;
const LONG_MINUTES = 6;

/** Tortures what `target` is until the minutes are over, heals it, and counts. Closes neither. Null when aborted. */
export async function torture(target: Target, options: TortureOptions): Promise<Verdict | null> {
  const { minutes, seed, rate, signal, say, show } = options;
  const fleet = new Fleet({ port: target.port, identities: target.identities, seed, minutes, rate });
  const stage: Stage = {
    ...{ fleet, lag: target.lag, signal },
    ...{ tolls: new Map(), active: new Set<string>(), times: new Map() },
  };
  let startedAt = performance.now();
  const elapsed = (): number => (performance.now() - startedAt) / 1000;
  const tell = (line: string): void => say(`${clock(elapsed())} ${line}`);
  const progress = setInterval(() => {
    const faults = [...stage.active].join(' + ') || 'no fault';
    show?.(`${clock(elapsed())} ${fleet.pubacks} PUBACKs · ${faults} · ${target.progress()}`);
  }, PROGRESS_MS);
  try {
    fleet.start();
    const first = await fleet.firstPubackAfter(startedAt, FINISH_MS_MAX, signal);
    if (signal.aborted) return null;
    if (first === null) throw new Error('no PUBACK ever came');
    startedAt = performance.now();
    target.work(fleet);
    for (const round of rounds(target.faultKinds(fleet), options, elapsed)) {
      if (signal.aborted) return null;
      tell(
        round.faults.map(({ kind, holdMs }) => `${kind.name} (${(holdMs / 1000).toFixed(1)} s)`).join(' + '),
      );
      await playRound(stage, round);
    }
    tell('all is healed: devices send the rest');
    const finished = await fleet.finish(FINISH_MS_MAX, signal);
    const own: Total[] = [
      { name: 'devices that could not send all', value: finished ? 0 : 1, mustBeZero: true },
      { name: 'PUBACKs', value: fleet.pubacks },
      { name: 'PUBACKs out of order', value: fleet.noticed['out of order'], mustBeZero: true },
    ];
    const counted = await unlessAborted(target.count(fleet, tell), signal);
    if (!counted) return null;
    const totals = [...own, ...counted];
    const failures = totals.filter(({ mustBeZero, value }) => mustBeZero && value !== 0);
    return { totals, failures, text: describe({ target: target.name, seed, minutes, stage, totals }) };
  } finally {
    clearInterval(progress);
    fleet.close();
  }
}

/** Until the minutes are over. In a long run no process ends in the first half, so that its memory can be watched. */
function* rounds(
  kinds: readonly FaultKind[],
  { minutes, seed }: TortureOptions,
  elapsed: () => number,
): Generator<Round> {
  const calm = planRounds(
    kinds.filter(({ endsLife }) => !endsLife),
    seed,
  );
  const all = planRounds(kinds, seed);
  while (elapsed() < minutes * 60) {
    const isCalm = minutes >= LONG_MINUTES && elapsed() < minutes * 30;
    yield (isCalm ? calm : all).next().value;
  }
}

/** Null when it is aborted first; what becomes of it then does not matter. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  work.catch(() => {});
  const aborted = new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null)));
  return signal.aborted ? null : Promise.race([work, aborted]);
}

function clock(seconds: number): string {
  return `[${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(Math.floor(seconds % 60)).padStart(2, '0')}]`;
}
