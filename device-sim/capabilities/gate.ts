import { HOUR_MS } from '../calendar.ts';
import { chance } from '../random.ts';
import { type Capability, type DeviceEvent, refuse } from './capability.ts';

const OPEN_MS = 6_000;
const PROVINCES = '苏沪浙皖鲁';
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
const CLASSES = ['car', 'car', 'van', 'van', 'van', 'truck_light', 'truck_light', 'truck_heavy', 'tricycle'];

/** Counts vehicles and tells of each; opens when told to. `hourly`: passes in an hour since the epoch. */
export function gate(options: {
  readonly key: number;
  readonly hourly: (hourIndex: number) => number;
  /** All passes before an hour begins. */
  readonly passesBefore: (ts: number) => number;
}): Capability {
  const { key, hourly, passesBefore } = options;
  let openedByCommandAt = Number.NEGATIVE_INFINITY;
  let closedByCommandAt = Number.NEGATIVE_INFINITY;

  const passesIn = (hourIndex: number): number[] => {
    const count = hourly(hourIndex);
    return Array.from({ length: count }, (_, k) => {
      const within = (k + 0.15 + 0.7 * chance(key ^ k, hourIndex)) / count;
      return hourIndex * HOUR_MS + Math.floor(within * HOUR_MS);
    });
  };
  const barrierOpen = (ts: number): boolean => {
    const hourIndex = Math.floor(ts / HOUR_MS);
    const passing = [...passesIn(hourIndex - 1), ...passesIn(hourIndex)].some(
      (pass) => pass <= ts && ts < pass + OPEN_MS && pass > closedByCommandAt,
    );
    return passing || (openedByCommandAt <= ts && ts < openedByCommandAt + OPEN_MS);
  };
  return {
    sample(ts) {
      const hourIndex = Math.floor(ts / HOUR_MS);
      const thisHour = passesIn(hourIndex).filter((pass) => pass <= ts).length;
      return { barrier_open: barrierOpen(ts), passes: passesBefore(hourIndex * HOUR_MS) + thisHour };
    },
    nextChange(ts) {
      const hourIndex = Math.floor(ts / HOUR_MS);
      const passes = [-1, 0, 1].flatMap((step) => passesIn(hourIndex + step));
      const changes = [...passes, ...passes.map((pass) => pass + OPEN_MS), openedByCommandAt + OPEN_MS];
      return Math.min(...changes.filter((change) => change > ts), (hourIndex + 1) * HOUR_MS);
    },
    eventsAt(ts): readonly DeviceEvent[] {
      return passesIn(Math.floor(ts / HOUR_MS))
        .filter((pass) => pass === ts)
        .map((pass) => ({ id: `pass-${pass}`, ts: pass, type: 'pass', data: vehicle(key, pass) }));
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

function vehicle(key: number, pass: number): Readonly<Record<string, unknown>> {
  const pick = <T>(list: ArrayLike<T>, salt: number): T | undefined =>
    list[Math.floor(chance(key ^ salt, pass) * list.length)];
  const digits = String(10_000 + Math.floor(chance(key ^ 5, pass) * 89_999));
  return {
    plate: `${pick(PROVINCES, 1)}${pick(LETTERS, 2)}·${digits}`,
    class: pick(CLASSES, 3),
    direction: chance(key ^ 4, pass) < 0.5 ? 'in' : 'out',
  };
}
