import type { TariffComponent, TariffDefinition } from '../domain/tariffs/definition.ts';
import { TARIFF_EXAMPLES } from '../domain/tariffs/examples.ts';
import type { MarketTariff } from '../store/import-market.ts';

/** The market's own versions of the ready-made examples, by their codes. */
export const TARIFF = {
  small: 'FLAT-FEE',
  large: 'TOU-5',
  coldStore: 'DEMAND-2',
  water: 'WATER-3',
  gate: 'GATE',
} as const;

/** 公摊 and 线损: what a floor's main counted and no stall's meter did. */
const share = (unitPrice: string): TariffComponent => ({
  code: 'share',
  name: { zh: '公摊及线损', en: 'Common area and loss' },
  price: { kind: 'share', unitPrice },
});

/** What the market adds to an example; `service` is divided among its parties (settlement). */
const ADDED: Readonly<Record<string, readonly TariffComponent[]>> = {
  [TARIFF.small]: [share('0.8523')],
  [TARIFF.large]: [
    {
      code: 'service',
      name: { zh: '配电服务费', en: 'Distribution service' },
      price: { kind: 'flat', unitPrice: '0.0600' },
    },
    share('0.9159'),
  ],
  [TARIFF.water]: [
    {
      code: 'sewage',
      name: { zh: '污水处理费', en: 'Sewage' },
      price: { kind: 'flat', unitPrice: '1.42' },
    },
  ],
};

/** What the cameras tell apart. */
const CLASSES = [
  { code: 'tricycle', name: { zh: '三轮车', en: 'Tricycle' }, unitPrice: '3' },
  { code: 'car', name: { zh: '小客车', en: 'Car' }, unitPrice: '5' },
  { code: 'van', name: { zh: '面包车', en: 'Van' }, unitPrice: '10' },
  { code: 'truck_light', name: { zh: '轻型货车', en: 'Light truck' }, unitPrice: '30' },
  { code: 'truck_heavy', name: { zh: '重型货车', en: 'Heavy truck' }, unitPrice: '60' },
] as const;

function adapted(code: string, definition: TariffDefinition): TariffDefinition {
  const components = definition.components.map((component) =>
    component.price.kind === 'per_event'
      ? { ...component, price: { ...component.price, classes: CLASSES } }
      : component,
  );
  return { ...definition, components: [...components, ...(ADDED[code] ?? [])] };
}

export const demoTariffs = (effectiveFrom: Date): readonly MarketTariff[] =>
  TARIFF_EXAMPLES.map(({ code, name, commodity, definition }) => ({
    ...{ code, name, commodity, effectiveFrom },
    definition: adapted(code, definition),
  }));
