import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type BalanceDetail, prepaidApi } from '../api/prepaid.ts';
import { formatMoney } from '../format.ts';
import { useMay } from '../session.tsx';
import { Facts } from '../ui/facts.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { ErrorState, Loading } from '../ui/states.tsx';
import { BalanceAmount, useDaysLeft } from './balance-parts.tsx';
import { BalanceStatement } from './statement.tsx';
import { SupplyPanel } from './supply-panel.tsx';

const PayDialog = lazy(async () => ({ default: (await import('../payments/pay-dialog.tsx')).PayDialog }));

/** To begin with, in minor units: it can be changed. */
const TOP_UP = '10000';
const REFRESH_MS = 5_000;

export function BalanceSheet({ lease, onClose }: { readonly lease: number; readonly onClose: () => void }) {
  const query = useBalance(lease);
  const { t } = useTranslation();
  const title = query.data === undefined ? t('prepaid.title') : nameOf(query.data);
  return (
    <Sheet title={title} width={520} onClose={onClose}>
      {query.data === undefined ? (
        query.error ? (
          <ErrorState error={query.error} retry={() => void query.refetch()} />
        ) : (
          <Loading />
        )
      ) : (
        <BalanceBody balance={query.data} />
      )}
    </Sheet>
  );
}

const nameOf = ({ lease }: BalanceDetail): string => `${lease.stall ?? ''} ${lease.party}`.trim();

export const useBalance = (lease: number) =>
  useQuery({
    queryKey: ['balance', lease],
    queryFn: ({ signal }) => prepaidApi.one(lease, signal),
    refetchInterval: REFRESH_MS,
  });

/** All of a balance: what is left, how long it lasts, topping it up, the supply and the statement. */
export function BalanceBody({ balance }: { readonly balance: BalanceDetail }) {
  const { t } = useTranslation();
  const daysLeft = useDaysLeft();
  const mayTake = useMay('payments:write');
  const mayPay = useMay('payments:pay-own');
  const [isPaying, setPaying] = useState(false);
  const { lease, currency, averageDaily, chargedTo } = balance;
  return (
    <div className="stack">
      <Facts
        items={[
          [t('prepaid.balance'), <BalanceAmount key="balance" balance={balance} />],
          [
            t('prepaid.average'),
            averageDaily === null
              ? '—'
              : t('prepaid.perDay', { amount: formatMoney(averageDaily, currency) }),
          ],
          [t('prepaid.lasts'), daysLeft(balance)],
          [t('prepaid.chargedTo'), chargedTo ?? '—'],
        ]}
      />
      {(mayTake || mayPay) && (
        <div>
          <Button type="primary" size="large" onClick={() => setPaying(true)}>
            {t('prepaid.topUp')}
          </Button>
        </div>
      )}
      <SupplyPanel balance={balance} />
      <h3>{t('prepaid.statement')}</h3>
      <BalanceStatement lease={lease.id} currency={currency} />
      {isPaying && (
        <Suspense fallback={null}>
          <PayDialog purpose="top_up" lease={lease.id} amount={TOP_UP} onClose={() => setPaying(false)} />
        </Suspense>
      )}
    </div>
  );
}
