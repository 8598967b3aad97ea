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
 * An illustration, of no notice: five bands in the manner of provinces with much sun, such as Shandong. A deep off-peak
 * at noon, a critical peak in the evening, and ratios to the shoulder (peak +70 %, critical peak +100 %, off-peak −70 %,
 * deep off-peak −90 %) on an energy price of 0.70 yuan; what does not float (0.1885 and 0.0274 yuan) is made up too.
 */
const FIVE_BANDS: TariffExample = {
  code: 'TOU-5',
  name: '五段分时电价（示例）',
  names: { zh: '五段分时电价（示例）', en: 'Five-band time of use (illustration)' },
  notes: {
    zh: '仅为示例，不是任何地方的现行电价：形式仿照山东等地的尖、峰、平、谷、深谷五段。价格、浮动比例、季节、时段和节假日都须按电网公司现行通知全部替换后使用。',
    en: 'An illustration, in force nowhere: five bands by season, in the manner of Shandong. Replace prices, ratios, seasons, hours and holidays by those of your grid company’s current notice before use.',
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
            { code: '平', name: { zh: '平段', en: 'Shoulder' }, unitPrice: '0.7' },
            { code: '谷', name: { zh: '低谷', en: 'Off-peak' }, unitPrice: '0.21' },
            { code: '深谷', name: { zh: '深谷', en: 'Deep off-peak' }, unitPrice: '0.07' },
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
    zh: '每年 180 m³ 以内 5 元，180–260 m³ 7 元，其上 9 元（北京居民水价，2014 年起）；按自然年累计。仅为示例，使用前请换成当地水价。',
    en: 'Up to 180 m³ a year 5 yuan, to 260 m³ 7 yuan, above 9 yuan (homes in Beijing since 2014); counted by calendar year. An illustration: replace the prices by those of your city.',
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
    zh: '示例：每度 0.8523 元，另收 6% 服务费，总额舍去分。价格与服务费须符合当地规定，使用前请替换。',
    en: 'An illustration: 0.8523 yuan a kWh and a service fee of 6 %, the total rounded down to 0.1 yuan. Replace both by what is allowed where you are.',
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
    zh: '示例：最大需量每千瓦每月 40 元，15 分钟窗口每 5 分钟滑动一次，不足 40 kW 按 40 kW 计；电量每度 0.62 元；每月最低 2000 元。使用前请换成现行价格。',
    en: 'An illustration: demand at 40 yuan a kW and month (15-minute window, 5-minute steps, at least 40 kW), energy at 0.62 yuan a kWh, at least 2000 yuan a month. Replace the prices before use.',
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
        name: { zh: '最低消费', en: 'Minimum charge' },
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
