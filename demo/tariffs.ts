import type { TariffDefinition } from '../domain/tariffs/definition.ts';
import type { MarketTariff } from '../store/import-market.ts';

const SERVICE = { zh: '配电服务费', en: 'Distribution service' };

/** One price at any time, and the market's surcharge on it. */
const SMALL: TariffDefinition = {
  components: [
    { code: 'energy', name: { zh: '电费', en: 'Energy' }, price: { kind: 'flat', unitPrice: '0.7280' } },
    { code: 'service', name: SERVICE, price: { kind: 'flat', unitPrice: '0.1000' } },
  ],
};

/** 尖峰平谷, with the sharp band in the two hot months only. */
const LARGE: TariffDefinition = {
  components: [
    {
      code: 'energy',
      name: { zh: '电费（分时）', en: 'Energy (time of use)' },
      price: {
        kind: 'time_of_use',
        bands: [
          { code: '尖', name: { zh: '尖峰', en: 'Sharp' }, unitPrice: '1.2680' },
          { code: '峰', name: { zh: '高峰', en: 'Peak' }, unitPrice: '1.0570' },
          { code: '平', name: { zh: '平段', en: 'Flat' }, unitPrice: '0.6350' },
          { code: '谷', name: { zh: '低谷', en: 'Valley' }, unitPrice: '0.2980' },
        ],
        calendar: {
          schedules: {
            ordinary: [
              { from: '00:00', to: '08:00', band: '谷' },
              { from: '08:00', to: '11:00', band: '峰' },
              { from: '11:00', to: '17:00', band: '平' },
              { from: '17:00', to: '22:00', band: '峰' },
              { from: '22:00', to: '24:00', band: '平' },
            ],
            summer: [
              { from: '00:00', to: '08:00', band: '谷' },
              { from: '08:00', to: '10:00', band: '峰' },
              { from: '10:00', to: '11:00', band: '尖' },
              { from: '11:00', to: '14:00', band: '平' },
              { from: '14:00', to: '15:00', band: '尖' },
              { from: '15:00', to: '17:00', band: '平' },
              { from: '17:00', to: '22:00', band: '峰' },
              { from: '22:00', to: '24:00', band: '平' },
            ],
          },
          days: [
            { months: [7, 8], schedule: 'summer' },
            { months: [1, 2, 3, 4, 5, 6, 9, 10, 11, 12], schedule: 'ordinary' },
          ],
        },
      },
    },
    { code: 'service', name: SERVICE, price: { kind: 'flat', unitPrice: '0.0600' } },
  ],
};

const WATER: TariffDefinition = {
  components: [
    { code: 'water', name: { zh: '水费', en: 'Water' }, price: { kind: 'flat', unitPrice: '3.05' } },
    { code: 'sewage', name: { zh: '污水处理费', en: 'Sewage' }, price: { kind: 'flat', unitPrice: '1.42' } },
  ],
};

export const TARIFF = { small: 'E-SMALL', large: 'E-LARGE', water: 'W-STD' } as const;

export const demoTariffs = (effectiveFrom: Date): readonly MarketTariff[] => [
  { code: TARIFF.small, name: '小摊位电价', commodity: 'electricity', effectiveFrom, definition: SMALL },
  { code: TARIFF.large, name: '大户分时电价', commodity: 'electricity', effectiveFrom, definition: LARGE },
  { code: TARIFF.water, name: '水价', commodity: 'water', effectiveFrom, definition: WATER },
];
