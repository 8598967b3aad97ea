import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { BANK_RESOLUTIONS, BANK_ROW_STATUS, type BankResolution } from '../../../domain/bank-rows.ts';
import { type BankRow, paymentsApi } from '../api/payments.ts';
import { formatMoney } from '../format.ts';
import { useMay, useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { describeError, EmptyState } from '../ui/states.tsx';
import { useAddress } from '../ui/use-address.ts';
import { useNarrow } from '../ui/use-narrow.ts';
import { BankImport } from './bank-import.tsx';
import { BillSearch, LeaseSearch } from './settle-target.tsx';

const TAGS = { unmatched: 'tag tag-stale', matched: 'tag tag-good', settled: 'tag tag-good' } as const;

/** Rows of the bank's statements: imported, matched by themselves, and the rest by hand. */
export function BankView() {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayWrite = useMay('payments:write');
  const [get, put] = useAddress();
  const narrow = useNarrow();
  const status = BANK_ROW_STATUS.find((one) => one === get('status'));
  return (
    <>
      {mayWrite && <BankImport />}
      <div className="filters">
        <Select
          className="filter"
          allowClear
          aria-label={t('payments.status')}
          placeholder={t('payments.status')}
          value={status}
          onChange={(next: string | undefined) => put({ status: next })}
          options={BANK_ROW_STATUS.map((value) => ({ value, label: t(`payments.bankStatus.${value}`) }))}
        />
      </div>
      <PagedTable<BankRow>
        queryKey={['bank-rows', site.id, status]}
        read={(cursor, signal) => paymentsApi.bankRows({ site: site.id, status, cursor, limit: 100 }, signal)}
        rowKey={(row) => row.id}
        empty={<EmptyState title={t('payments.bankEmpty')} hint={t('payments.bankEmptyHint')} />}
        expanded={(row) => <Settle row={row} />}
        mayExpand={(row) => mayWrite && row.status === 'unmatched'}
        columns={[
          {
            title: t('payments.day'),
            key: 'date',
            render: (_, row) => (
              <>
                <span className="num nowrap">{row.date}</span>
                {narrow && <div className="muted">{row.payer}</div>}
              </>
            ),
          },
          {
            title: t('payments.payer'),
            key: 'payer',
            ellipsis: true,
            responsive: ['md'],
            render: (_, row) => row.payer || '—',
          },
          {
            title: t('payments.remark'),
            key: 'remark',
            ellipsis: true,
            responsive: ['md'],
            render: (_, row) => row.remark,
          },
          {
            title: t('payments.status'),
            key: 'status',
            render: (_, row) => (
              <span className={TAGS[row.status]}>{t(`payments.bankStatus.${row.status}`)}</span>
            ),
          },
          {
            title: t('payments.whose'),
            key: 'whose',
            responsive: ['lg'],
            render: (_, row) =>
              row.lease === null
                ? '—'
                : [
                    row.lease.stall,
                    row.lease.party,
                    row.bill?.number,
                    row.matchedBy && t(`payments.matchedBy.${row.matchedBy}`),
                  ]
                    .filter(Boolean)
                    .join(' · '),
          },
          {
            title: t('payments.amount'),
            key: 'amount',
            align: 'right',
            render: (_, row) => (
              <strong className="num nowrap">{formatMoney(row.amount, row.currency)}</strong>
            ),
          },
        ]}
      />
    </>
  );
}

/** Says by hand whose money a row is. */
function Settle({ row }: { readonly row: BankRow }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [as, setAs] = useState<BankResolution>('bill');
  const [text, setText] = useState('');
  const settle = useMutation({
    mutationFn: () =>
      paymentsApi.settleBankRow(row.id, {
        as,
        ...(as === 'bill' ? { billNumber: text.trim() } : as === 'balance' ? { lease: Number(text) } : {}),
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['bank-rows'] }),
  });
  const needsText = as === 'bill' || as === 'balance';
  const isReady = !needsText || (as === 'bill' ? text.trim() !== '' : /^[1-9]\d{0,14}$/.test(text.trim()));
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) settle.mutate();
      }}
    >
      <div className="muted">{row.remark}</div>
      <div className="row">
        <Select
          className="filter-wide"
          aria-label={t('payments.settleAs')}
          value={as}
          onChange={(next) => {
            setAs(next);
            setText('');
          }}
          options={BANK_RESOLUTIONS.map((value) => ({ value, label: t(`payments.resolution.${value}`) }))}
        />
        {as === 'bill' && <BillSearch row={row} value={text} onChange={setText} />}
        {as === 'balance' && <LeaseSearch row={row} value={text} onChange={setText} />}
        <Button type="primary" htmlType="submit" disabled={!isReady} loading={settle.isPending}>
          {t('payments.settle')}
        </Button>
      </div>
      {settle.error !== null && <Alert type="error" showIcon title={describeError(settle.error, t)} />}
    </form>
  );
}
