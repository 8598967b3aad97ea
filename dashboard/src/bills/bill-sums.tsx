import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { BILL_STATUS } from '../../../domain/bills.ts';
import { billsApi, type TakenStep } from '../api/bills.ts';
import { formatMoney } from '../format.ts';
import { useMay, useSession } from '../session.tsx';
import type { BillFilter } from './bill-filters.tsx';
import { BILL_TAGS } from './bill-names.tsx';
import { DrawUp } from './draw-up.tsx';
import { StepDialog } from './step-dialog.tsx';

/** What the filtered bills come to, by status, and the next step for all of them. */
export function BillSums({ filter, own }: { readonly filter: BillFilter; readonly own: boolean }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayWrite = useMay('bills:write');
  const [asked, setAsked] = useState<'review' | 'issue' | 'draw' | null>(null);
  const sums = useQuery({
    queryKey: ['bills', 'sums', filter],
    queryFn: ({ signal }) => billsApi.sums({ ...filter }, signal),
    placeholderData: keepPreviousData,
    enabled: site.id !== '',
  });
  const data = sums.data;
  const countOf = (status: string) => data?.statuses.find((one) => one.status === status)?.bills ?? 0;
  const money = (minor: string) => formatMoney(minor, site.currency);
  const [drafts, reviewed] = [countOf('draft'), countOf('reviewed')];
  return (
    <div className="stack">
      {data && (
        <div className="panel panel-pad row" aria-live="polite">
          {!own &&
            [...data.statuses]
              .filter(({ status }) => status !== 'void')
              .sort((a, b) => BILL_STATUS.indexOf(a.status) - BILL_STATUS.indexOf(b.status))
              .map(({ status, bills, amount }) => (
                <span key={status}>
                  <span className={BILL_TAGS[status]}>{t(`bills.status.${status}`)}</span>{' '}
                  <span className="num">
                    {bills} · {money(amount)}
                  </span>
                </span>
              ))}
          <span>
            {t('bills.loadedDue')} <strong className="num">{money(data.due)}</strong>
          </span>
          {data.overdue !== '0' && (
            <span>
              <span className="tag tag-bad">{t('bills.overdue')}</span>{' '}
              <span className="num">{money(data.overdue)}</span>
            </span>
          )}
          {data.disputed !== '0' && (
            <span>
              <span className="tag tag-stale">{t('bills.disputed')}</span>{' '}
              <span className="num">{money(data.disputed)}</span>
            </span>
          )}
        </div>
      )}
      {mayWrite && (
        <div className="row">
          {drafts > 0 && (
            <Button onClick={() => setAsked('review')}>{t('bills.stepAll.review', { count: drafts })}</Button>
          )}
          {reviewed > 0 && (
            <Button onClick={() => setAsked('issue')}>{t('bills.stepAll.issue', { count: reviewed })}</Button>
          )}
          <Button onClick={() => setAsked('draw')}>{t('bills.drawUp')}</Button>
        </div>
      )}
      {(asked === 'review' || asked === 'issue') && (
        <StepDialog
          step={asked satisfies TakenStep}
          bills={{
            filter: { ...filter, status: asked === 'review' ? 'draft' : 'reviewed' },
            count: asked === 'review' ? drafts : reviewed,
          }}
          onClose={() => setAsked(null)}
        />
      )}
      {asked === 'draw' && <DrawUp onClose={() => setAsked(null)} />}
    </div>
  );
}
