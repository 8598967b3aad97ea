import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input } from 'antd';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Dispute } from '../../../contracts/bills.ts';
import { billsApi } from '../api/bills.ts';
import { MoneyInput } from '../ui/money-input.tsx';
import { describeError } from '../ui/states.tsx';

const NOTE_MIN = 3;

/** Rejects a dispute, or upholds it with a credit note; the note is for the merchant. */
export function DecideDispute(props: { readonly dispute: Dispute; readonly onDecided?: () => void }) {
  const { dispute, onDecided } = props;
  const { t } = useTranslation();
  const client = useQueryClient();
  const id = useId();
  const [note, setNote] = useState('');
  const [amount, setAmount] = useState(dispute.amount);
  const decide = useMutation({
    mutationFn: (outcome: 'rejected' | 'upheld') =>
      billsApi.decide(
        dispute.id,
        outcome === 'rejected' ? { outcome, note: note.trim() } : { outcome, note: note.trim(), amount },
      ),
    onSuccess() {
      for (const key of ['bills', 'bill', 'dispute']) void client.invalidateQueries({ queryKey: [key] });
      onDecided?.();
    },
  });
  const isReady = note.trim().length >= NOTE_MIN && !decide.isPending;
  return (
    <div className="stack">
      <label htmlFor={`${id}-note`}>{t('bills.decideNote')}</label>
      <Input.TextArea
        id={`${id}-note`}
        placeholder={t('bills.reasonHint')}
        maxLength={1_000}
        autoSize={{ minRows: 2 }}
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      <label htmlFor={`${id}-amount`}>{t('bills.creditAmount')}</label>
      <MoneyInput id={`${id}-amount`} value={amount} currency={dispute.currency} onChange={setAmount} />
      {decide.error !== null && <Alert type="error" showIcon title={describeError(decide.error, t)} />}
      <div className="row">
        <Button
          type="primary"
          disabled={!isReady || !/^[1-9]\d{0,14}$/.test(amount)}
          onClick={() => decide.mutate('upheld')}
        >
          {t('bills.uphold')}
        </Button>
        <Button disabled={!isReady} onClick={() => decide.mutate('rejected')}>
          {t('bills.reject')}
        </Button>
      </div>
    </div>
  );
}
