import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Checkbox, Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { zPayOptions } from '../../../contracts/charges.ts';
import { AUTO_PROVIDERS } from '../../../domain/charges.ts';
import { paymentsApi } from '../api/payments.ts';
import { AmountDialog } from '../bills/amount-dialog.tsx';
import { formatMoney } from '../format.ts';
import { useMay } from '../session.tsx';
import { Facts } from '../ui/facts.tsx';
import { describeError, ErrorState, Loading } from '../ui/states.tsx';
import { Field } from './field.tsx';
import { PayDialog } from './pay-dialog.tsx';

type Options = z.infer<typeof zPayOptions>;
/** What Stripe calls the payer and their card. */
const PAYER = ['customer', 'paymentMethod'] as const;

/** A lease's money: its balance and deposit, and how its bills are paid on the due date. */
export function LeaseMoney({ lease }: { readonly lease: number }) {
  const { t } = useTranslation();
  const mayWrite = useMay('payments:write');
  const client = useQueryClient();
  const [does, setDoes] = useState<'method' | 'take' | 'return' | null>(null);
  const options = useQuery({
    queryKey: ['payment-options', lease],
    queryFn: ({ signal }) => paymentsApi.options(lease, signal),
  });
  const { data } = options;
  if (data === undefined)
    return options.error ? (
      <ErrorState error={options.error} retry={() => void options.refetch()} />
    ) : (
      <Loading />
    );
  const { method, currency } = data;
  const close = () => {
    setDoes(null);
    void client.invalidateQueries({ queryKey: ['payment-options', lease] });
  };
  return (
    <section className="stack lease-money">
      <h2>{t('payments.leaseMoney')}</h2>
      <Facts
        items={[
          [t('payments.balanceIs'), formatMoney(data.balance, currency)],
          [t('payments.purpose.deposit'), formatMoney(data.deposit, currency)],
          [
            t('payments.autopay'),
            method?.autopay ? t(`payments.provider.${method.provider}`) : t('payments.autopayOff'),
          ],
        ]}
      />
      {mayWrite && does !== 'method' && (
        <div className="row">
          <Button onClick={() => setDoes('method')}>{t('payments.autopaySet')}</Button>
          <Button onClick={() => setDoes('take')}>{t('payments.depositTake')}</Button>
          {BigInt(data.deposit) > 0n && (
            <Button onClick={() => setDoes('return')}>{t('payments.depositReturn')}</Button>
          )}
        </div>
      )}
      {does === 'method' && <MethodForm lease={lease} options={data} onClose={close} />}
      {does === 'take' && <PayDialog purpose="deposit" lease={lease} amount="100000" onClose={close} />}
      {does === 'return' && (
        <AmountDialog
          title={t('payments.depositReturn')}
          hint={t('payments.depositReturnHint')}
          confirm={t('payments.depositReturnNow')}
          amount={data.deposit}
          currency={currency}
          needsReason
          run={(amount, reason) => paymentsApi.returnDeposit({ lease, amount, reason })}
          onClose={close}
        />
      )}
    </section>
  );
}

function MethodForm(props: {
  readonly lease: number;
  readonly options: Options;
  readonly onClose: () => void;
}) {
  const { lease, options, onClose } = props;
  const { t } = useTranslation();
  const offered = AUTO_PROVIDERS.filter((one) => options.providers.includes(one));
  const [provider, setProvider] = useState(
    offered.find((one) => one === options.method?.provider) ?? offered[0] ?? 'balance',
  );
  const [autopay, setAutopay] = useState(options.method?.autopay ?? true);
  const [payer, setPayer] = useState(options.method?.payer ?? {});
  const isReady = provider !== 'stripe' || PAYER.every((name) => payer[name]?.trim());
  const put = useMutation({
    mutationFn: () =>
      paymentsApi.putMethod(lease, { provider, autopay, payer: provider === 'stripe' ? payer : {} }),
    onSuccess: onClose,
  });
  return (
    <form
      className="note stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) put.mutate();
      }}
    >
      <p className="muted">{t('payments.autopayHint')}</p>
      <Field label={t('payments.method')}>
        {(id) => (
          <Select
            id={id}
            value={provider}
            onChange={setProvider}
            options={offered.map((value) => ({ value, label: t(`payments.provider.${value}`) }))}
          />
        )}
      </Field>
      {provider === 'stripe' &&
        PAYER.map((name) => (
          <Field key={name} label={t(`payments.stripePayer.${name}`)}>
            {(id) => (
              <Input
                id={id}
                value={payer[name] ?? ''}
                maxLength={128}
                onChange={({ target }) => setPayer({ ...payer, [name]: target.value.trim() })}
              />
            )}
          </Field>
        ))}
      <Checkbox checked={autopay} onChange={({ target }) => setAutopay(target.checked)}>
        {t('payments.autopayOn')}
      </Checkbox>
      {put.error !== null && <Alert type="error" showIcon title={describeError(put.error, t)} />}
      <div className="row">
        <Button type="primary" htmlType="submit" disabled={!isReady} loading={put.isPending}>
          {t('common.confirm')}
        </Button>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
      </div>
    </form>
  );
}
