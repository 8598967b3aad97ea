import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { SUPPLY_STATES } from '../../../../domain/supply.ts';
import { Facts } from '../../ui/facts.tsx';
import type { CaseCardProps } from '../kinds.ts';

/** A meter did not do what it was told: whether the stall has power is not known until somebody looks. */
export function SupplyFailedCard({ one }: CaseCardProps) {
  const { t } = useTranslation();
  const { subject } = one;
  const state = SUPPLY_STATES.find((known) => known === subject['state']);
  const devices = Array.isArray(subject['devices']) ? subject['devices'].join(', ') : '—';
  return (
    <div className="stack">
      <Facts
        items={[
          [t('feeLine.stall'), String(subject['stall'] ?? '—')],
          [t('prepaid.supply'), state === undefined ? '—' : t(`prepaid.state.${state}`)],
          [t('stall.meters'), devices],
        ]}
      />
      <p>{t('prepaid.failedTodo')}</p>
      <Link to={`/prepaid?lease=${Number(subject['lease'])}`}>{t('prepaid.open')} →</Link>
    </div>
  );
}
