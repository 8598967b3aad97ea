import type { FleetConfig, SimulatedDevice } from '../contracts/fleet.ts';
import { BUILT_IN_PROFILES } from '../domain/built-in-profiles.ts';
import type { DeviceProfile } from '../domain/device-profiles.ts';
import { type Calendar, calendarOf } from './calendar.ts';
import type { Capability } from './capabilities/capability.ts';
import { gate, passesIn } from './capabilities/gate.ts';
import { electricityMeter, waterMeter } from './capabilities/meter.ts';
import { stallSensor } from './capabilities/stall-sensor.ts';
import { type Visits, visitsOf } from './capabilities/visits.ts';
import { LoadCurve, noisyLoad, sumCurve } from './load-curve.ts';
import { hashText } from './random.ts';
import { registerValue } from './register.ts';
import { type Relay, type RelayMemory, relayed } from './relay.ts';
import { loadShare } from './trades.ts';

/** A device of a fleet with what it can do. */
export interface Equipped {
  readonly spec: SimulatedDevice;
  readonly capability: Capability;
  /** Seeds everything about it that is left to chance. */
  readonly key: number;
}

const WHAT = { electricity_meter: 'electricity', water_meter: 'water', gate: 'passes' } as const;

/**
 * Gives each device of a fleet its capability; everything follows from the configuration, its seed, and what relays
 * remember of their orders.
 */
export function equip(config: FleetConfig, memoryOf?: (device: string) => RelayMemory): readonly Equipped[] {
  const calendar = calendarOf(config.timeZone);
  const curves = new Map<string, Relay>();
  const keyOf = (text: string): number => hashText(`${config.seed}/${text}`);
  /** Behind a relay, so that a main meter in front of it counts no more than it. */
  const curveOf = (spec: SimulatedDevice): Relay => {
    if (spec.mainOf) {
      const parts = spec.mainOf.loadKeys.map((loadKey) => {
        const curve = curves.get(loadKey);
        if (!curve) throw new RangeError(`${spec.id}: no device has the load ${loadKey}`);
        return curve;
      });
      return relayed(sumCurve(parts, spec.mainOf.lossPercent));
    }
    const loadKey = spec.loadKey ?? spec.id;
    let curve = curves.get(loadKey);
    if (!curve) {
      const load = new LoadCurve(config.historyFrom, hourlyOf(spec, keyOf(loadKey), calendar));
      curve = relayed(load, memoryOf?.(loadKey));
      curves.set(loadKey, curve);
    }
    return curve;
  };
  const parts = config.devices.filter(
    (spec) => spec.kind !== 'stall_sensor' && spec.kind !== 'gate' && !spec.mainOf,
  );
  for (const spec of parts) curveOf(spec);
  return config.devices.map((spec) => {
    const key = keyOf(spec.id);
    return { spec, key, capability: capabilityOf(config, spec, key, calendar, curveOf) };
  });
}

function capabilityOf(
  config: FleetConfig,
  spec: SimulatedDevice,
  key: number,
  calendar: Calendar,
  curveOf: (spec: SimulatedDevice) => Relay,
): Capability {
  const from = spec.from ?? config.historyFrom;
  switch (spec.kind) {
    case 'stall_sensor':
      return stallSensor({ key, trade: spec.trade, calendar });
    case 'gate': {
      const visits = visitsAt(config, spec, calendar);
      const { direction } = spec.lane;
      const passed = new LoadCurve(config.historyFrom, (hour) => passesIn(visits, direction, hour).length);
      return gate({ visits, direction, passesBefore: (ts) => passed.at(ts) });
    }
    case 'electricity_meter':
    case 'water_meter': {
      const { startValue, ratio, until } = spec;
      const modulus = modulusOf(profileOf(spec.kind));
      const relay = curveOf(spec);
      const register = registerValue({ curve: relay, from, startValue, modulus, ratio, until });
      return spec.kind === 'water_meter'
        ? waterMeter({ key, register })
        : electricityMeter({ key, register, relay });
    }
  }
}

/** Of an exit lane, those of the gate by which its vehicles came in. */
function visitsAt(config: FleetConfig, spec: SimulatedDevice, calendar: Calendar): Visits {
  const entry = spec.lane.entry;
  const from = entry === undefined ? spec : config.devices.find(({ id }) => id === entry);
  if (!from) throw new RangeError(`${spec.id}: no gate is ${entry}`);
  const key = hashText(`${config.seed}/${from.id}`);
  return visitsOf({ key, hourly: hourlyOf(from, key, calendar), size: from.size, named: from.vehicles });
}

function hourlyOf(spec: SimulatedDevice, key: number, calendar: Calendar): (hourIndex: number) => number {
  if (spec.kind === 'stall_sensor') return () => 0;
  const what = WHAT[spec.kind];
  return noisyLoad({ key, size: spec.size, calendar, share: (at) => loadShare(spec.trade, what, at) });
}

export function profileOf(kind: SimulatedDevice['kind']): DeviceProfile {
  const profile = BUILT_IN_PROFILES.find((p) => p.kind === kind);
  if (!profile) throw new RangeError(`no built-in profile for ${kind}`);
  return profile;
}

function modulusOf(profile: DeviceProfile): number {
  const register = profile.points.find((point) => point.register)?.register;
  if (!register) throw new RangeError(`${profile.id} has no register`);
  return 10 ** register.digits * register.scale;
}
