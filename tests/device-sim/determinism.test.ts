import { describe, expect, test } from 'vitest';
import { type FleetConfig, type SimulatedDeviceInput, zFleetConfig } from '../../contracts/fleet.ts';
import { backfillInstants } from '../../device-sim/backfill.ts';
import { calendarOf, HOUR_MS } from '../../device-sim/calendar.ts';
import { equip } from '../../device-sim/equip.ts';

const FROM = Date.parse('2026-10-17T00:00:00+08:00');
const DAY_MS = 24 * HOUR_MS;

function fleetOf(devices: readonly Omit<SimulatedDeviceInput, 'secret'>[], seed = 'one'): FleetConfig {
  return zFleetConfig.parse({
    site: 'demo',
    timeZone: 'Asia/Shanghai',
    seed,
    historyFrom: FROM,
    devices: devices.map((device) => ({ ...device, secret: 'x' })),
  });
}
const meter = { id: 'E1', kind: 'electricity_meter', trade: 'seafood', size: 2000 } as const;

/** A device's readings of a point in base units, in the order in which the instants are asked for. */
function valuesOf(config: FleetConfig, id: string, point: string, instants: readonly number[]): number[] {
  const device = equip(config).find(({ spec }) => spec.id === id);
  if (!device) throw new Error(`no ${id}`);
  return instants.map((ts) => Math.round(Number(device.capability.sample(ts, true)[point]) * 1000));
}
const hours = (count: number): number[] => Array.from({ length: count }, (_, i) => FROM + i * HOUR_MS);

describe('a simulated register', () => {
  test('is the same for the same seed, in whatever order it is asked, and another one for another seed', () => {
    const instants = hours(200);
    const forwards = valuesOf(fleetOf([meter]), 'E1', 'energy_import', instants);
    const backwards = valuesOf(fleetOf([meter]), 'E1', 'energy_import', [...instants].reverse());
    expect(backwards.reverse()).toEqual(forwards);
    expect(valuesOf(fleetOf([meter], 'two'), 'E1', 'energy_import', instants)).not.toEqual(forwards);
  });

  test('never decreases, to the minute, except where its dial wraps', () => {
    const startValue = 1_000_000_000 - 40_000;
    const minutes = Array.from({ length: 5 * 24 * 60 }, (_, i) => FROM + i * 60_000);
    const values = valuesOf(fleetOf([{ ...meter, startValue }]), 'E1', 'energy_import', minutes);
    const drops = values.filter((value, i) => i > 0 && value < (values[i - 1] ?? 0));
    expect(drops).toHaveLength(1);
    expect(drops[0]).toBeLessThan(100);
    expect(Math.max(...values)).toBeLessThan(1_000_000_000);
    const unwrapped = values.map((value) => (value < startValue ? value + 1_000_000_000 : value));
    expect(unwrapped.every((value, i) => i === 0 || value >= (unwrapped[i - 1] ?? 0))).toBe(true);
  });

  test('behind a current transformer counts its part of the load', () => {
    const config = fleetOf([
      { ...meter, loadKey: 'load' },
      { ...meter, id: 'E2', loadKey: 'load', ratio: 40 },
    ]);
    const at = [FROM + 7 * DAY_MS];
    const [direct = 0] = valuesOf(config, 'E1', 'energy_import', at);
    expect(valuesOf(config, 'E2', 'energy_import', at)).toEqual([Math.floor(direct / 40)]);
  });

  test('of an exchanged meter ends where the record says, and the new one carries on with the same load', () => {
    const exchangedAt = FROM + 3 * DAY_MS + 10 * HOUR_MS;
    const config = fleetOf([
      { ...meter, loadKey: 'load', startValue: 5_000, until: { ts: exchangedAt, value: 91_234 } },
      { ...meter, id: 'E2', loadKey: 'load', startValue: 12, from: exchangedAt },
      { ...meter, id: 'E3', loadKey: 'load' },
    ]);
    const before = valuesOf(config, 'E1', 'energy_import', hours(100));
    expect(before[0]).toBe(5_000);
    expect(before.at(-1)).toBe(91_234);
    expect(before.every((value, i) => i === 0 || value >= (before[i - 1] ?? 0))).toBe(true);
    const later = exchangedAt + 2 * DAY_MS;
    const [start = 0, end = 0] = valuesOf(config, 'E2', 'energy_import', [exchangedAt, later]);
    const [loadStart = 0, loadEnd = 0] = valuesOf(config, 'E3', 'energy_import', [exchangedAt, later]);
    expect(start).toBe(12);
    expect(end - start).toBe(loadEnd - loadStart);
  });

  test('of a main meter is what the meters behind it count, and the loss', () => {
    const config = fleetOf([
      meter,
      { ...meter, id: 'E2', trade: 'clothing' },
      { ...meter, id: 'MAIN', trade: 'building', mainOf: { loadKeys: ['E1', 'E2'], lossPercent: 5 } },
    ]);
    const at = [FROM + 9 * DAY_MS];
    const [a = 0] = valuesOf(config, 'E1', 'energy_import', at);
    const [b = 0] = valuesOf(config, 'E2', 'energy_import', at);
    expect(valuesOf(config, 'MAIN', 'energy_import', at)).toEqual([Math.floor(((a + b) * 105) / 100)]);
  });

  test('follows the hours of its trade on the wall clock of its site', () => {
    const usedBetween = (trade: 'seafood' | 'clothing', from: string, to: string): number => {
      const config = fleetOf([{ ...meter, trade }]);
      const instants = [Date.parse(`2026-10-20T${from}+08:00`), Date.parse(`2026-10-20T${to}+08:00`)];
      const [before = 0, after = 0] = valuesOf(config, 'E1', 'energy_import', instants);
      return after - before;
    };
    expect(usedBetween('clothing', '12:00', '16:00')).toBeGreaterThan(
      4 * usedBetween('clothing', '01:00', '05:00'),
    );
    expect(usedBetween('seafood', '01:00', '05:00')).toBeGreaterThan(
      usedBetween('seafood', '12:00', '16:00'),
    );
  });

  test('a main meter of a load that no device has is refused', () => {
    const config = fleetOf([{ ...meter, mainOf: { loadKeys: ['nobody'], lossPercent: 0 } }]);
    expect(() => equip(config)).toThrow('E1: no device has the load nobody');
  });
});

describe('a simulated stall', () => {
  const sensorOf = (trade: 'seafood' | 'idle') => {
    const [sensor] = equip(fleetOf([{ id: 'S1', kind: 'stall_sensor', trade }]));
    if (!sensor) throw new Error('no sensor');
    return sensor.capability;
  };

  test('changes exactly at the instants it announces', () => {
    const sensor = sensorOf('seafood');
    let ts = FROM;
    for (let i = 0; i < 50; i++) {
      const change = sensor.nextChange(ts);
      const open = sensor.sample(ts, false).open;
      expect(sensor.sample(change - 1, false).open).toBe(open);
      expect(sensor.sample(change, false).open).toBe(!open);
      ts = change;
    }
  });

  test('without a tenant stays shut', () => {
    expect(sensorOf('idle').nextChange(FROM)).toBe(Number.POSITIVE_INFINITY);
    expect(sensorOf('idle').sample(FROM, false).open).toBe(false);
  });

  test('at work opens or closes at any hour of the day', () => {
    const sensor = sensorOf('seafood');
    for (let hour = 0; hour < 24; hour++) {
      const ts = FROM + hour * HOUR_MS;
      expect(sensor.nextChange(ts) - ts).toBeLessThan(HOUR_MS);
    }
  });
});

describe('a simulated gate', () => {
  const capability = () => {
    const [gate] = equip(fleetOf([{ id: 'G1', kind: 'gate', trade: 'gate', size: 60 }]));
    if (!gate) throw new Error('no gate');
    return gate.capability;
  };

  test('counts each pass that it tells of, once', () => {
    const gate = capability();
    let [ts, told] = [FROM, 0];
    while (ts < FROM + 6 * HOUR_MS) {
      ts = gate.nextChange(ts);
      const events = gate.eventsAt(ts);
      told += events.length;
      expect(gate.sample(ts, false).passes).toBe(told);
      if (events.length > 0) expect(gate.sample(ts, false).barrier_open).toBe(true);
    }
    expect(told).toBeGreaterThan(50);
  });

  test('opens when told to, and closes by itself', () => {
    const gate = capability();
    expect(gate.command('open', {}, FROM)).toMatchObject({ ok: true, changed: true });
    expect(gate.sample(FROM + 1000, false).barrier_open).toBe(true);
    const closes = FROM + 6_000;
    let ts = FROM;
    while (ts < closes) ts = gate.nextChange(ts);
    expect(ts).toBe(closes);
    expect(gate.command('relay_open', {}, FROM).ok).toBe(false);
  });
});

describe('what a device has kept', () => {
  const day = { from: FROM, intervalMs: 60_000, phaseMs: 17_000 };

  test('is every hour since it was installed, with both ends of its life', () => {
    const to = FROM + 2 * HOUR_MS + 1;
    expect(backfillInstants({ ...day, last: undefined, to })).toEqual([
      FROM,
      FROM + HOUR_MS,
      FROM + 2 * HOUR_MS,
    ]);
    expect(backfillInstants({ ...day, from: FROM + 5, last: undefined, to: FROM + HOUR_MS })).toEqual([
      FROM + 5,
      FROM + HOUR_MS,
    ]);
    expect(backfillInstants({ ...day, from: to + 1, last: undefined, to })).toEqual([]);
  });

  test('after a short gap is every interval, after a long one every hour, and never what was acknowledged', () => {
    const last = FROM + 17_000;
    const short = backfillInstants({ ...day, last, to: last + 180_000 });
    expect(short).toEqual([last + 60_000, last + 120_000, last + 180_000]);
    const long = backfillInstants({ ...day, last, to: FROM + 4 * HOUR_MS });
    expect(long).toEqual([1, 2, 3, 4].map((n) => FROM + n * HOUR_MS));
    expect(backfillInstants({ ...day, last, to: last })).toEqual([]);
  });
});

test('a calendar tells the wall clock, also where the hour is skipped or comes twice', () => {
  const berlin = calendarOf('Europe/Berlin');
  const at = (iso: string) => berlin(Math.floor(Date.parse(iso) / HOUR_MS));
  expect(at('2026-03-29T00:30:00Z')).toEqual({ hour: 1, weekday: 7, month: 3 });
  expect(at('2026-03-29T01:30:00Z')).toEqual({ hour: 3, weekday: 7, month: 3 });
  expect(at('2026-10-25T00:30:00Z').hour).toBe(2);
  expect(at('2026-10-25T01:30:00Z').hour).toBe(2);
});
