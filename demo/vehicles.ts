import type { SimulatedVehicle } from '../contracts/fleet.ts';
import { normalizePlate, type PassDirection } from '../domain/passes.ts';
import type { NewPass } from '../store/passes.ts';
import { between, type Chance } from './chance.ts';

/** A vehicle that the market knows by name. */
export interface NamedVehicle extends SimulatedVehicle {
  /** The stall whose lease pays for it; its driver pays where none does. */
  readonly stall?: string;
  readonly hasMonthlyPass: boolean;
  /** The gates that it uses, as device ids: in and out. */
  readonly gates: readonly [string, string];
}

const CLASSES = ['truck_light', 'van', 'truck_heavy', 'van', 'tricycle'] as const;
const COUNT = 20;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Of every five, three are paid for by a merchant and one has a monthly pass. */
export function nameVehicles(stalls: readonly string[], chance: Chance): readonly NamedVehicle[] {
  return Array.from({ length: COUNT }, (_, n) => {
    const stall = n % 5 < 3 ? stalls[n] : undefined;
    return {
      plate: `苏A·${10_000 + n * 4_321 + between(chance, 0, 999)}`,
      class: CLASSES[n % CLASSES.length] ?? 'van',
      ...(stall === undefined ? {} : { stall }),
      hasMonthlyPass: n % 5 === 3,
      gates: n % 2 === 0 ? ['G-1', 'G-2'] : ['G-3', 'G-4'],
    };
  });
}

/**
 * How the named vehicles came and went, one visit a day each, between the two instants (local midnights, epoch ms):
 * gates remember nothing, so the market's book of before is brought along.
 */
export function passesBefore(
  vehicles: readonly NamedVehicle[],
  { from, to, chance }: { readonly from: number; readonly to: number; readonly chance: Chance },
): readonly NewPass[] {
  const passes: NewPass[] = [];
  for (let day = from; day < to; day += DAY_MS) {
    for (const vehicle of vehicles) {
      const ts = day + 4 * HOUR_MS + between(chance, 0, 360) * MINUTE_MS;
      const leaves = ts + between(chance, 8, 170) * MINUTE_MS;
      passes.push(passOf(vehicle, 'in', ts), passOf(vehicle, 'out', leaves));
    }
  }
  return passes;
}

function passOf({ plate, class: kind, gates }: NamedVehicle, direction: PassDirection, ts: number): NewPass {
  return {
    deviceId: direction === 'in' ? gates[0] : gates[1],
    eventId: `book-${ts}-${plate}`,
    ...{ ts, direction, plate, class: kind },
    vehicle: normalizePlate(plate),
    ticket: null,
    receivedAt: ts,
    journalSeq: 0,
  };
}
