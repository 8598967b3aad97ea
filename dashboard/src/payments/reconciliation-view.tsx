import { useTranslation } from 'react-i18next';
import { paymentsApi, type Reconciliation } from '../api/payments.ts';
import { formatMoney } from '../format.ts';
import { useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { EmptyState } from '../ui/states.tsx';
import { useNarrow } from '../ui/use-narrow.ts';

const TAGS = { waiting: 'tag tag-busy', done: 'tag tag-good', failed: 'tag tag-bad' } as const;

/** Each day of each provider's statement against our books, with every difference. */
export function ReconciliationView() {
  const { t } = useTranslation();
  const { site } = useSession();
  const narrow = useNarrow();
  const money = (amount: string) => formatMoney(amount, site.currency);
  return (
    <>
      <p className="page-intro">{t('payments.reconciliationIntro')}</p>
      <PagedTable<Reconciliation>
        queryKey={['reconciliations', site.id]}
        read={(cursor, signal) => paymentsApi.reconciliations({ site: site.id, cursor, limit: 62 }, signal)}
        rowKey={(row) => row.id}
        empty={
          <EmptyState
            title={t('payments.reconciliationEmpty')}
            hint={t('payments.reconciliationEmptyHint')}
          />
        }
        expanded={(row) => <Differences row={row} />}
        mayExpand={(row) => row.differences.length > 0 || row.error !== null}
        columns={[
          {
            title: t('payments.day'),
            key: 'day',
            width: 110,
            render: (_, row) => (
              <>
                <strong className="num nowrap">{row.day}</strong>
                {narrow && <div className="muted">{t(`payments.provider.${row.provider}`)}</div>}
              </>
            ),
          },
          {
            title: t('payments.method'),
            key: 'provider',
            responsive: ['md'],
            render: (_, row) => t(`payments.provider.${row.provider}`),
          },
          {
            title: t('payments.status'),
            key: 'status',
            render: (_, row) => (
              <span className={TAGS[row.status]}>{t(`payments.reconciliationStatus.${row.status}`)}</span>
            ),
          },
          {
            title: t('payments.rows'),
            key: 'rows',
            align: 'right',
            responsive: ['md'],
            render: (_, row) => <span className="num">{row.rows}</span>,
          },
          {
            title: t('payments.gross'),
            key: 'gross',
            align: 'right',
            responsive: ['sm'],
            render: (_, row) => <span className="num nowrap">{money(row.gross)}</span>,
          },
          {
            title: t('payments.fees'),
            key: 'fees',
            align: 'right',
            responsive: ['md'],
            render: (_, row) => <span className="num nowrap">{money(row.fees)}</span>,
          },
          {
            title: t('payments.differences'),
            key: 'differences',
            align: 'right',
            render: (_, row) =>
              row.differences.length === 0 ? (
                '0'
              ) : (
                <span className="tag tag-bad num">{row.differences.length}</span>
              ),
          },
        ]}
      />
    </>
  );
}

function Differences({ row }: { readonly row: Reconciliation }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const money = (side: { readonly amount: string } | null) =>
    side === null ? '—' : formatMoney(side.amount, site.currency);
  return (
    <div className="stack">
      {row.error !== null && <span className="muted">{row.error}</span>}
      {row.differences.length > 0 && (
        <table className="values">
          <thead>
            <tr>
              <th>{t('payments.orderNo')}</th>
              <th>{t('payments.difference')}</th>
              <th className="right">{t('payments.ours')}</th>
              <th className="right">{t('payments.theirs')}</th>
            </tr>
          </thead>
          <tbody>
            {row.differences.map((one) => (
              <tr key={`${one.of} ${one.orderNo} ${one.kind}`}>
                <td className="mono hash">{one.orderNo}</td>
                <td>{t(`payments.differenceKind.${one.kind}`)}</td>
                <td className="right num">{money(one.ours)}</td>
                <td className="right num">{money(one.theirs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
