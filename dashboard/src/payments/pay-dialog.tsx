import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input, Radio } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ChargePurpose, isOpen, type Provider } from '../../../domain/charges.ts';
import { paymentsApi } from '../api/payments.ts';
import { formatMoney } from '../format.ts';
import { MoneyInput } from '../ui/money-input.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { describeError, ErrorState, Loading } from '../ui/states.tsx';
import { Field } from './field.tsx';
import { PayProgress } from './pay-progress.tsx';

export interface PayDialogProps {
  readonly purpose: ChargePurpose;
  /** Whose bill it is, or whose balance. */
  readonly lease: number;
  /** With the purpose `bill`. */
  readonly bill?: number | undefined;
  /** Minor units, as text: what is due, or what to begin with for a top-up, where it can be changed. */
  readonly amount: string;
  readonly onClose: () => void;
}

/** Pays a bill or tops a balance up: choose how, pay, and wait until it is certain what became of it. */
export function PayDialog(props: PayDialogProps) {
  const { purpose, lease, bill, onClose } = props;
  const { t } = useTranslation();
  const client = useQueryClient();
  const [charge, setCharge] = useState<number | null>(null);
  const options = useQuery({
    queryKey: ['payment-options', lease],
    queryFn: ({ signal }) => paymentsApi.options(lease, signal),
  });
  // Whoever closed the dialog with a payment under way comes back to that one: there is no second.
  const last = useQuery({
    queryKey: ['charges', 'last', bill],
    queryFn: ({ signal }) => paymentsApi.charges({ bill, limit: 1 }, signal),
    enabled: bill !== undefined,
    staleTime: 0,
  });
  const underWay = last.data?.items.find(({ status }) => isOpen(status));
  useEffect(() => {
    if (underWay !== undefined) setCharge(underWay.id);
  }, [underWay]);

  const close = () => {
    // What is due, a balance, a list of bills: whatever this payment may have changed is read again.
    void client.invalidateQueries();
    onClose();
  };
  const error = options.error ?? last.error;
  const isLoading = options.data === undefined || (bill !== undefined && last.data === undefined);
  return (
    <Sheet title={t(`payments.purpose.${purpose}`)} onClose={close}>
      {charge !== null ? (
        <PayProgress id={charge} onAgain={() => setCharge(null)} onClose={close} />
      ) : options.data === undefined || isLoading ? (
        error ? (
          <ErrorState error={error} retry={() => void options.refetch()} />
        ) : (
          <Loading />
        )
      ) : (
        <ChooseHow {...props} {...options.data} onCharge={setCharge} />
      )}
    </Sheet>
  );
}

function ChooseHow(
  props: PayDialogProps & {
    readonly providers: readonly Provider[];
    readonly balance: string;
    readonly currency: string;
    readonly onCharge: (id: number) => void;
  },
) {
  const { t } = useTranslation();
  const { purpose, lease, bill, currency, balance, onCharge } = props;
  const [amount, setAmount] = useState(props.amount);
  const isAmount = /^[1-9]\d{0,14}$/.test(amount);
  const enough = isAmount && BigInt(balance) >= BigInt(amount);
  const providers = props.providers.filter(
    (one) => one !== 'balance' || (purpose === 'bill' && BigInt(balance) > 0n),
  );
  const [chosen, choose] = useState<Provider | undefined>(providers[0]);
  const [receiptNo, setReceiptNo] = useState('');
  const pay = useMutation({
    mutationFn: (body: { amount: string; provider: Provider }) =>
      paymentsApi.pay({
        ...body,
        purpose,
        lease,
        ...(bill === undefined ? {} : { bill }),
        ...(chosen === 'cash' ? { receiptNo } : {}),
      }),
    onSuccess: ({ id }) => onCharge(id),
  });
  if (chosen === undefined) return <Alert type="info" showIcon title={t('payments.noMethod')} />;
  const mayPay =
    isAmount && (chosen !== 'balance' || enough) && (chosen !== 'cash' || receiptNo.trim() !== '');
  return (
    <form
      className="stack pay"
      onSubmit={(event) => {
        event.preventDefault();
        if (mayPay && !pay.isPending) pay.mutate({ amount, provider: chosen });
      }}
    >
      {purpose === 'bill' ? (
        <p className="pay-amount num">{formatMoney(props.amount, currency)}</p>
      ) : (
        <Field label={t('payments.amount')}>
          {(id) => (
            <>
              <MoneyInput
                id={id}
                value={amount}
                currency={currency}
                invalid={!isAmount}
                onChange={setAmount}
              />
              {!isAmount && <span className="field-error">{t('payments.amountWrong')}</span>}
            </>
          )}
        </Field>
      )}
      <Radio.Group
        className="pay-methods"
        aria-label={t('payments.method')}
        value={chosen}
        onChange={({ target }) => choose(target.value)}
      >
        {providers.map((one) => (
          <Radio key={one} value={one} disabled={one === 'balance' && !enough}>
            <strong>{t(`payments.provider.${one}`)}</strong>
            <span className="muted">
              {one === 'balance'
                ? t(enough ? 'payments.balanceHas' : 'payments.balanceTooLow', {
                    amount: formatMoney(balance, currency),
                  })
                : t(`payments.providerHint.${one}`)}
            </span>
          </Radio>
        ))}
      </Radio.Group>
      {chosen === 'cash' && (
        <Field label={t('payments.receiptNo')}>
          {(id) => (
            <Input
              id={id}
              size="large"
              value={receiptNo}
              maxLength={64}
              onChange={({ target }) => setReceiptNo(target.value)}
            />
          )}
        </Field>
      )}
      {pay.error !== null && <Alert type="error" showIcon title={describeError(pay.error, t)} />}
      <Button type="primary" size="large" htmlType="submit" block disabled={!mayPay} loading={pay.isPending}>
        {/* Nobody pays cash by a button: it has been taken already. */}
        {t(chosen === 'cash' ? 'payments.take' : 'payments.pay', {
          amount: isAmount ? formatMoney(amount, currency) : '',
        })}
      </Button>
    </form>
  );
}
