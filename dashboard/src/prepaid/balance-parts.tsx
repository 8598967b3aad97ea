import { useTranslation } from 'react-i18next';
import type { SupplyState } from '../../../domain/supply.ts';
import type { Balance } from '../api/prepaid.ts';
import { formatMoney } from '../format.ts';

const TAGS: Record<SupplyState, string> = {
  connected: 'tag tag-good',
  notified: 'tag tag-stale',
  cut_due: 'tag tag-stale',
  cutting: 'tag tag-busy',
  cut: 'tag tag-bad',
  cut_failed: 'tag tag-bad',
  reconnecting: 'tag tag-busy',
  reconnect_failed: 'tag tag-bad',
};

export function SupplyTags({ supply }: Pick<Balance, 'supply'>) {
  const { t } = useTranslation();
  return (
    <span className="row">
      <span className={TAGS[supply.state]}>{t(`prepaid.state.${supply.state}`)}</span>
      {supply.isProtected && <span className="tag">{t('prepaid.protected')}</span>}
    </span>
  );
}

/** A balance, marked in words where it is low. */
export function BalanceAmount({ balance }: { readonly balance: Balance }) {
  const { t } = useTranslation();
  const isLow = balance.notices.length > 0;
  return (
    <>
      <strong className="num nowrap">{formatMoney(balance.balance, balance.currency)}</strong>
      {isLow && (
        <div>
          <span className={balance.balance.startsWith('-') ? 'tag tag-bad' : 'tag tag-stale'}>
            {t(balance.balance.startsWith('-') ? 'prepaid.negative' : 'prepaid.low')}
          </span>
        </div>
      )}
    </>
  );
}

export function useDaysLeft(): (balance: Pick<Balance, 'daysLeft'>) => string {
  const { t } = useTranslation();
  return ({ daysLeft }) => (daysLeft === null ? '—' : t('prepaid.days', { count: daysLeft }));
}
