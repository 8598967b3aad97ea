import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BillDetail, Dispute } from '../../../contracts/bills.ts';
import { formatMoney } from '../format.ts';
import { useMay } from '../session.tsx';
import { Time } from '../ui/time.tsx';
import { DecideDispute } from './decide-dispute.tsx';
import { DisputeDialog } from './dispute-dialog.tsx';
import { DisputedLines } from './disputed-lines.tsx';

const TAGS: Record<Dispute['status'], string> = {
  open: 'tag tag-stale',
  rejected: 'tag tag-bad',
  upheld: 'tag tag-good',
};

/** What of a bill was disputed and decided, and a way to dispute more while it is not paid. */
export function Disputes({
  bill,
  onEvidence,
}: {
  readonly bill: BillDetail;
  readonly onEvidence: (line: number) => void;
}) {
  const { t } = useTranslation();
  const mayDecide = useMay('bills:write');
  const mayDispute = useMay('bills:read-own') || mayDecide;
  const [asking, setAsking] = useState(false);
  return (
    <section className="stack">
      {bill.disputes.length > 0 && (
        <>
          <h2>{t('bills.disputes')}</h2>
          <ul className="cards">
            {bill.disputes.map((dispute) => (
              <li key={dispute.id} className="card stack">
                <div className="card-head">
                  <span className={TAGS[dispute.status]}>{t(`bills.disputeStatus.${dispute.status}`)}</span>
                  <span className="muted">
                    {dispute.openedBy} · <Time at={dispute.openedAt} style="minute" />
                  </span>
                  <strong className="num">{formatMoney(dispute.amount, dispute.currency)}</strong>
                </div>
                <div>{dispute.reason}</div>
                <DisputedLines dispute={dispute} onEvidence={onEvidence} />
                {dispute.note !== null && (
                  <div className="note">{t('bills.answer', { note: dispute.note })}</div>
                )}
                {mayDecide && dispute.status === 'open' && <DecideDispute dispute={dispute} />}
              </li>
            ))}
          </ul>
        </>
      )}
      {mayDispute && bill.status === 'issued' && (
        <div>
          <Button onClick={() => setAsking(true)}>{t('bills.dispute')}</Button>
        </div>
      )}
      {asking && <DisputeDialog bill={bill} onClose={() => setAsking(false)} />}
    </section>
  );
}
