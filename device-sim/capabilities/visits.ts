import type { SimulatedVehicle } from '../../contracts/fleet.ts';
import { HOUR_MS } from '../calendar.ts';
import { chance } from '../random.ts';

const PROVINCES = '苏沪浙皖鲁';
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
const CLASSES = ['car', 'car', 'van', 'van', 'van', 'truck_light', 'truck_light', 'truck_heavy', 'tricycle'];
const STAY_MS_MIN = 5 * 60_000;
/** Nobody stays for three hours, so whoever leaves in an hour came in it or in the three before. */
const STAY_MS_MAX = 3 * HOUR_MS;
const HOURS_BACK = 3;
const MISREAD_SHARE = 0.02;

/** A vehicle that comes and goes again. */
export interface Visit {
  readonly entryTs: number;
  readonly exitTs: number;
  readonly vehicle: SimulatedVehicle;
  /** What the camera takes its plate for when it leaves. */
  readonly exitPlate: string;
}

export interface Visits {
  /** Who comes in an hour since the epoch, in order. */
  enteringIn(hourIndex: number): readonly Visit[];
  /** Who leaves in it, in order. */
  leavingIn(hourIndex: number): readonly Visit[];
}

/**
 * Regular vehicles that take turns: those that are named first, and enough others that nobody comes again before he
 * has left. A pure function of the options: any hour can be asked in any order.
 */
export function visitsOf(options: {
  readonly key: number;
  /** Visits that begin in an hour. */
  readonly hourly: (hourIndex: number) => number;
  /** Visits in a full hour. */
  readonly size: number;
  readonly named: readonly SimulatedVehicle[];
}): Visits {
  const { key, hourly, size, named } = options;
  // In an hour at most 1.15 times its size come (load-curve.ts), and each stays for less than three.
  const perHour = Math.max(10, Math.ceil(size * 1.5));
  const pool = Math.max(named.length, perHour * (HOURS_BACK + 1));
  const vehicleAt = (index: number): SimulatedVehicle => named[index] ?? strangerOf(key, index);
  const enteringIn = (hourIndex: number): Visit[] => {
    const count = hourly(hourIndex);
    return Array.from({ length: count }, (_, k) => {
      const within = (k + 0.15 + 0.7 * chance(key ^ k, hourIndex)) / count;
      const entryTs = hourIndex * HOUR_MS + Math.floor(within * HOUR_MS);
      const luck = chance(key ^ 6, entryTs);
      const stay = STAY_MS_MIN + Math.floor((STAY_MS_MAX - STAY_MS_MIN) * luck * luck);
      const vehicle = vehicleAt((hourIndex * perHour + k) % pool);
      const isMisread = chance(key ^ 7, entryTs) < MISREAD_SHARE;
      const exitPlate = isMisread
        ? vehicle.plate.replace(/\d$/, (digit) => `${9 - Number(digit)}`)
        : vehicle.plate;
      return { entryTs, exitTs: entryTs + stay, vehicle, exitPlate };
    });
  };
  return {
    enteringIn,
    leavingIn: (hourIndex) =>
      Array.from({ length: HOURS_BACK + 1 }, (_, back) => enteringIn(hourIndex - back))
        .flat()
        .filter(({ exitTs }) => Math.floor(exitTs / HOUR_MS) === hourIndex)
        .sort((a, b) => a.exitTs - b.exitTs),
  };
}

function strangerOf(key: number, index: number): SimulatedVehicle {
  const pick = <T>(list: ArrayLike<T>, salt: number): T =>
    list[Math.floor(chance(key ^ salt, index) * list.length)] as T;
  const digits = String(10_000 + Math.floor(chance(key ^ 5, index) * 89_999));
  return { plate: `${pick(PROVINCES, 1)}${pick(LETTERS, 2)}·${digits}`, class: pick(CLASSES, 3) };
}
