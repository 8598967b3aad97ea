import { useQuery } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  MANUAL_SUPPLY_STEP_NAMES,
  MANUAL_SUPPLY_STEPS,
  type ManualSupplyStep,
  type SupplyState,
} from '../../../domain/supply.ts';
import { type BalanceDetail, prepaidApi } from '../api/prepaid.ts';
import { formatMoney } from '../format.ts';
import { useMay } from '../session.tsx';
import { ReasonDialog } from '../ui/reason-dialog.tsx';
import { Time } from '../ui/time.tsx';
import { SupplyTags } from './balance-parts.tsx';

/** Whether a stall has power, why not, and what a person may do about it. */
export function SupplyPanel({ balance }: { readonly balance: BalanceDetail }) {
  const { t } = useTranslation();
  const mayProtect = useMay('leases:write');
  const mayStep = useMay('commands:send');
  const [asking, setAsking] = useState<ManualSupplyStep | 'protect' | null>(null);
  const { lease, supply, cutOff, cutFrom, obstacle } = balance;
  const isSpared =
    supply.isProtected || obstacle !== null || BigInt(balance.balance) > 0n || balance.hasEnded;
  const steps = MANUAL_SUPPLY_STEP_NAMES.filter(
    (step) =>
      (MANUAL_SUPPLY_STEPS[step].from as readonly SupplyState[]).includes(supply.state) &&
      (step !== 'manual_cut' || !isSpared),
  );
  const close = () => setAsking(null);
  return (
    <section className="stack">
      <h3>{t('prepaid.supply')}</h3>
      <div className="row">
        <SupplyTags supply={supply} />
        {supply.since !== null && (
          <span className="muted">
            <Time at={supply.since} style="minute" />
          </span>
        )}
      </div>
      {supply.protectedReason !== null && supply.isProtected && (
        <span>{t('prepaid.protectedBecause', { reason: supply.protectedReason })}</span>
      )}
      {cutFrom !== null && (
        <Alert
          type="warning"
          showIcon
          title={
            <>
              {t('prepaid.cutFrom')} <Time at={cutFrom} style="minute" />
            </>
          }
        />
      )}
      <span className="muted">
        {obstacle !== null
          ? t(`prepaid.obstacle.${obstacle}`)
          : t(cutOff ? 'prepaid.cutOffOn' : 'prepaid.cutOffOff')}
      </span>
      <div className="row">
        {mayProtect && (
          <Button onClick={() => setAsking('protect')}>
            {t(supply.isProtected ? 'prepaid.unprotect' : 'prepaid.protect')}
          </Button>
        )}
        {mayStep &&
          steps.map((step) => (
            <Button key={step} danger={step === 'manual_cut'} onClick={() => setAsking(step)}>
              {t(`prepaid.step.${step}`)}
            </Button>
          ))}
      </div>
      <Events lease={lease.id} currency={balance.currency} />
      {asking === 'protect' && (
        <ReasonDialog
          title={t(supply.isProtected ? 'prepaid.unprotect' : 'prepaid.protect')}
          hint={t(supply.isProtected ? 'prepaid.unprotectHint' : 'prepaid.protectHint')}
          okText={t('common.confirm')}
          act={(reason) => prepaidApi.protect(lease.id, !supply.isProtected, reason)}
          onClose={close}
        />
      )}
      {asking !== null && asking !== 'protect' && (
        <ReasonDialog
          title={t('prepaid.stepTitle', { step: t(`prepaid.step.${asking}`), stall: lease.stall ?? '' })}
          hint={t(`prepaid.stepHint.${asking}`)}
          okText={t('common.confirm')}
          danger={asking === 'manual_cut'}
          act={(reason) => prepaidApi.step(lease.id, asking, reason)}
          onClose={close}
        />
      )}
    </section>
  );
}

function Events({ lease, currency }: { readonly lease: number; readonly currency: string }) {
  const { t, i18n } = useTranslation();
  const events = useQuery({
    queryKey: ['supply-events', lease],
    queryFn: ({ signal }) => prepaidApi.events(lease, signal),
    refetchInterval: 5_000,
  });
  if (events.data === undefined || events.data.items.length === 0) return null;
  const nameOf = (step: string) =>
    i18n.exists(`prepaid.step.${step}`) ? t(`prepaid.step.${step}` as 'prepaid.step.cut') : step;
  return (
    <ul className="cards" aria-label={t('prepaid.events')}>
      {events.data.items.map((event) => (
        <li key={event.id} className="card">
          <div className="card-head">
            <strong>{nameOf(event.step)}</strong>
            <span className="muted">
              <Time at={event.at} style="minute" />
            </span>
          </div>
          <div className="muted">
            {event.actor === 'platform' ? t('bills.platform') : event.actor} ·{' '}
            {formatMoney(event.balance, currency)}
            {event.reason !== null && ` · ${event.reason}`}
          </div>
        </li>
      ))}
    </ul>
  );
}
