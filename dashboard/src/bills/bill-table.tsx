import { Button, Checkbox } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Bill } from '../../../contracts/bills.ts';
import { mayStep } from '../../../domain/bills.ts';
import { billsApi, type TakenStep } from '../api/bills.ts';
import { formatMoney } from '../format.ts';
import { useMay } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { EmptyState } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { useNarrow } from '../ui/use-narrow.ts';
import type { BillFilter } from './bill-filters.tsx';
import { BillState } from './bill-names.tsx';
import { StepDialog } from './step-dialog.tsx';

const STEPS = ['review', 'return', 'issue', 'void'] as const satisfies readonly TakenStep[];

export function BillTable(props: {
  readonly filter: BillFilter;
  readonly own: boolean;
  readonly onOpen: (id: number) => void;
}) {
  const { filter, own, onOpen } = props;
  const { t } = useTranslation();
  const mayWrite = useMay('bills:write');
  const narrow = useNarrow();
  const [chosen, setChosen] = useState<ReadonlyMap<number, Bill>>(new Map());
  const [step, setStep] = useState<TakenStep | null>(null);
  const choose = (bills: readonly Bill[], on: boolean) =>
    setChosen((before) => {
      const next = new Map(before);
      for (const bill of bills) on ? next.set(bill.id, bill) : next.delete(bill.id);
      return next;
    });
  const mayTake = (one: TakenStep) => [...chosen.values()].filter((bill) => mayStep(one, bill.status));

  return (
    <>
      <PagedTable<Bill>
        queryKey={['bills', 'list', filter]}
        read={(cursor, signal) => billsApi.list({ ...filter, cursor, limit: 100 }, signal)}
        rowKey={(bill) => bill.id}
        empty={
          <EmptyState
            title={t(own ? 'bills.emptyMine' : 'bills.empty')}
            hint={t(own ? 'bills.emptyMineHint' : 'bills.emptyHint')}
          />
        }
        {...(mayWrite && {
          summary: (rows: readonly Bill[]) => (
            <div className="row">
              <Checkbox
                className="bill-choose"
                aria-label={t('bills.chooseShown')}
                checked={rows.every(({ id }) => chosen.has(id))}
                indeterminate={
                  rows.some(({ id }) => chosen.has(id)) && !rows.every(({ id }) => chosen.has(id))
                }
                onChange={(event) => choose(rows, event.target.checked)}
              />
              <span className="muted">{t('bills.selected', { count: chosen.size })}</span>
              {STEPS.map((one) => (
                <Button
                  key={one}
                  size="small"
                  danger={one === 'void'}
                  disabled={mayTake(one).length === 0}
                  onClick={() => setStep(one)}
                >
                  {t(`bills.step.${one}`)}
                </Button>
              ))}
            </div>
          ),
        })}
        columns={[
          ...(mayWrite
            ? [
                {
                  title: <span className="visually-hidden">{t('bills.chosenColumn')}</span>,
                  key: 'choose',
                  width: 44,
                  render: (_: unknown, bill: Bill) => (
                    <Checkbox
                      className="bill-choose"
                      aria-label={t('bills.choose', { id: bill.id })}
                      checked={chosen.has(bill.id)}
                      onChange={(event) => choose([bill], event.target.checked)}
                    />
                  ),
                },
              ]
            : []),
          {
            title: t('bills.number'),
            key: 'number',
            width: 150,
            render: (_, bill) => (
              <>
                <button type="button" className="link num nowrap" onClick={() => onOpen(bill.id)}>
                  {bill.number ??
                    (bill.status === 'paid' ? bill.period : t('bills.draftOf', { id: bill.id }))}
                </button>
                {narrow && (
                  <div className="muted">
                    {[bill.lease.stall, bill.lease.party].filter(Boolean).join(' · ')}{' '}
                    <BillState bill={bill} />
                  </div>
                )}
              </>
            ),
          },
          {
            title: t('bills.period'),
            key: 'period',
            width: 90,
            responsive: ['md'],
            render: (_, bill) => <span className="num">{bill.period}</span>,
          },
          {
            title: t('bills.stall'),
            key: 'stall',
            width: 90,
            responsive: ['sm'],
            render: (_, bill) => bill.lease.stall ?? '—',
          },
          {
            title: t('bills.merchant'),
            key: 'merchant',
            ellipsis: true,
            responsive: ['md'],
            render: (_, bill) => bill.lease.party,
          },
          {
            title: t('bills.statusLabel'),
            key: 'status',
            width: 170,
            responsive: ['md'],
            render: (_, bill) => <BillState bill={bill} />,
          },
          {
            title: t('bills.dueDate'),
            key: 'dueAt',
            width: 110,
            responsive: ['lg'],
            render: (_, bill) => (bill.dueAt === null ? '—' : <Time at={bill.dueAt} style="day" />),
          },
          {
            title: t('bills.amount'),
            key: 'amount',
            width: 120,
            align: 'right',
            responsive: ['sm'],
            render: (_, bill) => (
              <span className="num nowrap">{formatMoney(bill.amount, bill.currency)}</span>
            ),
          },
          {
            title: t('bills.due'),
            key: 'due',
            width: narrow ? 116 : 130,
            align: 'right',
            render: (_, bill) => (
              <strong className="num nowrap">{formatMoney(bill.due, bill.currency)}</strong>
            ),
          },
        ]}
      />
      {step !== null && (
        <StepDialog
          step={step}
          bills={{ ids: mayTake(step).map(({ id }) => id) }}
          onClose={() => {
            setStep(null);
            setChosen(new Map());
          }}
        />
      )}
    </>
  );
}
