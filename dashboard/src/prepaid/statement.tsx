import { useTranslation } from 'react-i18next';
import { type BalanceEntry, prepaidApi } from '../api/prepaid.ts';
import { formatMoney } from '../format.ts';
import { useDoes } from '../ledger/does.ts';
import { PagedTable } from '../ui/paged-table.tsx';
import { EmptyState } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

/** What was booked on a lease's balance, with the balance after each. */
export function BalanceStatement({ lease, currency }: { readonly lease: number; readonly currency: string }) {
  const { t } = useTranslation();
  const does = useDoes();
  return (
    <PagedTable<BalanceEntry>
      queryKey={['balance-statement', lease]}
      read={(cursor, signal) => prepaidApi.statement(lease, { cursor, limit: 30 }, signal)}
      rowKey={(row) => row.id}
      empty={<EmptyState title={t('prepaid.noEntries')} hint={t('prepaid.noEntriesHint')} />}
      columns={[
        {
          title: t('ledger.what'),
          key: 'what',
          render: (_, row) => (
            <>
              {does(row.kind)}
              <div className="muted">
                <Time at={row.at} style="minute" />
              </div>
            </>
          ),
        },
        {
          title: t('ledger.amount'),
          key: 'amount',
          align: 'right',
          render: (_, row) => (
            <>
              <span className="num nowrap">
                {row.amount.startsWith('-') ? '' : '+'}
                {formatMoney(row.amount, currency)}
              </span>
              <div className="muted num nowrap">
                {t('prepaid.after', { amount: formatMoney(row.balance, currency) })}
              </div>
            </>
          ),
        },
      ]}
    />
  );
}
