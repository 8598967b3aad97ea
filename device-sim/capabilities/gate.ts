import { HOUR_MS } from '../calendar.ts';
import { type Capability, type DeviceEvent, refuse } from './capability.ts';
import type { Visit, Visits } from './visits.ts';

const OPEN_MS = 6_000;

export type LaneDirection = 'in' | 'out' | 'both';

interface Pass {
  readonly ts: number;
  readonly direction: 'in' | 'out';
  readonly plate: string;
  readonly class: string;
}

const entryOf = ({ entryTs, vehicle }: Visit): Pass => ({ ts: entryTs, direction: 'in', ...vehicle });
const exitOf = ({ exitTs, vehicle, exitPlate }: Visit): Pass => ({
  ts: exitTs,
  direction: 'out',
  plate: exitPlate,
  class: vehicle.class,
});

/** Who passes a lane in an hour since the epoch, in order. */
export function passesIn(visits: Visits, direction: LaneDirection, hourIndex: number): readonly Pass[] {
  const entries = direction === 'out' ? [] : visits.enteringIn(hourIndex).map(entryOf);
  const exits = direction === 'in' ? [] : visits.leavingIn(hourIndex).map(exitOf);
  return [...entries, ...exits].sort((a, b) => a.ts - b.ts);
}

/** Counts vehicles and tells of each; opens when told to. */
export function gate(options: {
  readonly visits: Visits;
  readonly direction: LaneDirection;
  /** All passes before an hour begins. */
  readonly passesBefore: (ts: number) => number;
}): Capability {
  const { visits, direction, passesBefore } = options;
  let openedByCommandAt = Number.NEGATIVE_INFINITY;
  let closedByCommandAt = Number.NEGATIVE_INFINITY;
  // Every message looks at the hours around it.
  const hours = new Map<number, readonly Pass[]>();
  const passesOf = (hourIndex: number): readonly Pass[] => {
    const known = hours.get(hourIndex);
    if (known) return known;
    if (hours.size > 8) hours.clear();
    const passes = passesIn(visits, direction, hourIndex);
    hours.set(hourIndex, passes);
    return passes;
  };

  const barrierOpen = (ts: number): boolean => {
    const hourIndex = Math.floor(ts / HOUR_MS);
    const passing = [...passesOf(hourIndex - 1), ...passesOf(hourIndex)].some(
      (pass) => pass.ts <= ts && ts < pass.ts + OPEN_MS && pass.ts > closedByCommandAt,
    );
    return passing || (openedByCommandAt <= ts && ts < openedByCommandAt + OPEN_MS);
  };
  return {
    sample(ts) {
      const hourIndex = Math.floor(ts / HOUR_MS);
      const thisHour = passesOf(hourIndex).filter((pass) => pass.ts <= ts).length;
      return { barrier_open: barrierOpen(ts), passes: passesBefore(hourIndex * HOUR_MS) + thisHour };
    },
    nextChange(ts) {
      const hourIndex = Math.floor(ts / HOUR_MS);
      const passes = [-1, 0, 1].flatMap((step) => passesOf(hourIndex + step).map((pass) => pass.ts));
      const changes = [...passes, ...passes.map((pass) => pass + OPEN_MS), openedByCommandAt + OPEN_MS];
      return Math.min(...changes.filter((change) => change > ts), (hourIndex + 1) * HOUR_MS);
    },
    eventsAt(ts): readonly DeviceEvent[] {
      return passesOf(Math.floor(ts / HOUR_MS))
        .filter((pass) => pass.ts === ts)
        .map(({ ts: at, ...data }) => ({ id: `pass-${at}-${data.plate}`, ts: at, type: 'pass', data }));
    },
    command(op, _args, ts) {
      if (op === 'open') openedByCommandAt = ts;
      else if (op === 'close') {
        openedByCommandAt = Number.NEGATIVE_INFINITY;
        closedByCommandAt = ts;
      } else return refuse(op);
      return { ok: true, result: { barrier_open: op === 'open' }, changed: true };
    },
  };
}
