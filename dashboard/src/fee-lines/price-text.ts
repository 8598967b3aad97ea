import { useTranslation } from 'react-i18next';
import type { QuantityUnit } from '../../../domain/commodities.ts';
import { PRICE_UNITS } from '../../../domain/rating/price-units.ts';
import { BAND_ALL } from '../../../domain/tariffs/definition.ts';
import { trimDecimal } from '../decimal.ts';
import { formatPricePer } from '../format.ts';
import { useTariffNames } from './names.ts';

/** As the tariff says it: a price per unit, of money a percentage. */
export function priceText(line: {
  readonly unit: QuantityUnit;
  readonly unitPrice: string;
  readonly currency: string;
}): string {
  const price = trimDecimal(line.unitPrice);
  if (line.unit === 'money') return `${price}%`;
  const per = PRICE_UNITS[line.unit];
  return formatPricePer(price, line.currency, per.per === 1 ? '1' : per.name);
}

/** A band or tier in words: `峰 · tier 2`. */
export function useBandText(): (band: string) => string {
  const { t } = useTranslation();
  const names = useTariffNames();
  return (band) => {
    const [, base = '', tier] = /^(?:(.*)\.)?t(\d+)$/.exec(band) ?? [null, band, undefined];
    const parts = [
      base === '' || (base === BAND_ALL && tier !== undefined) ? '' : names.band(base),
      tier === undefined ? '' : t('workings.tier', { n: Number(tier) }),
    ];
    return parts.filter((part) => part !== '').join(' · ');
  };
}
