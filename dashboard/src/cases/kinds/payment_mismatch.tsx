import { useMutation } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { PROVIDERS } from '../../../../domain/charges.ts';
import { paymentsApi } from '../../api/payments.ts';
import { formatMoney } from '../../format.ts';
import { MISMATCHES, type Mismatch } from '../../payments/names.ts';
import { useMay, useSession } from '../../session.tsx';
import { Facts } from '../../ui/facts.tsx';
import { describeError } from '../../ui/states.tsx';
import type { CaseCardProps } from '../kinds.ts';

/** Money that is not as it should be: what, what may be done about it, and where. */
export function PaymentMismatchCard({ one, onDecided }: CaseCardProps) {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayWrite = useMay('payments:write');
  const { subject } = one;
  const reason = MISMATCHES.find((known): known is Mismatch => known === subject['reason']);
  const provider = PROVIDERS.find((known) => known === subject['provider']);
  const charge = Number(subject['charge'] ?? 0);
  const look = useMutation({ mutationFn: () => paymentsApi.look(charge), onSuccess: onDecided });
  const text = (name: string) => {
    const value = subject[name];
    return value === undefined || value === null || value === '' ? null : String(value);
  };
  const money = (label: string, amount: string | null): [string, string] | null =>
    amount === null || !/^-?\d+$/.test(amount)
      ? null
      : [label, formatMoney(amount, text('currency') ?? site.currency)];
  const fact = (label: string, value: string | null): [string, string] | null =>
    value === null ? null : [label, value];
  return (
    <div className="stack">
      {reason !== undefined && (
        <>
          <strong>{t(`payments.mismatch.${reason}.is`)}</strong>
          <p>{t(`payments.mismatch.${reason}.do`)}</p>
        </>
      )}
      <Facts
        items={[
          fact(t('payments.orderNo'), text('order') ?? text('orderNo')),
          provider === undefined ? null : [t('payments.method'), t(`payments.provider.${provider}`)],
          fact(t('payments.day'), text('day')),
          money(t('payments.asked'), text('expected')),
          money(t('payments.cameIn'), text('paid')),
          money(t('payments.toBalance'), text('credit')),
          money(t('payments.ours'), amountOf(subject['ours'])),
          money(t('payments.theirs'), amountOf(subject['theirs'])),
          fact(t('payments.reason'), text('detail')),
        ]}
      />
      <p className="row">
        {reason === 'no_answer' && mayWrite && one.status === 'open' && (
          <Button loading={look.isPending} onClick={() => look.mutate()}>
            {t('payments.askNow')}
          </Button>
        )}
        {charge > 0 ? (
          <Link to={`/payments?charge=${charge}`}>{t('payments.openCharge')} →</Link>
        ) : provider !== undefined ? (
          <Link to="/payments?view=reconciliation">{t('payments.view.reconciliation')} →</Link>
        ) : (
          <Link to="/payments?view=bank">{t('payments.view.bank')} →</Link>
        )}
        {text('bill') !== null && <Link to={`/bills?bill=${text('bill')}`}>{t('bills.openBill')} →</Link>}
      </p>
      {look.error !== null && <Alert type="error" showIcon title={describeError(look.error, t)} />}
    </div>
  );
}

/** Of one side of a difference. */
function amountOf(side: unknown): string | null {
  if (typeof side !== 'object' || side === null || !('amount' in side)) return null;
  return String(side.amount);
}
