import { useQuery } from '@tanstack/react-query';
import { Alert, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Balance, prepaidApi } from '../api/prepaid.ts';
import { EmptyState, ErrorState, Loading } from '../ui/states.tsx';
import { BalanceBody, useBalance } from './balance-sheet.tsx';

const STALLS_MAX = 100;

/** A merchant's own balances, one stall at a time. */
export function MyBalance() {
  const { t } = useTranslation();
  const [chosen, choose] = useState<number | null>(null);
  const own = useQuery({
    queryKey: ['balances', 'own'],
    queryFn: ({ signal }) => prepaidApi.list({ limit: STALLS_MAX }, signal),
  });
  const rows = own.data?.items;
  const shown = rows?.find(({ lease }) => lease.id === chosen) ?? rows?.[0];
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('prepaid.mine')}</h1>
        {rows !== undefined && rows.length > 1 && (
          <Segmented
            aria-label={t('feeLine.stall')}
            value={shown?.lease.id ?? 0}
            onChange={choose}
            options={rows.map(({ lease }) => ({ value: lease.id, label: lease.stall ?? `${lease.id}` }))}
          />
        )}
      </div>
      {own.error ? (
        <ErrorState error={own.error} retry={() => void own.refetch()} />
      ) : rows === undefined ? (
        <Loading page />
      ) : shown === undefined ? (
        <div className="panel">
          <EmptyState title={t('prepaid.noneOwn')} hint={t('prepaid.noneOwnHint')} />
        </div>
      ) : (
        <OwnBalance key={shown.lease.id} first={shown} />
      )}
    </div>
  );
}

function OwnBalance({ first }: { readonly first: Balance }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useBalance(first.lease.id);
  if (data === undefined) {
    return error ? <ErrorState error={error} retry={() => void refetch()} /> : <Loading />;
  }
  const gravest = data.notices.at(-1);
  return (
    <div className="panel panel-pad stack">
      {gravest !== undefined && (
        <Alert type={gravest === 'low' ? 'warning' : 'error'} showIcon title={t(`prepaid.warn.${gravest}`)} />
      )}
      <BalanceBody balance={data} />
    </div>
  );
}
