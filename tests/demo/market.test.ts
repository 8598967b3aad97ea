import { pinyin } from 'pinyin-pro';
import { describe, expect, test } from 'vitest';
import { zFleetConfig } from '../../contracts/fleet.ts';
import { SEGMENT } from '../../contracts/mqtt.ts';
import { zTariffDefinition } from '../../contracts/tariffs.ts';
import { buildDemoMarket } from '../../demo/market.ts';
import { SPECIAL } from '../../demo/meters.ts';
import { equip } from '../../device-sim/equip.ts';
import type { Rect } from '../../domain/places.ts';
import { TARIFF_EXAMPLES } from '../../domain/tariffs/examples.ts';

const STARTED_AT = Date.parse('2026-11-21T15:42:00+08:00');
const OPENED_AT = Date.parse('2026-10-17T00:00:00+08:00');
const build = (seed = 'stallgrid') =>
  buildDemoMarket({ seed, startedAt: STARTED_AT, historyDays: 35, secretOf: (id) => `secret of ${id}` });
const { market, fleet, merchant, vehicles, passes } = build();
const config = zFleetConfig.parse(fleet);

const placesOf = (kind: string) => market.places.filter((place) => place.kind === kind);
const byCode = new Map(market.places.map((place) => [place.code, place]));
const stalls = placesOf('stall');
const rectOf = (place: { readonly rect?: Rect }): Rect => {
  if (!place.rect) throw new Error('a place without a rectangle');
  return place.rect;
};
const floorOf = (stall: (typeof stalls)[number]) => byCode.get(byCode.get(stall.parent ?? '')?.parent ?? '');
const devicesOf = (profile: string) => market.devices.filter((device) => device.profile === profile);

describe('the demonstration market', () => {
  test('has the size it promises', () => {
    expect(placesOf('floor')).toHaveLength(3);
    expect(stalls).toHaveLength(600);
    // The stalls, and the cold store.
    expect(market.leases).toHaveLength(480 + 1);
    expect(devicesOf('electricity-meter')).toHaveLength(621);
    expect(devicesOf('water-meter')).toHaveLength(200);
    expect(devicesOf('stall-sensor')).toHaveLength(600);
    expect(devicesOf('gate')).toHaveLength(4);
    expect(market.meteringPoints).toHaveLength(820);
  });

  test('follows from its seed alone', () => {
    expect(build()).toEqual({ market, fleet, merchant, vehicles, passes });
    expect(build('another').market.leases).not.toEqual(market.leases);
  });

  test('opened at local midnight, 35 days before it was started', () => {
    expect(config.historyFrom).toBe(OPENED_AT);
    const starts = market.leases.map((lease) => lease.startsAt.getTime());
    expect(Math.min(...starts)).toBe(OPENED_AT);
    expect(starts.filter((at) => at > OPENED_AT).length).toBeGreaterThan(3);
  });

  test('has no code twice, and every code is fit for its use', () => {
    const codes = market.places.map((place) => place.code);
    expect(new Set(codes).size).toBe(codes.length);
    const ids = market.devices.map((device) => device.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(SEGMENT);
    for (const { code } of stalls) expect(code).toMatch(/^[1-3][A-D]-\d{3}$/);
  });
});

describe('its floors', () => {
  test('every stall lies within its floor, and no two overlap', () => {
    const byFloor = new Map<string, Rect[]>();
    for (const stall of stalls) {
      const floor = floorOf(stall);
      const rect = rectOf(stall);
      const plan = floor?.plan;
      if (!floor || !plan) throw new Error(`${stall.code} is on no floor`);
      expect(rect.x, stall.code).toBeGreaterThanOrEqual(0);
      expect(rect.y, stall.code).toBeGreaterThanOrEqual(0);
      expect(rect.x + rect.w, stall.code).toBeLessThanOrEqual(plan.width);
      expect(rect.y + rect.h, stall.code).toBeLessThanOrEqual(plan.height);
      const rects = byFloor.get(floor.code) ?? [];
      expect(
        rects.some((other) => overlap(rect, other)),
        stall.code,
      ).toBe(false);
      byFloor.set(floor.code, [...rects, rect]);
    }
    expect([...byFloor.values()].map((rects) => rects.length)).toEqual([240, 200, 160]);
  });

  test('stalls are of several sizes that merchants could stand in', () => {
    const areas = stalls.map((stall) => Number(stall.areaM2));
    expect(Math.min(...areas)).toBeGreaterThan(6);
    expect(Math.max(...areas)).toBeLessThan(120);
    expect(new Set(areas).size).toBeGreaterThan(10);
  });

  test('no wall runs through a stall, and labels are on the floor', () => {
    for (const floor of placesOf('floor')) {
      const { plan } = floor;
      if (!plan) throw new Error(`${floor.code} has no plan`);
      const inside = stalls.filter((stall) => floorOf(stall) === floor).map((stall) => shrink(rectOf(stall)));
      for (const [x1, y1, x2, y2] of plan.walls) {
        const wall = { x: Math.min(x1, x2), y: Math.min(y1, y2), w: Math.abs(x2 - x1), h: Math.abs(y2 - y1) };
        expect(inside.some((rect) => overlap(wall, rect))).toBe(false);
      }
      for (const { x, y } of plan.labels) {
        expect(x > 0 && x < plan.width && y > 0 && y < plan.height).toBe(true);
      }
    }
  });
});

describe('its merchants and tariffs', () => {
  test('no stall is let twice, and names are unique with their pinyin initials', () => {
    expect(new Set(market.leases.map((lease) => lease.place)).size).toBe(480 + 1);
    expect(new Set(market.parties.map((party) => party.name)).size).toBe(market.parties.length);
    for (const { name, initials } of market.parties) {
      const letters = pinyin(name, { pattern: 'first', toneType: 'none', type: 'array', surname: 'head' });
      expect(initials, name).toBe(letters.join(''));
    }
  });

  test('prepaid and postpaid leases both occur, and the merchant who may sign in has one', () => {
    const kinds = new Set(market.leases.map((lease) => lease.charging));
    expect([...kinds].sort()).toEqual(['postpaid', 'prepaid']);
    const own = market.leases.filter((lease) => lease.party === merchant.key);
    expect(own.find((lease) => lease.place === SPECIAL.rollover)?.charging).toBe('postpaid');
    expect(own.map((lease) => lease.charging)).toContain('prepaid');
  });

  test('the tariffs are the ready-made examples, with the market’s share of common areas and loss', () => {
    expect(market.tariffs.map(({ code }) => code)).toEqual(TARIFF_EXAMPLES.map(({ code }) => code));
    const kinds = new Set(
      market.tariffs.flatMap(({ definition }) => definition.components.map(({ price }) => price.kind)),
    );
    expect([...kinds].sort()).toEqual(
      ['demand', 'flat', 'minimum', 'per_event', 'percentage', 'share', 'tiered', 'time_of_use'].sort(),
    );
  });

  test('every tariff can be charged, and every lease names one for each of its meters', () => {
    for (const { definition } of market.tariffs)
      expect(zTariffDefinition.parse(definition)).toEqual(definition);
    const codes = new Map(market.tariffs.map((tariff) => [tariff.code, tariff.commodity]));
    for (const lease of [...market.leases, market.house]) {
      expect(codes.get(lease.tariffs.electricity ?? '')).toBe('electricity');
      expect(codes.get(lease.tariffs.water ?? '')).toBe('water');
    }
  });
});

describe('its vehicles', () => {
  test('are known by plate; some are paid for by a merchant, some have a monthly pass', () => {
    expect(vehicles).toHaveLength(20);
    const letStalls = new Set(market.leases.map(({ place }) => place));
    const paid = vehicles.filter(({ stall }) => stall !== undefined);
    expect(paid).toHaveLength(12);
    for (const { stall } of paid) expect(letStalls.has(stall ?? '')).toBe(true);
    expect(vehicles.filter(({ hasMonthlyPass }) => hasMonthlyPass)).toHaveLength(4);
    const simulated = config.devices.flatMap((spec) => spec.vehicles.map(({ plate }) => plate));
    expect(simulated.sort()).toEqual(vehicles.map(({ plate }) => plate).sort());
  });

  test('came and went once a day before the start', () => {
    expect(passes).toHaveLength(20 * 35 * 2);
    for (const { ts } of passes) {
      expect(ts).toBeGreaterThan(OPENED_AT);
      expect(ts).toBeLessThan(STARTED_AT);
    }
  });
});

describe('its devices', () => {
  const equipped = new Map(equip(config).map((device) => [device.spec.id, device]));
  const baseAt = (id: string, ts: number): number => {
    const values = equipped.get(id)?.capability.sample(ts, true);
    return Math.round(Number(values?.energy_import ?? values?.volume) * 1000);
  };

  test('are the same in the market and in the fleet', () => {
    expect(config.devices.map((device) => device.id).sort()).toEqual(market.devices.map((d) => d.id).sort());
  });

  test('show at the start of each installation what the installation says, and at its end too', () => {
    for (const { installations } of market.meteringPoints) {
      for (const { device, startsAt, startValue, endsAt, endValue } of installations) {
        expect(baseAt(device, startsAt.getTime()), device).toBe(Number(startValue));
        if (endsAt) expect(baseAt(device, endsAt.getTime()), device).toBe(Number(endValue));
      }
    }
  });

  test('never use more in an hour than their supply could deliver', () => {
    for (const { code, maxRate, installations } of market.meteringPoints) {
      const last = installations.at(-1);
      if (!last) throw new Error(`${code} has no meter`);
      for (let hour = 0; hour < 48; hour++) {
        const ts = last.startsAt.getTime() + hour * 3_600_000;
        const used = baseAt(last.device, ts + 3_600_000) - baseAt(last.device, ts);
        if (used >= 0) expect(used * Number(last.multiplier), code).toBeLessThan(maxRate);
      }
    }
  });

  test('one dial wraps, and one meter is exchanged, within the history', () => {
    const wraps = market.meteringPoints.filter(({ installations: [first], code }) => {
      if (code.startsWith('W') || !first || first.endsAt) return false;
      return baseAt(first.device, STARTED_AT) < Number(first.startValue);
    });
    expect(wraps.map((point) => point.place)).toEqual([SPECIAL.rollover]);
    const exchanged = market.meteringPoints.filter((point) => point.installations.length > 1);
    expect(exchanged.map((point) => point.place)).toEqual([SPECIAL.exchange]);
    expect(exchanged[0]?.installations[0]?.endsAt).toEqual(exchanged[0]?.installations[1]?.startsAt);
  });

  test('some meters have a current transformer, and a main meter counts more than its floor', () => {
    const ratios = new Set(market.meteringPoints.map((point) => Number(point.installations[0]?.multiplier)));
    expect([...ratios].sort((a, b) => a - b)).toEqual([1, 10, 15, 20, 30, 40, 60]);
    const used = (point: (typeof market.meteringPoints)[number]): number =>
      point.installations.reduce((sum, { device, startValue, endValue, multiplier }) => {
        const end = endValue === undefined ? baseAt(device, STARTED_AT) : Number(endValue);
        const wrapped = end < Number(startValue) ? 1_000_000_000 : 0;
        return sum + (end + wrapped - Number(startValue)) * Number(multiplier);
      }, 0);
    const main = market.meteringPoints.find((point) => point.code === 'E-MAIN-2');
    const parts = market.meteringPoints.filter((point) => /^E-2[A-D]-/.test(point.code));
    expect(main && used(main)).toBeGreaterThan(parts.reduce((sum, point) => sum + used(point), 0));
  });

  test('several stalls change every second, at any hour of the day', () => {
    const sensors = [...equipped.values()].filter(({ spec }) => spec.kind === 'stall_sensor');
    for (let hour = 0; hour < 24; hour += 3) {
      const from = OPENED_AT + hour * 3_600_000;
      let changes = 0;
      for (const { capability } of sensors) {
        for (let ts = capability.nextChange(from); ts < from + 60_000; ts = capability.nextChange(ts))
          changes++;
      }
      expect(changes / 60, `at ${hour}:00`).toBeGreaterThan(2);
    }
  });

  test('have faults, few enough to be healthy as a whole', () => {
    const faulty = config.devices.filter((device) => Object.keys(device.faults).length > 0);
    const kinds = new Set(faulty.flatMap((device) => Object.keys(device.faults)));
    expect([...kinds].sort()).toEqual(
      ['clockAheadS', 'deadFrom', 'disorder', 'duplicates', 'malformed', 'misreads', 'mute', 'outage'].sort(),
    );
    expect(faulty.length).toBeLessThan(config.devices.length / 5);
    expect(config.devices.filter((d) => d.faults.deadFrom !== undefined)).toHaveLength(9);
  });
});

const overlap = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.w - 0.01 && b.x < a.x + a.w - 0.01 && a.y < b.y + b.h - 0.01 && b.y < a.y + a.h - 0.01;

/** Walls have no width: only one that is clearly inside of a stall cuts it. */
const shrink = ({ x, y, w, h }: Rect): Rect => ({ x: x + 0.1, y: y + 0.1, w: w - 0.2, h: h - 0.2 });
