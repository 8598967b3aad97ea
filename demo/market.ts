import type { FleetConfigInput } from '../contracts/fleet.ts';
import { hashSecret } from '../store/devices.ts';
import type { Market, MarketDevice, MarketMeteringPoint, MarketPlace } from '../store/import-market.ts';
import type { NewPass } from '../store/passes.ts';
import { chanceOf } from './chance.ts';
import { withFaults } from './faults.ts';
import { FLOORS } from './floors.ts';
import { layOutFloor } from './geometry.ts';
import { COLD_STORE_PLACE, leaseStalls } from './leases.ts';
import { type DeviceSpec, type Metered, meterBuilding, meterStalls } from './meters.ts';
import { openedAt, SITE } from './site.ts';
import { demoTariffs, TARIFF } from './tariffs.ts';
import { type NamedVehicle, nameVehicles, passesBefore } from './vehicles.ts';

export interface DemoMarket {
  readonly market: Market;
  /** What the simulators run on, secrets included. */
  readonly fleet: FleetConfigInput;
  /** The merchant who may sign in, as `market.parties` names them. */
  readonly merchant: { readonly key: string; readonly name: string };
  readonly vehicles: readonly NamedVehicle[];
  /** What gates saw before the demonstration was started. */
  readonly passes: readonly NewPass[];
}

export interface DemoMarketOptions {
  readonly seed: string;
  /** When the demonstration was first started, epoch ms. */
  readonly startedAt: number;
  /** The market opened at local midnight so many days before. */
  readonly historyDays: number;
  readonly secretOf: (device: string) => string;
}

/** The house lease is older than the market: whatever nobody leases has a price from the start. */
const BEFORE_ALL = new Date('2000-01-01T00:00:00+08:00');

const GATES = [
  { code: 'G1', name: '北门入口' },
  { code: 'G2', name: '北门出口' },
  { code: 'G3', name: '南门入口' },
  { code: 'G4', name: '南门出口' },
] as const;

/** The demonstration market and its devices: a pure function of the options. */
export function buildDemoMarket(options: DemoMarketOptions): DemoMarket {
  const { seed, startedAt, historyDays, secretOf } = options;
  const chance = chanceOf(seed);
  const from = openedAt(startedAt, historyDays);
  const layouts = FLOORS.map((floor) => ({ floor, ...layOutFloor(floor, chance) }));
  const stalls = layouts.flatMap((layout) => layout.stalls);
  const { parties, leases, leased, merchant } = leaseStalls({ stalls, from, historyDays, chance });
  const metered = meterStalls({ stalls, leased, from, historyDays, chance });
  const building = meterBuilding({ floors: layouts, stallMeters: metered, from, chance });
  const sensors = stalls.map((stall) => ({
    profile: 'stall-sensor',
    place: stall.code,
    device: device(`S-${stall.code}`, 'stall_sensor', leased.has(stall.code) ? stall.trade : 'idle'),
  }));
  const vehicles = nameVehicles([...leased], chanceOf(`${seed} gates`));
  const gates = GATES.map((gate, i) => ({
    profile: 'gate',
    place: gate.code,
    device: {
      ...device(`G-${i + 1}`, 'gate', 'gate'),
      size: i < 2 ? 110 : 70,
      vehicles: vehicles
        .filter(({ gates: [entry] }) => entry === `G-${i + 1}`)
        .map(({ plate, class: kind }) => ({ plate, class: kind })),
      lane: i % 2 === 0 ? { direction: 'in' as const } : { direction: 'out' as const, entry: `G-${i}` },
    },
  }));
  const meters: readonly Metered[] = [...metered, ...building];
  const all = [...gates, ...sensors, ...meters.flatMap((m) => m.devices)];

  const places: MarketPlace[] = [
    { code: 'H1', kind: 'hall', name: '主交易大楼' },
    ...layouts.flatMap(({ floor, plan, zones, stalls: on }): MarketPlace[] => [
      { code: `F${floor.number}`, kind: 'floor', name: floor.name, parent: 'H1', plan },
      ...zones.map(({ code, name }) => ({ code, kind: 'zone', name, parent: `F${floor.number}` }) as const),
      ...on.map(({ code, zone, rect }) => {
        const areaM2 = (rect.w * rect.h).toFixed(2);
        return { code, kind: 'stall', name: code, parent: zone, rect, areaM2 } as const;
      }),
    ]),
    ...GATES.map(({ code, name }) => ({ code, kind: 'gate_lane', name }) as const),
    { code: COLD_STORE_PLACE, kind: 'warehouse', name: '中心冷库', areaM2: '1200.00' },
  ];
  return {
    market: {
      site: SITE,
      places,
      parties,
      tariffs: demoTariffs(BEFORE_ALL),
      leases,
      house: { startsAt: BEFORE_ALL, tariffs: { electricity: TARIFF.large, water: TARIFF.water } },
      devices: all.map(
        ({ profile, place, device: { id } }): MarketDevice => ({
          id,
          profile,
          secretHash: hashSecret(secretOf(id)),
          ...(place ? { place } : {}),
        }),
      ),
      meteringPoints: meters.map(({ meteringPoint, floor }): MarketMeteringPoint => {
        const behindMain = meteringPoint.commodity === 'electricity' && floor > 0;
        return behindMain ? { ...meteringPoint, main: `E-MAIN-${floor}` } : meteringPoint;
      }),
    },
    fleet: {
      site: SITE.id,
      timeZone: SITE.timeZone,
      seed,
      historyFrom: from,
      devices: withFaults(
        all.map(({ device: spec }) => ({ ...spec, secret: secretOf(spec.id) })),
        { startedAt, chance },
      ),
    },
    merchant,
    vehicles,
    passes: passesBefore(vehicles, {
      ...{ from, to: openedAt(startedAt, 0) },
      chance: chanceOf(`${seed} passes`),
    }),
  };
}

const device = (id: string, kind: DeviceSpec['kind'], trade: DeviceSpec['trade']): DeviceSpec => ({
  id,
  kind,
  trade,
});
