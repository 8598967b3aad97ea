import { useTranslation } from 'react-i18next';
import type { Commodity } from '../../../domain/commodities.ts';
import type { Weight } from '../../../domain/meter-tree.ts';
import { DAY_MS } from '../days.ts';
import { formatNumber, formatQuantity } from '../format.ts';
import { Row } from './sum-row.tsx';
import type { UsageEvidence } from './usage-evidence.ts';

/** From what a main counted to this line's share of it. */
export function ShareRow(props: {
  readonly part: NonNullable<UsageEvidence['shares']>[number];
  readonly commodity: Commodity;
}) {
  const { t } = useTranslation();
  const { part, commodity } = props;
  const quantity = (text: string): string => formatQuantity(text, commodity);
  const main = BigInt(part.mainUsage);
  return (
    <Row name={t('workings.shares', { main: part.main })} value={<strong>{quantity(part.share)}</strong>}>
      {t('workings.residual', {
        main: quantity(part.mainUsage),
        subs: quantity(part.subUsage),
        residual: quantity(`${main - BigInt(part.subUsage)}`),
      })}
      <br />
      {part.what === 'residual_and_common' && (
        <>
          {t('workings.common', { common: quantity(part.commonUsage) })}
          <br />
        </>
      )}
      {t('workings.share', {
        what: t(`losses.what.${part.what}`),
        allocated: quantity(part.allocated),
        weight: weightText(part.by, part.weight, commodity),
        totalWeight: weightText(part.by, part.totalWeight, commodity),
        by: t(`losses.weight.${part.by}`),
      })}
    </Row>
  );
}

/** Weights count hundredths of m² by milliseconds, milliseconds, or base units. */
function weightText(by: Weight, weight: string, commodity: Commodity): string {
  if (by === 'usage') return formatQuantity(weight, commodity);
  const days = Number(weight) / DAY_MS;
  return by === 'area' ? `${formatNumber(days / 100)} m²·d` : `${formatNumber(days)} d`;
}
