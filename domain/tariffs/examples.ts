import type { Commodity } from '../commodities.ts';
import type { BandWindow, TariffDefinition, TariffName } from './definition.ts';

/** A tariff to begin with: people change its prices and make it theirs. */
export interface TariffExample {
  readonly code: string;
  readonly name: string;
  readonly names: TariffName;
  /** What it shows, and what to change before use. */
  readonly notes: TariffName;
  readonly commodity: Commodity;
  readonly definition: TariffDefinition;
}

const day = (...cuts: readonly (readonly [from: string, band: string])[]): readonly BandWindow[] =>
  cuts.map(([from, band], i) => ({ from, to: cuts[i + 1]?.[0] ?? '24:00', band }));

/**
 * After the five bands that Shandong set for commercial and industrial customers in 2024: a deep valley at noon, when
 * the sun feeds the grid, a critical peak in the evening, and their ratios to the flat band (peak +70 %, critical peak
 * +100 %, valley −70 %, deep valley −90 %) on an energy price of 0.70 yuan; seasons and hours are simplified, the part
 * that does not float (transmission, line loss, funds: 0.1885 and 0.0274 yuan) is plausible and not of any notice.
 */
const FIVE_BANDS: TariffExample = {
  code: 'TOU-5',
  name: '五段分时电价（山东式）',
  names: { zh: '五段分时电价（山东式）', en: 'Five-band time of use (after Shandong)' },
  notes: {
    zh: '尖、峰、平、谷、深谷；三季时段，春节法定日为全天谷。参照山东 2024 年的浮动比例，时段从简，价格为示例，使用前请按当地通知核对。',
    en: 'Critical peak, peak, flat, valley and deep valley by season. Ratios after Shandong 2024, hours simplified, prices made up: check them against your province’s notice.',
  },
  commodity: 'electricity',
  definition: {
    components: [
      {
        code: 'energy',
        name: { zh: '电能电费', en: 'Energy' },
        price: {
          kind: 'time_of_use',
          bands: [
            { code: '尖', name: { zh: '尖峰', en: 'Critical peak' }, unitPrice: '1.4' },
            { code: '峰', name: { zh: '高峰', en: 'Peak' }, unitPrice: '1.19' },
            { code: '平', name: { zh: '平段', en: 'Flat' }, unitPrice: '0.7' },
            { code: '谷', name: { zh: '低谷', en: 'Valley' }, unitPrice: '0.21' },
            { code: '深谷', name: { zh: '深谷', en: 'Deep valley' }, unitPrice: '0.07' },
          ],
          calendar: {
            schedules: {
              winter: day(
                ['00:00', '平'],
                ['10:00', '谷'],
                ['11:00', '深谷'],
                ['14:00', '谷'],
                ['15:00', '平'],
                ['16:00', '尖'],
                ['19:00', '峰'],
                ['22:00', '平'],
              ),
              mild: day(
                ['00:00', '平'],
                ['10:00', '谷'],
                ['11:00', '深谷'],
                ['14:00', '谷'],
                ['15:00', '平'],
                ['17:00', '尖'],
                ['20:00', '峰'],
                ['22:00', '平'],
              ),
              summer: day(
                ['00:00', '平'],
                ['02:00', '谷'],
                ['08:00', '平'],
                ['17:00', '尖'],
                ['22:00', '峰'],
                ['23:00', '平'],
              ),
              holiday: day(['00:00', '谷']),
            },
            days: [
              { months: [12, 1, 2], schedule: 'winter' },
              { months: [3, 4, 5, 9, 10, 11], schedule: 'mild' },
              { months: [6, 7, 8], schedule: 'summer' },
            ],
            specialDays: [
              { dates: ['2026-02-16', '2026-02-17', '2026-02-18', '2026-02-19'], schedule: 'holiday' },
              { dates: ['2027-02-05', '2027-02-06', '2027-02-07', '2027-02-08'], schedule: 'holiday' },
            ],
          },
        },
      },
      {
        code: 'grid',
        name: { zh: '输配电及线损', en: 'Grid and loss' },
        price: { kind: 'flat', unitPrice: '0.1885' },
      },
      {
        code: 'fund',
        name: { zh: '政府性基金', en: 'Government funds' },
        price: { kind: 'flat', unitPrice: '0.0274' },
      },
    ],
  },
};

/** Three tiers a year, as Chinese cities have them for homes; Beijing's limits (180 and 260 m³) and prices since 2014. */
const STEPPED_WATER: TariffExample = {
  code: 'WATER-3',
  name: '年度三级阶梯水价',
  names: { zh: '年度三级阶梯水价', en: 'Stepped water, three tiers a year' },
  notes: {
    zh: '每年 180 m³ 以内 5 元，180–260 m³ 7 元，其上 9 元（北京居民水价，2014 年起）；按自然年累计。',
    en: 'Up to 180 m³ a year 5 yuan, to 260 m³ 7 yuan, above 9 yuan (homes in Beijing since 2014); counted by calendar year.',
  },
  commodity: 'water',
  definition: {
    components: [
      {
        code: 'water',
        name: { zh: '水费', en: 'Water' },
        price: {
          kind: 'tiered',
          mode: 'graduated',
          accumulation: 'year',
          scale: 'window',
          tiers: [
            { upTo: '180', unitPrice: '5' },
            { upTo: '260', unitPrice: '7' },
            { upTo: null, unitPrice: '9' },
          ],
        },
      },
    ],
  },
};

const FLAT_WITH_FEE: TariffExample = {
  code: 'FLAT-FEE',
  name: '单一电价加服务费',
  names: { zh: '单一电价加服务费', en: 'Flat price with a service fee' },
  notes: {
    zh: '每度 0.8523 元，另收 6% 服务费，合计抹去分。',
    en: '0.8523 yuan a kWh and a service fee of 6 %; the total is cut to 0.1 yuan.',
  },
  commodity: 'electricity',
  definition: {
    components: [
      {
        code: 'energy',
        name: { zh: '电费', en: 'Energy' },
        price: { kind: 'flat', unitPrice: '0.8523' },
      },
      {
        code: 'service',
        name: { zh: '服务费', en: 'Service fee' },
        price: { kind: 'percentage', percent: '6', of: ['energy'] },
      },
    ],
    rounding: { stage: 'total', mode: 'down', quantum: '0.1' },
  },
};

/** 两部制: what a customer could draw, and what it drew. Prices are plausible for 1–10 kV. */
const TWO_PART: TariffExample = {
  code: 'DEMAND-2',
  name: '两部制电价（需量）',
  names: { zh: '两部制电价（需量）', en: 'Two-part tariff with demand' },
  notes: {
    zh: '最大需量每千瓦每月 40 元，15 分钟滑差 5 分钟，不足 40 kW 按 40 kW 计；电量每度 0.62 元；每月最低 2000 元。',
    en: 'Demand at 40 yuan a kW and month (15-minute window, 5-minute steps, at least 40 kW), energy at 0.62 yuan a kWh, at least 2000 yuan a month.',
  },
  commodity: 'electricity',
  definition: {
    components: [
      {
        code: 'demand',
        name: { zh: '需量电费', en: 'Demand' },
        price: { kind: 'demand', unitPrice: '40', windowMinutes: 15, stepMinutes: 5, floorKw: '40' },
      },
      {
        code: 'energy',
        name: { zh: '电量电费', en: 'Energy' },
        price: { kind: 'flat', unitPrice: '0.62' },
      },
      {
        code: 'minimum',
        name: { zh: '保底电费', en: 'Minimum charge' },
        price: { kind: 'minimum', amount: '2000', of: ['demand', 'energy'], prorated: true },
      },
    ],
  },
};

const GATE: TariffExample = {
  code: 'GATE',
  name: '车辆进场费',
  names: { zh: '车辆进场费', en: 'Gate entry by vehicle class' },
  notes: {
    zh: '按车型每次计费，15 分钟内离场免费，月卡免费；未识别车型按其他计。',
    en: 'A price a pass by vehicle class; free under 15 minutes and with a monthly pass; an unknown class pays the other price.',
  },
  commodity: 'gate',
  definition: {
    components: [
      {
        code: 'entry',
        name: { zh: '进场费', en: 'Entry' },
        price: {
          kind: 'per_event',
          classes: [
            { code: 'tricycle', name: { zh: '三轮车', en: 'Tricycle' }, unitPrice: '3' },
            { code: 'van', name: { zh: '面包车', en: 'Van' }, unitPrice: '10' },
            { code: 'truck', name: { zh: '货车', en: 'Truck' }, unitPrice: '30' },
            { code: 'truck_large', name: { zh: '大货车', en: 'Large truck' }, unitPrice: '60' },
          ],
          otherwise: '10',
          freeMinutes: 15,
        },
      },
    ],
  },
};

export const TARIFF_EXAMPLES: readonly TariffExample[] = [
  FIVE_BANDS,
  STEPPED_WATER,
  FLAT_WITH_FEE,
  TWO_PART,
  GATE,
];
