import { useTranslation } from 'react-i18next';
import type { FeeLineDetail } from '../api.ts';
import { useQuantity } from '../bills/bill-names.tsx';
import { exactText } from '../decimal.ts';
import { formatPrice, formatTime } from '../format.ts';
import type { Of, UsageEvidence } from './usage-evidence.ts';

/** The tiers, and how much of each was used before this line and after it. */
export function TierRows(props: {
  readonly line: FeeLineDetail;
  readonly evidence: UsageEvidence;
  readonly workings: Of<'tier'>;
}) {
  const { t } = useTranslation();
  const quantityOf = useQuantity();
  const { line, evidence, workings } = props;
  const { unit, currency } = evidence.arithmetic;
  const quantity = (text: string): string => quantityOf(text, unit, currency);
  return (
    <>
      <h2 className="sheet-part">{t('workings.tiers')}</h2>
      <p className="muted">
        {t(`workings.mode.${workings.mode}`)}.{' '}
        {t('workings.countedIn', {
          accumulation: t(`workings.accumulation.${workings.accumulation}`),
          from: formatTime(workings.countedFrom, evidence.timeZone, 'minute'),
          before: quantity(workings.before),
          after: quantity(workings.after),
        })}
        .{' '}
        {workings.scale !== 'window' &&
          t('workings.scaled', {
            factor: exactText(workings.factor),
            scale: t(`workings.scale.${workings.scale}`),
          })}
      </p>
      <div className="table-scroll">
        <table className="values">
          <thead>
            <tr>
              <th scope="col">{t('workings.upTo')}</th>
              <th scope="col" className="right">
                {t('workings.price')}
              </th>
              <th scope="col" className="right">
                {t('workings.before')}
              </th>
              <th scope="col" className="right">
                {t('workings.after')}
              </th>
            </tr>
          </thead>
          <tbody>
            {workings.tiers.map((tier, i) => (
              <tr key={tier.upTo ?? 'last'}>
                <th scope="row">
                  {t('workings.tier', { n: i + 1 })} ·{' '}
                  {tier.upTo === null ? t('workings.noLimit') : quantity(tier.upTo)}
                  {i + 1 === workings.tier && <span className="tag tag-good">{t('workings.thisTier')}</span>}
                </th>
                <td className="right num">{formatPrice(tier.unitPrice, currency, line.commodity)}</td>
                <td className="right num">{quantity(tier.before)}</td>
                <td className="right num">{quantity(tier.after)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
