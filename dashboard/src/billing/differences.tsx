import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { periodsApi, type RunDifferences } from '../api/periods.ts';
import type { BillingRun } from '../api.ts';
import { formatMoney } from '../format.ts';
import { useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { EmptyState } from '../ui/states.tsx';

type Difference = RunDifferences['items'][number];

/** What a dry run would change, the largest difference first. */
export function Differences({ run }: { readonly run: BillingRun }) {
  const { t, i18n } = useTranslation();
  const { site } = useSession();
  const money = (amount: string): string => formatMoney(amount, site.currency);
  const sum = useQuery({
    queryKey: ['differences', run.id, 'sum'],
    queryFn: ({ signal }) => periodsApi.differences(run.id, { limit: 1 }, signal),
  });
  const nameOf = (component: string): string =>
    i18n.exists(`component.${component}`) ? t(`component.${component as 'energy'}`) : component;
  return (
    <div className="stack">
      <div className="row">
        <span className="muted">
          {run.comparedRunId === null
            ? t('periods.comparedPosted')
            : t('periods.comparedRun', { id: run.comparedRunId })}
        </span>
        {sum.data && (
          <span className="num nowrap">
            {money(sum.data.amountBefore)} → <strong>{money(sum.data.amount)}</strong>
          </span>
        )}
        {sum.data && <span>{t('periods.differences', { count: sum.data.count })}</span>}
      </div>
      <PagedTable<Difference>
        queryKey={['differences', run.id]}
        read={(cursor, signal) => periodsApi.differences(run.id, { cursor, limit: 50 }, signal)}
        rowKey={({ lease, component }) => `${lease.id} ${component}`}
        empty={<EmptyState title={t('periods.same')} hint={t('periods.sameHint')} />}
        columns={[
          {
            title: t('periods.lease'),
            key: 'lease',
            render: (_, { lease }) => (
              <Link
                to={`/fee-lines?period=${run.period}${lease.stall === null ? '' : `&stall=${lease.stall}`}`}
              >
                {lease.stall ?? t('periods.house')} · {lease.party}
              </Link>
            ),
          },
          {
            title: t('periods.component'),
            key: 'component',
            responsive: ['sm'],
            render: (_, { component }) => nameOf(component),
          },
          {
            title: t('periods.before'),
            key: 'before',
            align: 'right',
            responsive: ['md'],
            render: (_, one) => <span className="num nowrap">{money(one.amountBefore)}</span>,
          },
          {
            title: t('periods.after'),
            key: 'after',
            align: 'right',
            responsive: ['md'],
            render: (_, one) => <span className="num nowrap">{money(one.amount)}</span>,
          },
          {
            title: t('periods.difference'),
            key: 'difference',
            align: 'right',
            render: (_, one) => <strong className="num nowrap">{money(one.difference)}</strong>,
          },
        ]}
      />
    </div>
  );
}
