import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input, Radio } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { HAND_OUTCOMES, type HandOutcome } from '../../../domain/charges.ts';
import { type ChargeDetail, paymentsApi } from '../api/payments.ts';
import { formatMoney } from '../format.ts';
import { useNeedsAnother } from '../four-eyes.ts';
import { describeError } from '../ui/states.tsx';
import { Field } from './field.tsx';

type Refund = ChargeDetail['refunds'][number];

function useRefresh(): () => void {
  const client = useQueryClient();
  return () => {
    for (const key of ['charge', 'charges', 'cases', 'case', 'case-summary'])
      void client.invalidateQueries({ queryKey: [key] });
  };
}

/** For a provider that gives no clear answer: a person says what its own books say, and another one approves it. */
export function SettleCharge(props: { readonly charge: ChargeDetail; readonly refund?: Refund }) {
  const { charge, refund } = props;
  const { t } = useTranslation();
  const refresh = useRefresh();
  const [open, setOpen] = useState(false);
  // What failed cannot fail once more, but it may have gone back after all.
  const choices = refund?.status === 'failed' ? (['succeeded'] as const) : HAND_OUTCOMES;
  const [as, setAs] = useState<HandOutcome | null>(null);
  const [note, setNote] = useState('');
  const chosen = choices.length === 1 ? choices[0] : as;
  const settle = useMutation({
    mutationFn: (outcome: HandOutcome) =>
      paymentsApi.settle(charge.id, {
        as: outcome,
        note: note.trim(),
        ...(refund === undefined ? {} : { refund: refund.id }),
      }),
    onSuccess() {
      setOpen(false);
      setAs(null);
      setNote('');
      refresh();
    },
  });
  const about = refund === undefined ? 'charge' : 'refund';
  const proposal = charge.byHand.find(
    (one) => one.status === 'proposed' && one.refund === (refund?.id ?? null),
  );
  if (proposal !== undefined) return <Proposal proposal={proposal} />;
  if (!open)
    return (
      <div>
        <Button onClick={() => setOpen(true)}>{t('payments.byHand.open')}</Button>
      </div>
    );
  const isReady = chosen !== null && note.trim() !== '';
  return (
    <form
      className="note stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) settle.mutate(chosen);
      }}
    >
      <p>{t('payments.byHand.hint')}</p>
      {refund !== undefined && (
        <p>
          {t('payments.byHand.refundOf', {
            amount: formatMoney(refund.amount, charge.currency),
            order: refund.orderNo,
          })}
        </p>
      )}
      <Radio.Group
        className="pay-methods"
        aria-label={t('payments.byHand.open')}
        value={chosen}
        onChange={({ target }) => setAs(target.value)}
      >
        {choices.map((one) => (
          <Radio key={one} value={one}>
            {t(`payments.byHand.${about}.${one}`)}
          </Radio>
        ))}
      </Radio.Group>
      <Field label={t('payments.byHand.note')}>
        {(id) => (
          <Input id={id} value={note} maxLength={200} onChange={({ target }) => setNote(target.value)} />
        )}
      </Field>
      {settle.error !== null && <Alert type="error" showIcon title={describeError(settle.error, t)} />}
      <div className="row">
        <Button type="primary" htmlType="submit" loading={settle.isPending} disabled={!isReady}>
          {t('common.confirm')}
        </Button>
        <Button onClick={() => setOpen(false)}>{t('common.cancel')}</Button>
      </div>
    </form>
  );
}

/** Waits for a second person. */
function Proposal({ proposal }: { readonly proposal: ChargeDetail['byHand'][number] }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const decide = useMutation({
    mutationFn: (approve: boolean) => paymentsApi.decideByHand(proposal.id, approve),
    onSettled: refresh,
  });
  const isOwn = useNeedsAnother(proposal.proposedBy);
  const about = proposal.refund === null ? 'charge' : 'refund';
  return (
    <div className="note stack">
      <span>
        {t('payments.byHand.proposed', {
          actor: proposal.proposedBy,
          what: t(`payments.byHand.${about}.${proposal.as}`),
          note: proposal.note,
        })}
      </span>
      {isOwn && <span>{t('common.proposedIt')}</span>}
      <div className="row">
        {!isOwn && (
          <Button loading={decide.isPending} onClick={() => decide.mutate(true)}>
            {t('payments.byHand.approve')}
          </Button>
        )}
        <Button loading={decide.isPending} onClick={() => decide.mutate(false)}>
          {t('payments.byHand.drop')}
        </Button>
      </div>
      {decide.error !== null && <Alert type="error" showIcon title={describeError(decide.error, t)} />}
    </div>
  );
}
