import { Input, Segmented, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { BALANCE_FILTERS } from '../../../contracts/balances.ts';
import { type Balance, prepaidApi } from '../api/prepaid.ts';
import { formatMoney } from '../format.ts';
import { useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { EmptyState } from '../ui/states.tsx';
import { useAddress } from '../ui/use-address.ts';
import { BalanceAmount, SupplyTags, useDaysLeft } from './balance-parts.tsx';
import { BalanceSheet } from './balance-sheet.tsx';
import { MyBalance } from './my-balance.tsx';
import { NoticeList } from './notice-list.tsx';

const REFRESH_MS = 15_000;

export function PrepaidPage() {
  const { me } = useSession();
  return me.role === 'merchant' ? <MyBalance /> : <AllBalances />;
}

function AllBalances() {
  const { t } = useTranslation();
  const [get, put] = useAddress();
  const view = get('view') === 'notices' ? 'notices' : 'balances';
  const lease = Number(get('lease') ?? 0);
  const open = (id: number) => put({ lease: String(id) });
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('prepaid.title')}</h1>
        <Segmented
          aria-label={t('ledger.view')}
          value={view}
          onChange={(value) => put({ view: value === 'balances' ? undefined : value })}
          options={[
            { value: 'balances', label: t('prepaid.balances') },
            { value: 'notices', label: t('prepaid.notices') },
          ]}
        />
      </div>
      {view === 'notices' ? <NoticeList onOpen={open} /> : <BalanceTable onOpen={open} />}
      {lease > 0 && <BalanceSheet key={lease} lease={lease} onClose={() => put({ lease: undefined })} />}
    </div>
  );
}

function BalanceTable({ onOpen }: { readonly onOpen: (lease: number) => void }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const daysLeft = useDaysLeft();
  const [get, put] = useAddress();
  const filter = { site: site.id, filter: get('filter'), q: get('q') };
  const isFiltered = filter.filter !== undefined || filter.q !== undefined;
  return (
    <>
      <div className="filters">
        <Select
          className="filter"
          allowClear
          aria-label={t('prepaid.filterLabel')}
          placeholder={t('prepaid.filterLabel')}
          value={filter.filter}
          onChange={(value: string | undefined) => put({ filter: value })}
          options={BALANCE_FILTERS.map((value) => ({ value, label: t(`prepaid.filter.${value}`) }))}
        />
        <Input.Search
          key={filter.q}
          className="filter-wide"
          allowClear
          aria-label={t('floor.search')}
          placeholder={t('floor.search')}
          defaultValue={filter.q}
          onSearch={(q) => put({ q: q.trim() })}
        />
      </div>
      <PagedTable<Balance>
        queryKey={['balances', filter]}
        read={(cursor, signal) => prepaidApi.list({ ...filter, cursor, limit: 100 }, signal)}
        rowKey={(row) => row.lease.id}
        refreshMs={REFRESH_MS}
        empty={
          <EmptyState
            title={t(isFiltered ? 'prepaid.noMatch' : 'prepaid.empty')}
            hint={t(isFiltered ? 'prepaid.noMatchHint' : 'prepaid.emptyHint')}
          />
        }
        columns={[
          {
            title: t('feeLine.stall'),
            key: 'stall',
            render: (_, row) => (
              <>
                <button type="button" className="link" onClick={() => onOpen(row.lease.id)}>
                  {row.lease.stall ?? row.lease.party}
                </button>
                <div className="muted">{row.lease.party}</div>
              </>
            ),
          },
          {
            title: t('prepaid.balance'),
            key: 'balance',
            align: 'right',
            render: (_, row) => <BalanceAmount balance={row} />,
          },
          {
            title: t('prepaid.average'),
            key: 'average',
            align: 'right',
            responsive: ['md'],
            render: (_, row) => (
              <span className="num nowrap">
                {row.averageDaily === null ? '—' : formatMoney(row.averageDaily, row.currency)}
              </span>
            ),
          },
          {
            title: t('prepaid.lasts'),
            key: 'lasts',
            align: 'right',
            responsive: ['sm'],
            render: (_, row) => <span className="num nowrap">{daysLeft(row)}</span>,
          },
          {
            title: t('prepaid.supply'),
            key: 'supply',
            responsive: ['sm'],
            render: (_, row) => <SupplyTags supply={row.supply} />,
          },
        ]}
      />
    </>
  );
}
