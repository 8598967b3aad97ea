import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { METERED_COMMODITIES } from '../../../../domain/commodities.ts';
import { formatQuantity } from '../../format.ts';
import { Facts } from '../../ui/facts.tsx';
import type { CaseCardProps } from '../kinds.ts';

/** What the main counted, what the meters behind it counted, and what to look at. Closed by itself when it adds up. */
export function NegativeResidualCard({ one }: CaseCardProps) {
  const { t } = useTranslation();
  const { mainId, code, period, mainUsage, subUsage, residual } = one.subject;
  const commodity = METERED_COMMODITIES.find((known) => known === one.subject['commodity']) ?? 'electricity';
  const month = String(period).slice(0, 7);
  return (
    <div className="stack">
      <Facts
        items={[
          [t('losses.main'), String(code)],
          [t('losses.month'), String(period)],
          [t('losses.usage'), formatQuantity(String(mainUsage), commodity)],
          [t('losses.subs'), formatQuantity(String(subUsage), commodity)],
          [t('losses.residual'), formatQuantity(String(residual), commodity)],
        ]}
      />
      <p>{t('losses.negativeHint')}</p>
      <Link to={`/losses?month=${month}&main=${mainId}`}>{t('losses.open')} →</Link>
      <Link to={`/losses?view=tree&month=${month}&commodity=${commodity}`}>{t('losses.openTree')} →</Link>
    </div>
  );
}
