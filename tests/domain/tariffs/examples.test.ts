import { describe, expect, it } from 'vitest';
import { zTariffCreate, zTariffExport } from '../../../contracts/tariffs.ts';
import { preview } from '../../../domain/rating/preview.ts';
import { rateRange } from '../../../domain/rating/rate-range.ts';
import { seriesOfSteps } from '../../../domain/rating/series.ts';
import { TARIFF_EXAMPLES, type TariffExample } from '../../../domain/tariffs/examples.ts';
import { inOrder } from '../../../domain/tariffs/in-order.ts';
import { brief, midnight, monthOf, steady } from '../rating/support.ts';

const ZONE = 'Asia/Shanghai';
const named = (code: string): TariffExample => {
  const example = TARIFF_EXAMPLES.find((one) => one.code === code);
  if (!example) throw new Error(`no example ${code}`);
  return example;
};

describe('the examples', () => {
  it.each(TARIFF_EXAMPLES.map((example) => [example.code, example] as const))(
    '%s can be created',
    (_, example) => {
      const { code, name, commodity, definition } = example;
      const body = {
        site: 's',
        code,
        name,
        commodity,
        effectiveFrom: '2026-01-01T00:00:00+08:00',
        definition,
      };
      expect(zTariffCreate.parse(body).definition).toEqual(definition);
    },
  );

  it('charge five bands by season and holiday', () => {
    // A kWh in each hour of one day. Winter, 1 January: flat 00–10, 15–16, 22–24: 13 × 0.7 = 9.10; valley 10–11 and
    // 14–15: 2 × 0.21 = 0.42; deep valley 11–14: 3 × 0.07 = 0.21; critical 16–19: 3 × 1.4 = 4.20; peak 19–22:
    // 3 × 1.19 = 3.57. Grid 24 × 0.1885 = 4.524, funds 24 × 0.0274 = 0.6576.
    const { definition } = named('TOU-5');
    const place = { timeZone: ZONE, digits: 2, commodity: 'electricity' } as const;
    const aDay = (date: string): readonly (readonly [string, bigint])[] => {
      const series = seriesOfSteps(midnight(ZONE, date), 3_600_000, new Array<number>(24).fill(1000));
      const result = preview(definition, { kind: 'series', series }, place);
      return result.ok ? result.lines.map(({ band, amount }) => [band, amount] as const) : [];
    };
    expect(aDay('2026-01-01')).toEqual([
      ['平', 910n],
      ['谷', 42n],
      ['深谷', 21n],
      ['尖', 420n],
      ['峰', 357n],
      ['all', 452n],
      ['all', 66n],
    ]);
    // Summer: valley 02–08, critical 17–22, peak 22–23, flat the other 12 hours.
    expect(Object.fromEntries(aDay('2026-07-01').slice(0, 4))).toEqual({
      平: 840n,
      谷: 126n,
      尖: 700n,
      峰: 119n,
    });
    // New Year's day by the moon: all valley, 24 × 0.21.
    expect(aDay('2026-02-17')[0]).toEqual(['谷', 504n]);
  });

  it('charge water in steps over the year', () => {
    // 170 m³ to the end of September, 30 more in October: 10 in the first step, 20 in the second.
    const month = monthOf(ZONE, '2026-10', { commodity: 'water', digits: 2 });
    const usage = {
      at: (instant: number) =>
        instant < month.range.from ? 0n : instant === month.range.from ? 170_000n : 200_000n,
      share: null,
      passes: [],
    };
    expect(brief(rateRange(named('WATER-3').definition, month, usage))).toEqual([
      'water t1: 10000 L × 5 = 50 → 5000',
      'water t2: 20000 L × 7 = 140 → 14000',
    ]);
  });

  it('charge a service fee and cut the total to a jiao', () => {
    // 1234.5 × 0.8523 = 1052.16435 → 1052.16; 6 % = 63.1296 → 63.13; 1115.29 → 1115.20
    const month = monthOf(ZONE, '2026-10');
    expect(brief(rateRange(named('FLAT-FEE').definition, month, steady(month, 1_234_500)))).toEqual([
      'energy all: 1234500 Wh × 0.8523 = 1052.16435 → 105216',
      'service all: 105216 money × 6 = 63.1296 → 6313',
      'rounding all: 111529 money × 0 = -0.09 → -9',
    ]);
  });

  it('charge demand and energy, and at least the minimum', () => {
    // 744 kWh evenly over October's 744 hours: 1 kW, so the floor: 40 × 40 = 1600; 744 × 0.62 = 461.28 → 2061.28
    const month = monthOf(ZONE, '2026-10');
    const { definition } = named('DEMAND-2');
    expect(brief(rateRange(definition, month, steady(month, 744_000)))).toEqual([
      'demand all: 40000 W × 40 = 1600 → 160000',
      'energy all: 744000 Wh × 0.62 = 461.28 → 46128',
    ]);
    // 100 kWh are 62: the minimum tops up by 2000 − 1662
    expect(brief(rateRange(definition, month, steady(month, 100_000))).at(-1)).toBe(
      'minimum all: 1 month × 2000 = 338 → 33800',
    );
  });

  it('charge entries by vehicle class', () => {
    const passes = [
      { key: 'a', at: 0, classCode: 'truck', minutes: 90, exempt: null },
      { key: 'b', at: 0, classCode: 'truck', minutes: 10, exempt: null },
      { key: 'c', at: 0, classCode: null, minutes: null, exempt: null },
    ] as const;
    const usage = { kind: 'total', quantity: 0n } as const;
    const place = { timeZone: ZONE, digits: 2, commodity: 'gate', passes } as const;
    expect(preview(named('GATE').definition, usage, place)).toMatchObject({ ok: true, amount: 4000n });
  });
});

describe('a tariff as a file', () => {
  it('comes back as it was, its keys in one order', () => {
    for (const { code, name, commodity, definition } of TARIFF_EXAMPLES) {
      const file = JSON.stringify({ code, name, commodity, definition: inOrder(definition) });
      const back = zTariffExport.parse(JSON.parse(file));
      expect(back.definition).toEqual(definition);
      expect(JSON.stringify({ ...back, definition: inOrder(back.definition) })).toBe(file);
    }
  });
});
