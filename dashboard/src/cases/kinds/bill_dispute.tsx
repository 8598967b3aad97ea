import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { billsApi } from '../../api/bills.ts';
import { DecideDispute } from '../../bills/decide-dispute.tsx';
import { DisputedLines } from '../../bills/disputed-lines.tsx';
import { formatMoney } from '../../format.ts';
import { useMay } from '../../session.tsx';
import { Facts } from '../../ui/facts.tsx';
import { ErrorState, Loading } from '../../ui/states.tsx';
import type { CaseCardProps } from '../kinds.ts';

/** What a merchant says is wrong, the bill with its evidence, and the decision. */
export function BillDisputeCard({ one, onDecided }: CaseCardProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const mayDecide = useMay('bills:write');
  const id = Number(one.subject['dispute']);
  const dispute = useQuery({
    queryKey: ['dispute', id],
    queryFn: ({ signal }) => billsApi.oneDispute(id, signal),
  });
  if (dispute.data === undefined)
    return dispute.error ? (
      <ErrorState error={dispute.error} retry={() => void dispute.refetch()} />
    ) : (
      <Loading />
    );
  const { bill, lease, amount, currency, lines, reason, status } = dispute.data;
  return (
    <div className="stack">
      <Facts
        items={[
          [t('bills.merchant'), `${lease.party} ${lease.stall ?? ''}`],
          [t('bills.number'), bill.number],
          [
            t('bills.disputed'),
            t('bills.disputeSum', { count: lines.length, amount: formatMoney(amount, currency) }),
          ],
          [t('bills.reason'), reason],
        ]}
      />
      <DisputedLines
        dispute={dispute.data}
        onEvidence={(line) => void navigate(`/bills?bill=${bill.id}&line=${line}`)}
      />
      <Link to={`/bills?bill=${bill.id}`}>{t('bills.openBill')} →</Link>
      {mayDecide && status === 'open' && <DecideDispute dispute={dispute.data} onDecided={onDecided} />}
    </div>
  );
}
