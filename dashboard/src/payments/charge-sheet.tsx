import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Popconfirm } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isOpen } from '../../../domain/charges.ts';
import { type ChargeDetail, paymentsApi } from '../api/payments.ts';
import { formatMoney } from '../format.ts';
import { useMay } from '../session.tsx';
import { Facts } from '../ui/facts.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { describeError, ErrorState, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { nextOf } from './charges-view.tsx';
import { CHARGE_TAGS, useFailureText } from './names.ts';
import { RefundForm } from './refund-form.tsx';
import { SettleCharge } from './settle-charge.tsx';

const REFRESH_MS = 2_000;

/** All that happened to one payment, and what a biller may do about it. */
export function ChargeSheet({ id, onClose }: { readonly id: number; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const charge = useQuery({
    queryKey: ['charge', id],
    queryFn: ({ signal }) => paymentsApi.charge(id, signal),
    refetchInterval: ({ state }) => {
      const { data } = state;
      const busy =
        data === undefined || isOpen(data.status) || data.refunds.some(({ status }) => isOpen(status));
      return busy ? REFRESH_MS : false;
    },
  });
  return (
    <Sheet title={t('payments.charge', { id })} onClose={onClose} width={520}>
      {charge.data !== undefined ? (
        <Shown charge={charge.data} />
      ) : charge.error ? (
        <ErrorState error={charge.error} retry={() => void charge.refetch()} />
      ) : (
        <Loading />
      )}
    </Sheet>
  );
}

function Shown({ charge }: { readonly charge: ChargeDetail }) {
  const { t } = useTranslation();
  const failure = useFailureText();
  const mayWrite = useMay('payments:write');
  const [refunding, setRefunding] = useState(false);
  const money = (amount: string) => formatMoney(amount, charge.currency);
  const left = BigInt(charge.paid ?? 0) - BigInt(charge.refunded);
  return (
    <div className="stack">
      <div className="row">
        <strong className="num sum-total">{money(charge.paid ?? charge.amount)}</strong>
        <span className={CHARGE_TAGS[charge.status]}>{t(`payments.statusName.${charge.status}`)}</span>
        <span className="muted">{t(`payments.nextStep.${nextOf(charge)}`)}</span>
      </div>
      {charge.status === 'unknown' && (
        <Alert type="warning" showIcon title={t('payments.unknownBiller')} description={charge.failure} />
      )}
      <Facts
        items={[
          [t('payments.payer'), [charge.lease.stall, charge.lease.party].filter(Boolean).join(' · ')],
          [
            t('payments.for'),
            charge.bill
              ? (charge.bill.number ?? charge.bill.period)
              : t(`payments.purpose.${charge.purpose}`),
          ],
          [t('payments.method'), t(`payments.provider.${charge.provider}`)],
          [
            t('payments.orderNo'),
            <span key="no" className="mono">
              {charge.orderNo}
            </span>,
          ],
          charge.providerRef === null
            ? null
            : [
                t(charge.provider === 'cash' ? 'payments.receiptNo' : 'payments.providerRef'),
                <span key="ref" className="mono hash">
                  {charge.providerRef}
                </span>,
              ],
          charge.paid === null || charge.paid === charge.amount
            ? null
            : [t('payments.asked'), money(charge.amount)],
          charge.applied === null || charge.applied === charge.paid || charge.purpose !== 'bill'
            ? null
            : [t('payments.toBalance'), money(String(BigInt(charge.paid ?? 0) - BigInt(charge.applied)))],
          charge.refunded === '0' ? null : [t('payments.refunded'), money(charge.refunded)],
          charge.failure === null ? null : [t('payments.reason'), failure(charge.failure)],
          [t('payments.requestedBy'), charge.automatic ? t('payments.automatic') : charge.requestedBy],
          charge.nextLookAt === null
            ? null
            : [t('payments.nextLook'), <Time key="look" at={charge.nextLookAt} />],
        ]}
      />
      {mayWrite && isOpen(charge.status) && <OpenActions charge={charge} />}
      {mayWrite && charge.status === 'unknown' && <SettleCharge charge={charge} />}
      {mayWrite && charge.status === 'succeeded' && left > 0n && !refunding && (
        <div>
          <Button onClick={() => setRefunding(true)}>{t('payments.refund')}</Button>
        </div>
      )}
      {mayWrite &&
        charge.refunds
          .filter(({ status }) => status === 'unknown' || status === 'failed')
          .map((refund) => (
            <section key={refund.id} className="stack">
              <div className="row">
                <strong>{t('payments.refundNo', { id: refund.id })}</strong>
                <span className="num">{money(refund.amount)}</span>
                <span className={CHARGE_TAGS[refund.status]}>
                  {t(`payments.refundStatus.${refund.status}`)}
                </span>
              </div>
              {refund.failure !== null && <span className="muted">{failure(refund.failure)}</span>}
              <SettleCharge charge={charge} refund={refund} />
            </section>
          ))}
      {refunding && <RefundForm charge={charge} left={String(left)} onClose={() => setRefunding(false)} />}
      <h2>{t('payments.history')}</h2>
      <ol className="cards">
        {charge.history.map((event) => (
          <li key={`${event.at} ${event.refund} ${event.status}`} className="card">
            <div className="card-head">
              <span className={CHARGE_TAGS[event.status]}>
                {event.refund === null
                  ? t(`payments.statusName.${event.status}`)
                  : t(`payments.refundStatus.${event.status}`)}
              </span>
              {event.refund !== null && <span>{t('payments.refundNo', { id: event.refund })}</span>}
              <Time at={event.at} />
            </div>
            {event.failure !== null && <div className="muted">{failure(event.failure)}</div>}
          </li>
        ))}
      </ol>
      {charge.byHand.some(({ status }) => status !== 'proposed') && (
        <>
          <h2>{t('payments.byHand.title')}</h2>
          <ol className="cards">
            {charge.byHand
              .filter(({ status }) => status !== 'proposed')
              .map((one) => (
                <li key={one.id} className="card">
                  <div className="card-head">
                    <span>{t(`payments.byHand.status.${one.status}`)}</span>
                    {one.refund !== null && <span>{t('payments.refundNo', { id: one.refund })}</span>}
                    <Time at={one.decidedAt ?? one.proposedAt} />
                  </div>
                  <div>
                    {t(`payments.byHand.${one.refund === null ? 'charge' : 'refund'}.${one.as}`)} · {one.note}
                  </div>
                  <div className="muted">
                    {one.proposedBy}
                    {one.decidedBy !== null && one.decidedBy !== one.proposedBy && ` → ${one.decidedBy}`}
                  </div>
                </li>
              ))}
          </ol>
        </>
      )}
      {charge.callbacks.length > 0 && (
        <p className="muted">
          {t('payments.callbacks', { count: charge.callbacks.reduce((sum, { count }) => sum + count, 0) })}
        </p>
      )}
    </div>
  );
}

function OpenActions({ charge }: { readonly charge: ChargeDetail }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const act = useMutation({
    mutationFn: (verb: 'look' | 'cancel') => paymentsApi[verb](charge.id),
    onSettled: () => client.invalidateQueries({ queryKey: ['charge', charge.id] }),
  });
  return (
    <>
      <div className="row">
        <Button loading={act.isPending} onClick={() => act.mutate('look')}>
          {t('payments.askNow')}
        </Button>
        <Popconfirm
          title={t('payments.cancelConfirm')}
          okText={t('common.confirm')}
          cancelText={t('common.cancel')}
          onConfirm={() => act.mutate('cancel')}
        >
          <Button>{t('payments.cancel')}</Button>
        </Popconfirm>
      </div>
      {act.error !== null && <Alert type="error" showIcon title={describeError(act.error, t)} />}
    </>
  );
}
