import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatMoney } from '../format.ts';
import { MoneyInput } from '../ui/money-input.tsx';
import { describeError } from '../ui/states.tsx';

const REASON_MIN = 3;

/** Asks for an amount, and for a reason unless it is not needed, before money is moved. */
export function AmountDialog(props: {
  readonly title: string;
  readonly hint: string;
  readonly confirm: string;
  /** Minor units, as text: what to begin with, and the most there can be. */
  readonly amount: string;
  readonly currency: string;
  readonly needsReason: boolean;
  readonly run: (amount: string, reason: string) => Promise<unknown>;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [amount, setAmount] = useState(props.amount);
  const [reason, setReason] = useState('');
  const run = useMutation({
    mutationFn: () => props.run(amount, reason.trim()),
    onSuccess() {
      for (const key of ['bills', 'bill']) void client.invalidateQueries({ queryKey: [key] });
      props.onClose();
    },
  });
  const isAmount = /^[1-9]\d{0,14}$/.test(amount);
  const fits = isAmount && BigInt(amount) <= BigInt(props.amount);
  return (
    <Modal
      open
      title={props.title}
      okText={props.confirm}
      cancelText={t('common.cancel')}
      okButtonProps={{
        loading: run.isPending,
        disabled: !fits || (props.needsReason && reason.trim().length < REASON_MIN),
      }}
      onOk={() => run.mutate()}
      onCancel={props.onClose}
    >
      <div className="stack">
        <p>{props.hint}</p>
        <label htmlFor="bill-amount">{t('bills.amount')}</label>
        <MoneyInput
          id="bill-amount"
          value={amount}
          currency={props.currency}
          invalid={!fits}
          onChange={setAmount}
        />
        {!fits && (
          <span className="field-error" role="alert">
            {isAmount
              ? t('bills.amountMost', { amount: formatMoney(props.amount, props.currency) })
              : t('bills.amountWrong')}
          </span>
        )}
        {props.needsReason && (
          <>
            <label htmlFor="bill-reason">{t('bills.reason')}</label>
            <Input.TextArea
              id="bill-reason"
              placeholder={t('bills.reasonHint')}
              maxLength={1_000}
              autoSize={{ minRows: 2 }}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          </>
        )}
        {run.error !== null && <Alert type="error" showIcon title={describeError(run.error, t)} />}
      </div>
    </Modal>
  );
}
