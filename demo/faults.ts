import type { Faults, SimulatedDeviceInput } from '../contracts/fleet.ts';
import { type Chance, shuffled } from './chance.ts';
import { SPECIAL } from './meters.ts';

const HOUR_MS = 3_600_000;

/** How many devices of a kind have what. Few enough that a market could live with it. */
function plan(startedAt: number): readonly {
  readonly kind: SimulatedDeviceInput['kind'];
  readonly count: number;
  readonly faults: Faults;
}[] {
  const hour = Math.floor(startedAt / HOUR_MS) * HOUR_MS;
  const at = (from: number, to: number, as: 'zero' | 'jump' | 'twice', by = 0) => ({
    ...{ from: hour + from * HOUR_MS, to: hour + to * HOUR_MS },
    ...{ as, by },
  });
  return [
    // One dead letter in about 40 s over all: to be seen, not to be drowned in.
    { kind: 'electricity_meter', count: 6, faults: { malformed: 0.12 } },
    { kind: 'stall_sensor', count: 4, faults: { malformed: 0.06 } },
    { kind: 'electricity_meter', count: 30, faults: { duplicates: 0.1 } },
    { kind: 'stall_sensor', count: 40, faults: { duplicates: 0.1 } },
    { kind: 'electricity_meter', count: 20, faults: { disorder: 0.1 } },
    { kind: 'stall_sensor', count: 20, faults: { disorder: 0.1 } },
    { kind: 'electricity_meter', count: 1, faults: { clockAheadS: 7 * 60 } },
    // To be decided by people, or settled by themselves: two values of an instant, a dial that ran away, a zero.
    { kind: 'electricity_meter', count: 1, faults: { misreads: [at(-30, -30, 'twice', 3)] } },
    { kind: 'electricity_meter', count: 1, faults: { misreads: [at(-6, 24 * 365, 'jump', 40_000)] } },
    { kind: 'electricity_meter', count: 1, faults: { misreads: [at(-50, -50, 'zero')] } },
    { kind: 'stall_sensor', count: 6, faults: { deadFrom: startedAt } },
    { kind: 'electricity_meter', count: 2, faults: { deadFrom: startedAt } },
    { kind: 'water_meter', count: 1, faults: { deadFrom: startedAt } },
    { kind: 'stall_sensor', count: 12, faults: { mute: { everyS: 1800, forS: 300 } } },
    { kind: 'stall_sensor', count: 10, faults: { outage: { everyS: 1500, forS: 150 } } },
    { kind: 'electricity_meter', count: 10, faults: { outage: { everyS: 2400, forS: 300 } } },
  ];
}

/** Gives some devices what real hardware has; each at most one fault, and the stalls with a story none. */
export function withFaults(
  devices: readonly SimulatedDeviceInput[],
  { startedAt, chance }: { readonly startedAt: number; readonly chance: Chance },
): SimulatedDeviceInput[] {
  const healthy = shuffled(
    chance,
    devices.filter(({ id, mainOf }) => !mainOf && !Object.values(SPECIAL).some((code) => id.includes(code))),
  );
  const faultsOf = new Map<string, Faults>();
  for (const { kind, count, faults } of plan(startedAt)) {
    const chosen = healthy.filter((d) => d.kind === kind && !faultsOf.has(d.id)).slice(0, count);
    for (const { id } of chosen) faultsOf.set(id, faults);
  }
  return devices.map((spec) => ({ ...spec, faults: faultsOf.get(spec.id) ?? {} }));
}
