import { Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { CHARGE_STATUS, PROVIDERS } from '../../../domain/charges.ts';
import { type Charge, paymentsApi } from '../api/payments.ts';
import { formatMoney } from '../format.ts';
import { useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { EmptyState } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { useAddress } from '../ui/use-address.ts';
import { useNarrow } from '../ui/use-narrow.ts';
import { ChargeSheet } from './charge-sheet.tsx';
import { CHARGE_TAGS } from './names.ts';

const REFRESH_MS = 5_000;

export function ChargesView() {
  const { t } = useTranslation();
  const { site } = useSession();
  const narrow = useNarrow();
  const [get, put] = useAddress();
  const filter = {
    site: site.id,
    status: CHARGE_STATUS.find((one) => one === get('status')),
    provider: PROVIDERS.find((one) => one === get('provider')),
  };
  const charge = Number(get('charge') ?? 0);
  return (
    <>
      <div className="filters">
        <Select
          className="filter"
          allowClear
          aria-label={t('payments.status')}
          placeholder={t('payments.status')}
          value={filter.status}
          onChange={(status: string | undefined) => put({ status })}
          options={CHARGE_STATUS.map((value) => ({ value, label: t(`payments.statusName.${value}`) }))}
        />
        <Select
          className="filter"
          allowClear
          aria-label={t('payments.method')}
          placeholder={t('payments.method')}
          value={filter.provider}
          onChange={(provider: string | undefined) => put({ provider })}
          options={PROVIDERS.map((value) => ({ value, label: t(`payments.provider.${value}`) }))}
        />
      </div>
      <PagedTable<Charge>
        queryKey={['charges', filter]}
        read={(cursor, signal) => paymentsApi.charges({ ...filter, cursor, limit: 100 }, signal)}
        rowKey={(row) => row.id}
        refreshMs={REFRESH_MS}
        empty={<EmptyState title={t('payments.empty')} hint={t('payments.emptyHint')} />}
        columns={[
          {
            title: t('payments.when'),
            key: 'when',
            width: 170,
            render: (_, row) => (
              <>
                <button type="button" className="link nowrap" onClick={() => put({ charge: String(row.id) })}>
                  <Time at={row.createdAt} style="minute" />
                </button>
                {narrow && <div className="muted">{payerOf(row)}</div>}
              </>
            ),
          },
          {
            title: t('payments.payer'),
            key: 'payer',
            ellipsis: true,
            responsive: ['md'],
            render: (_, row) => payerOf(row),
          },
          {
            title: t('payments.for'),
            key: 'for',
            responsive: ['sm'],
            render: (_, row) =>
              row.bill ? (row.bill.number ?? row.bill.period) : t(`payments.purpose.${row.purpose}`),
          },
          {
            title: t('payments.method'),
            key: 'method',
            responsive: ['md'],
            render: (_, row) => t(`payments.provider.${row.provider}`),
          },
          {
            title: t('payments.status'),
            key: 'status',
            width: 110,
            render: (_, row) => (
              <span className={CHARGE_TAGS[row.status]}>{t(`payments.statusName.${row.status}`)}</span>
            ),
          },
          {
            title: t('payments.next'),
            key: 'next',
            responsive: ['lg'],
            render: (_, row) => <span className="muted">{t(`payments.nextStep.${nextOf(row)}`)}</span>,
          },
          {
            title: t('payments.amount'),
            key: 'amount',
            align: 'right',
            render: (_, row) => (
              <strong className="num nowrap">{formatMoney(row.paid ?? row.amount, row.currency)}</strong>
            ),
          },
        ]}
      />
      {charge > 0 && <ChargeSheet key={charge} id={charge} onClose={() => put({ charge: undefined })} />}
    </>
  );
}

const payerOf = ({ lease }: Charge): string => [lease.stall, lease.party].filter(Boolean).join(' · ');

/** What happens to a payment next, by itself or by somebody. */
export function nextOf({ status, nextLookAt, provider }: Charge) {
  if (status === 'succeeded' || status === 'failed') return 'nothing';
  if (nextLookAt === null) return 'person';
  if (status === 'created') return 'submit';
  if (provider === 'bank_transfer') return 'statement';
  return status === 'unknown' ? 'ask' : 'payer';
}
