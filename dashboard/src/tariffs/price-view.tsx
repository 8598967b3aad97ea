import { useTranslation } from 'react-i18next';
import { type Commodity, DISPLAY_UNIT } from '../../../domain/commodities.ts';
import type { TariffComponent, Tiers } from '../../../domain/tariffs/definition.ts';
import { useTariffNames } from '../fee-lines/names.ts';
import { formatPricePer } from '../format.ts';
import { useSession } from '../session.tsx';
import { BandStrip } from './band-strip.tsx';
import { useNameOf } from './names.ts';

type Row = readonly [name: string, value: string];

/** The rows in which any component can be read: what is priced, and at what. */
export function usePriceRows(commodity: Commodity): (component: TariffComponent) => readonly Row[] {
  const { t } = useTranslation();
  const { site } = useSession();
  const nameOf = useNameOf();
  const names = useTariffNames();
  const unit = DISPLAY_UNIT[commodity];
  const price = (text: string, per: string) => formatPricePer(text, site.currency, per);
  const tierRows = (tiers: Tiers, prefix = ''): Row[] =>
    tiers.tiers.map(({ upTo, unitPrice }, i) => [
      `${prefix}${t('tariffForm.tier', { n: i + 1 })} · ${
        upTo === null ? t('tariffForm.open') : `≤ ${upTo} ${unit}`
      }`,
      price(unitPrice, unit),
    ]);
  const tiersAre = (tiers: Tiers): Row => [
    t('tariffForm.tierMode'),
    [
      t(`tariffForm.tierModes.${tiers.mode}`),
      t(`tariffForm.accumulations.${tiers.accumulation}`),
      ...(tiers.scale === 'window' ? [] : [t(`tariffForm.tierScales.${tiers.scale}`)]),
    ].join(' · '),
  ];
  const of = (codes: readonly string[]): Row => [
    t('tariffForm.of'),
    codes.map((code) => names.component(code)).join(' + '),
  ];
  const rowsOf = (component: TariffComponent): Row[] => {
    const { price: p } = component;
    switch (p.kind) {
      case 'flat':
        return [[t('tariff.flat'), price(p.unitPrice, unit)]];
      case 'share':
        return [[t('tariff.price'), price(p.unitPrice, unit)]];
      case 'tiered':
        return [...tierRows(p), tiersAre(p)];
      case 'time_of_use':
        return p.bands.flatMap((band): Row[] =>
          band.tiered === undefined
            ? [[nameOf.band(band), price(band.unitPrice ?? '', unit)]]
            : tierRows(band.tiered, `${nameOf.band(band)} · `),
        );
      case 'demand':
        return [
          [t('tariff.price'), price(p.unitPrice, `kW·${t('tariffForm.per.month')}`)],
          [t('tariffForm.window'), t('tariffForm.minutes', { count: p.windowMinutes })],
          ...(p.floorKw === undefined ? [] : ([[t('tariffForm.floorKw'), `${p.floorKw} kW`]] as Row[])),
        ];
      case 'per_event':
        return [
          ...p.classes.map((one): Row => [nameOf.band(one), price(one.unitPrice, t('tariffForm.per.pass'))]),
          [t('tariffForm.otherwise'), price(p.otherwise, t('tariffForm.per.pass'))],
          [t('tariffForm.freeMinutes'), t('tariffForm.minutes', { count: p.freeMinutes })],
        ];
      case 'fixed':
        return [
          [
            t(`tariffForm.perNames.${p.per}`),
            price(p.unitPrice, `${p.by === 'm2' ? 'm²·' : ''}${t(`tariffForm.per.${p.per}`)}`),
          ],
          ...(p.per === 'month' && p.prorated
            ? ([[t('tariffForm.prorated'), t('common.yes')]] as Row[])
            : []),
        ];
      case 'percentage':
        return [[t('tariffForm.percent'), `${p.percent} %`], of(p.of)];
      case 'minimum':
        return [[t('tariffForm.minimum'), price(p.amount, t('tariffForm.per.month'))], of(p.of)];
      case 'discount':
        return [...p.steps.map((step): Row => [`≥ ${step.from} ${unit}`, `−${step.percent} %`]), of(p.of)];
    }
  };
  return (component) => [
    ...rowsOf(component),
    ...(component.lossFactor === undefined
      ? []
      : [[t('tariffForm.lossFactor'), `× ${component.lossFactor}`] as const]),
    ...(component.rounding?.quantum === undefined
      ? []
      : [
          [
            t('tariff.rounding'),
            `${t(`evidence.roundingMode.${component.rounding.mode}`)} · ${component.rounding.quantum}`,
          ] as const,
        ]),
  ];
}

export function PriceView({
  component,
  commodity,
}: {
  readonly component: TariffComponent;
  readonly commodity: Commodity;
}) {
  const { t } = useTranslation();
  const rowsOf = usePriceRows(commodity);
  const nameOf = useNameOf();
  return (
    <div>
      <h3>
        {nameOf.component(component)} <span className="tag">{t(`tariffKind.${component.price.kind}`)}</span>
      </h3>
      <table className="values">
        <tbody>
          {rowsOf(component).map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="right num">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {component.price.kind === 'time_of_use' && (
        <BandStrip price={component.price} unit={DISPLAY_UNIT[commodity]} />
      )}
    </div>
  );
}
