import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BillDetail } from '../../../contracts/bills.ts';
import { billsApi } from '../api/bills.ts';
import { ReplayButton } from '../audit/replay-button.tsx';
import { formatMoney } from '../format.ts';
import { useMay } from '../session.tsx';
import { Facts } from '../ui/facts.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { ErrorState, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { useAddress } from '../ui/use-address.ts';
import { BillActions } from './bill-actions.tsx';
import { BillLines } from './bill-lines.tsx';
import { BillMoney } from './bill-money.tsx';
import { BillState, isStatement } from './bill-names.tsx';
import { BillSteps } from './bill-steps.tsx';
import { BillTimeline } from './bill-timeline.tsx';
import { Disputes } from './disputes.tsx';

const EvidenceSheet = lazy(async () => ({
  default: (await import('../fee-lines/evidence-sheet.tsx')).EvidenceSheet,
}));

const PayDialog = lazy(async () => ({ default: (await import('../payments/pay-dialog.tsx')).PayDialog }));

/** One bill: what is charged and why, what was paid, what is due, and who did what. */
export function BillSheet({ id, onClose }: { readonly id: number; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [get, put] = useAddress();
  const bill = useQuery({ queryKey: ['bill', id], queryFn: ({ signal }) => billsApi.one(id, signal) });
  const line = Number(get('line') ?? 0);
  const title =
    bill.data === undefined
      ? t('bills.title')
      : bill.data.number !== null
        ? t('bills.billOf', { number: bill.data.number })
        : isStatement(bill.data)
          ? t('bills.statement')
          : t('bills.draftOf', { id });
  return (
    <Sheet title={title} width={720} onClose={onClose}>
      {bill.data !== undefined ? (
        <Opened bill={bill.data} onEvidence={(one) => put({ line: String(one) })} />
      ) : bill.error ? (
        <ErrorState error={bill.error} retry={() => void bill.refetch()} />
      ) : (
        <Loading />
      )}
      {line > 0 && (
        <Suspense fallback={null}>
          <EvidenceSheet
            key={line}
            line={line}
            onOpen={(one) => put({ line: String(one) })}
            onClose={() => put({ line: undefined })}
          />
        </Suspense>
      )}
    </Sheet>
  );
}

function Opened({
  bill,
  onEvidence,
}: {
  readonly bill: BillDetail;
  readonly onEvidence: (line: number) => void;
}) {
  const { t } = useTranslation();
  const mayWrite = useMay('bills:write');
  const client = useQueryClient();
  const mayPay = useMay('payments:pay-own');
  const mayTake = useMay('payments:write');
  const [paying, setPaying] = useState(false);
  // What is in dispute need not be paid before it is decided.
  const payable = BigInt(bill.due) - BigInt(bill.disputed);
  return (
    <div className="stack" data-bill={bill.status}>
      <div className="row">
        <BillState bill={bill} />
        <BillActions bill={bill} />
      </div>
      {isStatement(bill) && <p className="page-intro">{t('bills.statementHint')}</p>}
      <Facts
        items={[
          [t('bills.merchant'), bill.lease.party],
          [t('bills.stall'), bill.lease.stall ?? '—'],
          [
            t('bills.period'),
            <span key="period" className="num">
              {bill.period}
            </span>,
          ],
          bill.dueAt === null ? null : [t('bills.dueDate'), <Time key="due" at={bill.dueAt} style="day" />],
        ]}
      />
      <BillMoney bill={bill} />
      {(mayPay || mayTake) && bill.status === 'issued' && payable > 0n && (
        <div>
          <Button type="primary" size="large" onClick={() => setPaying(true)}>
            {t(mayPay ? 'bills.pay' : 'payments.take', {
              amount: formatMoney(String(payable), bill.currency),
            })}
          </Button>
        </div>
      )}
      {paying && (
        <Suspense fallback={null}>
          <PayDialog
            purpose="bill"
            lease={bill.lease.id}
            bill={bill.id}
            amount={String(payable)}
            onClose={() => {
              setPaying(false);
              for (const key of ['bills', 'bill']) void client.invalidateQueries({ queryKey: [key] });
            }}
          />
        </Suspense>
      )}
      {mayWrite && <BillSteps bill={bill} />}
      <Disputes bill={bill} onEvidence={onEvidence} />
      <BillLines bill={bill} onEvidence={onEvidence} />
      <ReplayButton bill={bill.id} />
      <BillTimeline bill={bill} />
    </div>
  );
}
