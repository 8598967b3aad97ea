import { Input, Segmented, Select } from 'antd';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import type { Account } from '../../../contracts/ledger.ts';
import { ACCOUNT_KINDS } from '../../../domain/ledger.ts';
import { ledgerApi } from '../api/ledger.ts';
import { formatMoney } from '../format.ts';
import { useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { EmptyState } from '../ui/states.tsx';
import { useAddress } from '../ui/use-address.ts';
import { useAccountName } from './account-name.tsx';
import { TrialBalance } from './trial-balance.tsx';

const AccountSheet = lazy(async () => ({ default: (await import('./account-sheet.tsx')).AccountSheet }));
const TransactionSheet = lazy(async () => ({
  default: (await import('./transaction-sheet.tsx')).TransactionSheet,
}));

export function LedgerPage() {
  const { t } = useTranslation();
  const { site } = useSession();
  const [get, put] = useAddress();
  const view = get('view') === 'trial' ? 'trial' : 'accounts';
  const filter = { site: site.id, kind: get('kind'), lease: get('lease'), q: get('q') };
  const account = Number(get('account') ?? 0);
  const transaction = Number(get('transaction') ?? 0);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('ledger.title')}</h1>
        <div className="filters">
          <Segmented
            aria-label={t('ledger.view')}
            value={view}
            onChange={(value) => put({ view: value === 'accounts' ? undefined : value })}
            options={[
              { value: 'accounts', label: t('ledger.accounts') },
              { value: 'trial', label: t('ledger.trial') },
            ]}
          />
          {view === 'accounts' && (
            <>
              <Select
                className="filter"
                allowClear
                aria-label={t('ledger.kindLabel')}
                placeholder={t('ledger.kindLabel')}
                value={filter.kind}
                onChange={(kind: string | undefined) => put({ kind })}
                options={ACCOUNT_KINDS.map((kind) => ({ value: kind, label: t(`ledger.kind.${kind}`) }))}
              />
              <Input.Search
                key={filter.q}
                className="filter-wide"
                allowClear
                aria-label={t('ledger.search')}
                placeholder={t('ledger.search')}
                defaultValue={filter.q}
                onSearch={(q) => put({ q: q.trim() })}
              />
            </>
          )}
        </div>
      </div>
      <p className="page-intro">{t('ledger.intro')}</p>
      {view === 'trial' ? (
        <TrialBalance />
      ) : (
        <Accounts filter={filter} onOpen={(id) => put({ account: String(id) })} />
      )}
      <Suspense fallback={null}>
        {account > 0 && (
          <AccountSheet
            key={account}
            id={account}
            onTransaction={(id) => put({ transaction: String(id) })}
            onClose={() => put({ account: undefined })}
          />
        )}
        {transaction > 0 && (
          <TransactionSheet
            key={transaction}
            id={transaction}
            onAccount={(id) => put({ account: String(id), transaction: undefined })}
            onClose={() => put({ transaction: undefined })}
          />
        )}
      </Suspense>
    </div>
  );
}

function Accounts(props: {
  readonly filter: { readonly site: string } & Readonly<Record<string, string | undefined>>;
  readonly onOpen: (id: number) => void;
}) {
  const { filter, onOpen } = props;
  const { t } = useTranslation();
  const nameOf = useAccountName();
  return (
    <PagedTable<Account>
      queryKey={['ledger', 'accounts', filter]}
      read={(cursor, signal) => ledgerApi.accounts({ ...filter, cursor, limit: 100 }, signal)}
      rowKey={(one) => one.id}
      empty={<EmptyState title={t('ledger.empty')} hint={t('ledger.emptyHint')} />}
      columns={[
        {
          title: t('ledger.account'),
          key: 'account',
          render: (_, one) => (
            <button type="button" className="link" onClick={() => onOpen(one.id)}>
              {nameOf(one)}
            </button>
          ),
        },
        {
          title: t('ledger.balance'),
          key: 'balance',
          width: 150,
          align: 'right',
          render: (_, one) => (
            <strong className="num nowrap">{formatMoney(one.balance, one.currency)}</strong>
          ),
        },
      ]}
    />
  );
}
