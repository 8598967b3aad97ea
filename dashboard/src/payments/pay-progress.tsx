import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Result } from 'antd';
import { useTranslation } from 'react-i18next';
import { isOpen } from '../../../domain/charges.ts';
import { type ChargeDetail, paymentsApi } from '../api/payments.ts';
import { serverNow } from '../api.ts';
import { formatMoney } from '../format.ts';
import { CopyLine } from '../ui/copy.tsx';
import { Facts } from '../ui/facts.tsx';
import { describeError, ErrorState, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { useNarrow } from '../ui/use-narrow.ts';
import { useFailureText } from './names.ts';
import { QrCode } from './qr-code.tsx';

const POLL_MS = 1_000;

/** One payment until it is certain what became of it, in plain words. */
export function PayProgress(props: {
  readonly id: number;
  readonly onAgain: () => void;
  readonly onClose: () => void;
}) {
  const { id, onAgain, onClose } = props;
  const { t } = useTranslation();
  const failure = useFailureText();
  const charge = useQuery({
    queryKey: ['charge', id],
    queryFn: ({ signal }) => paymentsApi.charge(id, signal),
    refetchInterval: ({ state }) => (state.data === undefined || isOpen(state.data.status) ? POLL_MS : false),
  });
  if (charge.data === undefined) return charge.error ? <ErrorState error={charge.error} /> : <Loading />;
  const { status, amount, paid, currency } = charge.data;
  const money = formatMoney(paid ?? amount, currency);
  return (
    <div className="stack pay" aria-live="polite" data-charge={status}>
      {status === 'succeeded' ? (
        <Result
          status="success"
          title={t('payments.done', { amount: money })}
          subTitle={t('payments.doneHint')}
          extra={
            <Button type="primary" size="large" block onClick={onClose}>
              {t('common.close')}
            </Button>
          }
        />
      ) : status === 'failed' ? (
        <Result
          status="error"
          title={t('payments.notPaid')}
          subTitle={failure(charge.data.failure)}
          extra={
            <Button type="primary" size="large" block onClick={onAgain}>
              {t('payments.again')}
            </Button>
          }
        />
      ) : (
        <>
          <p className="pay-amount num">{money}</p>
          {status === 'unknown' ? (
            <Alert
              type="warning"
              showIcon
              title={t('payments.unknownTitle')}
              description={t('payments.unknownHint')}
            />
          ) : status === 'submitted' && charge.data.payWith !== null ? (
            <PayWith charge={charge.data} />
          ) : (
            <Loading />
          )}
          <Cancel charge={charge.data} />
        </>
      )}
    </div>
  );
}

function PayWith({ charge }: { readonly charge: ChargeDetail }) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const { qr, url, account, accountName, bank, remark } = charge.payWith ?? {};
  if (account !== undefined) {
    return (
      <>
        <Alert type="info" showIcon title={t('payments.transferHint')} />
        <Facts
          items={[
            [t('payments.accountName'), accountName ?? ''],
            [t('payments.account'), <CopyLine key="account" text={account} />],
            [t('payments.bank'), bank ?? ''],
            [t('payments.remark'), <CopyLine key="remark" text={remark ?? ''} />],
          ]}
        />
      </>
    );
  }
  return (
    <>
      {url !== undefined && (narrow || qr === undefined) && (
        <Button type="primary" size="large" block href={url} target="_blank" rel="noopener">
          {t('payments.open')}
        </Button>
      )}
      {qr !== undefined && (
        <>
          <QrCode text={qr} label={t('payments.qr')} />
          <p className="muted center">{t(`payments.scan.${charge.provider}`)}</p>
        </>
      )}
      <p className="center" role="status">
        {t('payments.waiting')}{' '}
        {charge.expiresAt !== null && Date.parse(charge.expiresAt) > serverNow() && (
          <>
            {t('payments.until')} <Time at={charge.expiresAt} style="clock" />
          </>
        )}
      </p>
    </>
  );
}

function Cancel({ charge }: { readonly charge: ChargeDetail }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => paymentsApi.cancel(charge.id),
    onSettled: () => client.invalidateQueries({ queryKey: ['charge', charge.id] }),
  });
  return (
    <>
      {cancel.error !== null && <Alert type="error" showIcon title={describeError(cancel.error, t)} />}
      {cancel.isSuccess && <Alert type="info" showIcon title={t('payments.cancelAsked')} />}
      <Button
        size="large"
        block
        disabled={cancel.isSuccess}
        loading={cancel.isPending}
        onClick={() => cancel.mutate()}
      >
        {t('payments.cancel')}
      </Button>
    </>
  );
}
