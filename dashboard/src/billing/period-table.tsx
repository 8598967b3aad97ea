import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Modal, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Period, periodsApi } from '../api/periods.ts';
import type { BillingRun } from '../api.ts';
import { formatMoney } from '../format.ts';
import { useMay, useSession } from '../session.tsx';
import { CopyButton } from '../ui/copy.tsx';
import { Facts } from '../ui/facts.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { describeError, EmptyState } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

const REFRESH_MS = 10_000;
const TAGS: Record<Period['status'], string> = {
  running: 'tag',
  awaiting: 'tag tag-busy',
  open: 'tag',
  closed: 'tag tag-good',
};

/** Months or days with their state, and the button that closes one. */
export function PeriodTable({ onClosing }: { readonly onClosing: (run: BillingRun) => void }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayClose = useMay('billing:run');
  const [kind, setKind] = useState<'month' | 'day'>('month');
  const [asked, setAsked] = useState<Period | null>(null);
  return (
    <>
      <Segmented
        aria-label={t('periods.kind')}
        value={kind}
        onChange={setKind}
        options={(['month', 'day'] as const).map((value) => ({ value, label: t(`periods.${value}`) }))}
      />
      <PagedTable<Period>
        queryKey={['periods', site.id, kind]}
        read={(cursor, signal) => periodsApi.list({ site: site.id, kind, cursor, limit: 12 }, signal)}
        rowKey={({ period }) => period}
        refreshMs={REFRESH_MS}
        empty={<EmptyState title={t('periods.empty')} hint={t('periods.emptyHint')} />}
        expanded={(one) => <Details one={one} onClose={mayClose ? () => setAsked(one) : undefined} />}
        columns={[
          {
            title: t('billing.period'),
            key: 'period',
            width: 110,
            render: (_, one) => <strong className="nowrap">{one.period}</strong>,
          },
          {
            title: t('periods.state'),
            key: 'status',
            render: (_, one) => (
              <>
                <span className={one.closingRunId === null ? TAGS[one.status] : 'tag tag-busy'}>
                  {one.closingRunId === null ? t(`periods.status.${one.status}`) : t('periods.closing')}
                </span>{' '}
                {one.status === 'awaiting' && (
                  <span className="muted">{t('periods.awaiting', { count: one.awaiting })}</span>
                )}
              </>
            ),
          },
          {
            title: t('periods.lines'),
            key: 'lines',
            align: 'right',
            responsive: ['sm'],
            render: (_, one) => <span className="num">{one.lines}</span>,
          },
          {
            title: t('periods.amount'),
            key: 'amount',
            align: 'right',
            render: (_, one) => <span className="num nowrap">{formatMoney(one.amount, site.currency)}</span>,
          },
        ]}
      />
      {asked !== null && (
        <CloseDialog
          one={asked}
          onDone={(run) => {
            setAsked(null);
            if (run) onClosing(run);
          }}
        />
      )}
    </>
  );
}

function Details({ one, onClose }: { readonly one: Period; readonly onClose: (() => void) | undefined }) {
  const { t } = useTranslation();
  const { closed, lastRun } = one;
  const mayClose = one.status !== 'running' && closed === null && one.closingRunId === null;
  return (
    <div className="stack">
      <Facts
        items={
          closed === null
            ? [
                [t('periods.lastRun'), lastRun?.at ? <Time key="run" at={lastRun.at} /> : t('periods.never')],
                [t('periods.grace'), <Time key="grace" at={one.graceEndsAt} />],
              ]
            : [
                [t('periods.closedAt'), <Time key="at" at={closed.at} />],
                [t('periods.closedBy'), closed.by],
                [t('periods.hash'), <Hash key="hash" text={closed.hash} />],
                [
                  t('periods.previousHash'),
                  closed.previousHash === null ? (
                    t('periods.first')
                  ) : (
                    <Hash key="previous" text={closed.previousHash} />
                  ),
                ],
              ]
        }
      />
      {mayClose && onClose && (
        <div className="row">
          <Button onClick={onClose}>{t('periods.close')}</Button>
        </div>
      )}
    </div>
  );
}

const Hash = ({ text }: { readonly text: string }) => (
  <span className="row">
    <code className="num">{text.slice(0, 16)}…</code>
    <CopyButton text={text} />
  </span>
);

/** Says what closing does to this period before it is done: it cannot be undone. */
function CloseDialog({
  one,
  onDone,
}: {
  readonly one: Period;
  readonly onDone: (run: BillingRun | null) => void;
}) {
  const { t } = useTranslation();
  const { awaiting, lastRun } = one;
  const close = useMutation({
    mutationFn: () => periodsApi.close(one.site, one.period),
    onSuccess: onDone,
  });
  return (
    <Modal
      open
      title={t('periods.closeTitle', { period: one.period })}
      okText={t('periods.close')}
      cancelText={t('common.cancel')}
      confirmLoading={close.isPending}
      onOk={() => close.mutate()}
      onCancel={() => onDone(null)}
    >
      <div className="stack">
        <p>{t('periods.closeHint')}</p>
        {lastRun === null && <Alert type="info" showIcon title={t('periods.closeNever')} />}
        {awaiting > 0 && (
          <Alert type="warning" showIcon title={t('periods.closeAwaiting', { count: awaiting })} />
        )}
        {lastRun !== null && lastRun.problems > 0 && (
          <Alert type="warning" showIcon title={t('periods.closeProblems', { count: lastRun.problems })} />
        )}
        {close.error !== null && <Alert type="error" showIcon title={describeError(close.error, t)} />}
      </div>
    </Modal>
  );
}
