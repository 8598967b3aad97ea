import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type LedgerEntry, ledgerApi } from '../api/ledger.ts';
import { formatMoney } from '../format.ts';
import { PagedTable } from '../ui/paged-table.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { useAccountName } from './account-name.tsx';
import { useDoes } from './does.ts';
import { useRange } from './use-range.tsx';

/** An account's entries, the newest first, each with the balance after it. */
export function AccountSheet(props: {
  readonly id: number;
  readonly onTransaction: (id: number) => void;
  readonly onClose: () => void;
}) {
  const { id, onTransaction, onClose } = props;
  const { t } = useTranslation();
  const nameOf = useAccountName();
  const does = useDoes();
  const { range, fields } = useRange();
  const account = useQuery({
    queryKey: ['ledger', 'account', id],
    queryFn: ({ signal }) => ledgerApi.account(id, signal),
  });
  const one = account.data;
  return (
    <Sheet title={one ? nameOf(one) : t('ledger.account')} width={640} onClose={onClose}>
      {one === undefined ? (
        account.error ? (
          <ErrorState error={account.error} retry={() => void account.refetch()} />
        ) : (
          <Loading />
        )
      ) : (
        <div className="stack">
          <div className="sum-total num">{formatMoney(one.balance, one.currency)}</div>
          {fields}
          <PagedTable<LedgerEntry>
            queryKey={['ledger', 'entries', id, range]}
            read={(cursor, signal) => ledgerApi.entries(id, { ...range, cursor, limit: 50 }, signal)}
            rowKey={(entry) => entry.id}
            empty={<EmptyState title={t('ledger.emptyEntries')} hint={t('ledger.emptyEntriesHint')} />}
            columns={[
              {
                title: t('ledger.what'),
                key: 'what',
                render: (_, entry) => (
                  <>
                    <button type="button" className="link" onClick={() => onTransaction(entry.transaction)}>
                      {does(entry.kind)}
                    </button>
                    <div className="muted">
                      <Time at={entry.at} style="minute" />
                    </div>
                  </>
                ),
              },
              {
                title: t('ledger.amount'),
                key: 'amount',
                width: 110,
                align: 'right',
                render: (_, entry) => (
                  <span className="num nowrap">{formatMoney(entry.amount, one.currency)}</span>
                ),
              },
              {
                title: t('ledger.balance'),
                key: 'balance',
                width: 110,
                align: 'right',
                render: (_, entry) => (
                  <span className="num nowrap">{formatMoney(entry.balance, one.currency)}</span>
                ),
              },
            ]}
          />
        </div>
      )}
    </Sheet>
  );
}
