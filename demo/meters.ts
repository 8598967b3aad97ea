import type { SimulatedDeviceInput, Trade } from '../contracts/fleet.ts';
import type { MarketMeteringPoint } from '../store/import-market.ts';
import { between, type Chance, pick } from './chance.ts';
import type { FloorDescription } from './floors.ts';
import type { FloorLayout, StallPlan } from './geometry.ts';

/** A metering point with the meters that serve it, one after the other. */
/** A simulated device without its secret, which only the fleet's file holds. */
export type DeviceSpec = Omit<SimulatedDeviceInput, 'secret'>;

export interface Metered {
  readonly meteringPoint: MarketMeteringPoint;
  readonly devices: readonly {
    readonly profile: string;
    readonly place?: string;
    readonly device: DeviceSpec;
  }[];
  /** What the fleet's main meters add up. */
  readonly loadKey: string;
  readonly floor: number;
}

/** Stalls with a story: one whose dial passes all nines, and one whose meter is exchanged. */
export const SPECIAL = { rollover: '1A-017', exchange: '1B-012' } as const;

const HOUR_MS = 3_600_000;
const WH = 1000;
/** Electricity: 6 digits of kWh. */
const DIAL_WH = 1_000_000 * WH;

/** W (and litres an hour) in a full hour. */
const LOADS: Readonly<Partial<Record<Trade, { readonly watts: number; readonly litres?: number }>>> = {
  seafood: { watts: 2200, litres: 420 },
  meat: { watts: 1500, litres: 130 },
  vegetables: { watts: 420, litres: 70 },
  fruit: { watts: 700 },
  dry_goods: { watts: 320 },
  catering: { watts: 4500 },
  clothing: { watts: 480 },
  household: { watts: 420 },
};
const IDLE_WATTS = 180;
const WATER_METERS = 200;
/** What a load's average hour is of its full one, near enough to say what a dial will show. */
const MEAN_SHARE = 0.65;

/** Large stalls pay by the time of day. */
export const isLarge = (stall: StallPlan): boolean => stall.shop || stall.trade === 'catering';

const floorOf = (stall: StallPlan): number => Number(stall.code[0]);

export function meterStalls(options: {
  readonly stalls: readonly StallPlan[];
  readonly leased: ReadonlySet<string>;
  readonly from: number;
  readonly historyDays: number;
  readonly chance: Chance;
}): readonly Metered[] {
  const { stalls, leased, from, historyDays, chance } = options;
  const electricity = stalls.map((stall): Metered => {
    const trade = leased.has(stall.code) ? stall.trade : 'idle';
    const full = (LOADS[trade]?.watts ?? IDLE_WATTS) * (isLarge(stall) && trade !== 'idle' ? 3 : 1);
    const size = Math.round(full * (0.7 + 0.6 * chance()));
    const ratio = isLarge(stall) && chance() < 0.55 ? pick(chance, [10, 15, 20]) : 1;
    const startValue = Math.floor(between(chance, 300, 90_000) / ratio) * WH + between(chance, 0, 999);
    const spec = {
      id: `E-${stall.code}`,
      kind: 'electricity_meter',
      trade,
      size,
      ratio,
      startValue,
    } as const;
    const maxRate = isLarge(stall) ? 80_000 : 12_000;
    if (stall.code === SPECIAL.exchange) return exchanged({ stall, spec, maxRate, from, historyDays });
    const nearTheTop = DIAL_WH - Math.round(size * MEAN_SHARE * 24 * historyDays * 0.3);
    const start = stall.code === SPECIAL.rollover ? nearTheTop : startValue;
    return one({ ...spec, startValue: start }, { place: stall.code, maxRate, from, floor: floorOf(stall) });
  });
  const wet = stalls.filter((stall) => LOADS[stall.trade]?.litres !== undefined && !stall.shop);
  const water = wet.slice(0, WATER_METERS).map((stall): Metered => {
    const litres = leased.has(stall.code) ? (LOADS[stall.trade]?.litres ?? 0) : 0;
    const size = Math.round(litres * (0.7 + 0.6 * chance()));
    const startValue = between(chance, 20_000, 9_000_000);
    const spec = {
      id: `W-${stall.code}`,
      kind: 'water_meter',
      trade: stall.trade,
      size,
      startValue,
    } as const;
    return one(spec, { place: stall.code, maxRate: 5_000, from, floor: floorOf(stall) });
  });
  return [...electricity, ...water];
}

/** The market's own: common areas, plant, and a main meter for each floor in front of all its electricity. */
export function meterBuilding(options: {
  readonly floors: readonly (FloorLayout & { readonly floor: FloorDescription })[];
  readonly stallMeters: readonly Metered[];
  readonly from: number;
  readonly chance: Chance;
}): readonly Metered[] {
  const { floors, stallMeters, from, chance } = options;
  const common = COMMON.map(({ code, trade, kilowatts, ratio, floor, place, leased }): Metered => {
    const startValue = between(chance, 1_000, 40_000) * WH;
    const size = kilowatts * 1000;
    const spec = { id: `E-${code}`, kind: 'electricity_meter', trade, size, ratio, startValue } as const;
    return one(spec, {
      maxRate: size * 5,
      from,
      floor,
      ...(place ? { [leased ? 'place' : 'devicePlace']: place } : {}),
    });
  });
  const mains = floors.map(({ floor }): Metered => {
    const loadKeys = [...stallMeters, ...common]
      .filter((m) => m.floor === floor.number && m.meteringPoint.commodity === 'electricity')
      .map((m) => m.loadKey);
    const spec = {
      id: `E-MAIN-${floor.number}`,
      kind: 'electricity_meter',
      trade: 'building',
      ratio: 60,
      startValue: between(chance, 5_000, 60_000) * WH,
      mainOf: { loadKeys, lossPercent: 3 },
    } as const;
    const devicePlace = `F${floor.number}`;
    return one(spec, { maxRate: 2_000_000, from, floor: 0, devicePlace });
  });
  return [...mains, ...common];
}

interface Common {
  readonly code: string;
  readonly trade: Trade;
  readonly kilowatts: number;
  readonly ratio: number;
  /** Behind the main meter of this floor. */
  readonly floor: number;
  readonly place?: string;
  /** Whoever leases the place pays, not the house. */
  readonly leased?: true;
}

const perFloor = (name: string, kilowatts: number, ratio: number): Common[] =>
  [1, 2, 3].map((floor) => ({
    code: `${name}-${floor}`,
    trade: 'building',
    kilowatts,
    ratio,
    floor,
    place: `F${floor}`,
  }));

const COMMON: readonly Common[] = [
  ...perFloor('LIGHT', 18, 10),
  ...perFloor('VENT', 24, 20),
  ...perFloor('LIFT', 15, 10),
  { code: 'COLD-1', trade: 'cold_store', kilowatts: 55, ratio: 40, floor: 1, place: 'W1', leased: true },
  { code: 'COLD-2', trade: 'cold_store', kilowatts: 38, ratio: 30, floor: 1, place: 'W1', leased: true },
  { code: 'ICE', trade: 'cold_store', kilowatts: 22, ratio: 20, floor: 1 },
  { code: 'PUMP', trade: 'building', kilowatts: 11, ratio: 10, floor: 1 },
  { code: 'OFFICE', trade: 'household', kilowatts: 8, ratio: 1, floor: 3 },
  { code: 'GATES-N', trade: 'gate', kilowatts: 1, ratio: 1, floor: 1, place: 'G1' },
  { code: 'GATES-S', trade: 'gate', kilowatts: 1, ratio: 1, floor: 1, place: 'G3' },
  { code: 'CHARGERS', trade: 'building', kilowatts: 30, ratio: 20, floor: 1 },
];

interface Where {
  /** The stall that pays; the device hangs there. */
  readonly place?: string;
  /** Where the device hangs when the house pays. */
  readonly devicePlace?: string;
  readonly maxRate: number;
  readonly from: number;
  readonly floor: number;
}

const PROFILE = { electricity_meter: 'electricity-meter', water_meter: 'water-meter' } as const;
type MeterSpec = DeviceSpec & { readonly kind: keyof typeof PROFILE; readonly startValue: number };

const commodityOf = (spec: MeterSpec): 'electricity' | 'water' =>
  spec.kind === 'water_meter' ? 'water' : 'electricity';

/** A metering point with one meter since the market opened. */
function one(spec: MeterSpec, { place, devicePlace = place, maxRate, from, floor }: Where): Metered {
  return {
    meteringPoint: {
      code: spec.id,
      commodity: commodityOf(spec),
      ...(place ? { place } : {}),
      maxRate,
      installations: [
        {
          device: spec.id,
          startsAt: new Date(from),
          startValue: BigInt(spec.startValue),
          multiplier: String(spec.ratio ?? 1),
        },
      ],
    },
    devices: [{ profile: PROFILE[spec.kind], device: spec, ...(devicePlace ? { place: devicePlace } : {}) }],
    loadKey: spec.id,
    floor,
  };
}

/** A metering point whose meter was exchanged at ten in the morning, after two fifths of the history. */
function exchanged(options: {
  readonly stall: StallPlan;
  readonly spec: MeterSpec;
  readonly maxRate: number;
  readonly from: number;
  readonly historyDays: number;
}): Metered {
  const { stall, spec, maxRate, from, historyDays } = options;
  const hours = Math.floor(historyDays * 0.4) * 24 + 10;
  const at = from + hours * HOUR_MS;
  const endValue = spec.startValue + Math.round(((spec.size ?? 0) * MEAN_SHARE * hours) / (spec.ratio ?? 1));
  const before = { ...spec, until: { ts: at, value: endValue } };
  const after = { ...spec, id: `${spec.id}-2`, startValue: 12, from: at };
  const multiplier = String(spec.ratio ?? 1);
  return {
    meteringPoint: {
      code: spec.id,
      commodity: commodityOf(spec),
      place: stall.code,
      maxRate,
      installations: [
        {
          device: before.id,
          startsAt: new Date(from),
          startValue: BigInt(spec.startValue),
          endsAt: new Date(at),
          endValue: BigInt(endValue),
          multiplier,
        },
        { device: after.id, startsAt: new Date(at), startValue: 12n, multiplier },
      ],
    },
    devices: [before, after].map((meter) => ({
      profile: PROFILE[spec.kind],
      place: stall.code,
      device: { ...meter, loadKey: spec.id },
    })),
    loadKey: spec.id,
    floor: floorOf(stall),
  };
}
