import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ChargeDetail, paymentsApi } from '../api/payments.ts';
import { formatMoney } from '../format.ts';
import { MoneyInput } from '../ui/money-input.tsx';
import { describeError } from '../ui/states.tsx';
import { Field } from './field.tsx';

/** Money back in two steps: how much and why, then once more in words, for it cannot be taken back. */
export function RefundForm(props: {
  readonly charge: ChargeDetail;
  /** Minor units. */
  readonly left: string;
  readonly onClose: () => void;
}) {
  const { charge, left, onClose } = props;
  const { t } = useTranslation();
  const client = useQueryClient();
  const [amount, setAmount] = useState(left);
  const [reason, setReason] = useState('');
  const [sure, setSure] = useState(false);
  const fits = /^[1-9]\d{0,14}$/.test(amount) && BigInt(amount) <= BigInt(left);
  const refund = useMutation({
    mutationFn: () => paymentsApi.refund(charge.id, { amount, reason: reason.trim() }),
    onSuccess() {
      void client.invalidateQueries({ queryKey: ['charge', charge.id] });
      void client.invalidateQueries({ queryKey: ['charges'] });
      onClose();
    },
    onError: () => setSure(false),
  });
  const byHand = charge.provider === 'cash' || charge.provider === 'bank_transfer';
  if (sure) {
    return (
      <div className="note stack">
        <strong>
          {t('payments.refundSure', {
            amount: formatMoney(amount, charge.currency),
            payer: charge.lease.party,
          })}
        </strong>
        <span>{t(byHand ? 'payments.refundByHand' : 'payments.refundByProvider')}</span>
        <div className="row">
          <Button type="primary" loading={refund.isPending} onClick={() => refund.mutate()}>
            {t('payments.refundNow')}
          </Button>
          <Button onClick={() => setSure(false)}>{t('common.cancel')}</Button>
        </div>
      </div>
    );
  }
  return (
    <form
      className="note stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (fits && reason.trim() !== '') setSure(true);
      }}
    >
      <Field label={t('payments.refundAmount', { left: formatMoney(left, charge.currency) })}>
        {(id) => (
          <MoneyInput
            id={id}
            value={amount}
            currency={charge.currency}
            invalid={!fits}
            onChange={setAmount}
          />
        )}
      </Field>
      <Field label={t('payments.reason')}>
        {(id) => (
          <Input id={id} value={reason} maxLength={200} onChange={({ target }) => setReason(target.value)} />
        )}
      </Field>
      {refund.error !== null && <Alert type="error" showIcon title={describeError(refund.error, t)} />}
      <div className="row">
        <Button htmlType="submit" disabled={!fits || reason.trim() === ''}>
          {t('payments.refundNext')}
        </Button>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
      </div>
    </form>
  );
}
