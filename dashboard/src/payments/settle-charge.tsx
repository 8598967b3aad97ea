import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input, Radio } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ChargeDetail, paymentsApi } from '../api/payments.ts';
import { describeError } from '../ui/states.tsx';
import { Field } from './field.tsx';

/** For a provider that gives no clear answer: a person says what its own books say. */
export function SettleCharge({ charge }: { readonly charge: ChargeDetail }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [as, setAs] = useState<'succeeded' | 'failed'>('failed');
  const [note, setNote] = useState('');
  const settle = useMutation({
    mutationFn: () => paymentsApi.settle(charge.id, { as, note: note.trim() }),
    onSuccess() {
      for (const key of ['charge', 'charges', 'cases', 'case', 'case-summary'])
        void client.invalidateQueries({ queryKey: [key] });
    },
  });
  if (!open)
    return (
      <div>
        <Button onClick={() => setOpen(true)}>{t('payments.byHand')}</Button>
      </div>
    );
  return (
    <form
      className="note stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (note.trim() !== '') settle.mutate();
      }}
    >
      <p>{t('payments.byHandHint')}</p>
      <Radio.Group
        className="pay-methods"
        aria-label={t('payments.byHand')}
        value={as}
        onChange={({ target }) => setAs(target.value)}
      >
        <Radio value="failed">{t('payments.byHandFailed')}</Radio>
        <Radio value="succeeded">{t('payments.byHandSucceeded')}</Radio>
      </Radio.Group>
      <Field label={t('payments.byHandNote')}>
        {(id) => (
          <Input id={id} value={note} maxLength={200} onChange={({ target }) => setNote(target.value)} />
        )}
      </Field>
      {settle.error !== null && <Alert type="error" showIcon title={describeError(settle.error, t)} />}
      <div className="row">
        <Button type="primary" htmlType="submit" loading={settle.isPending} disabled={note.trim() === ''}>
          {t('common.confirm')}
        </Button>
        <Button onClick={() => setOpen(false)}>{t('common.cancel')}</Button>
      </div>
    </form>
  );
}
