import { useQuery } from '@tanstack/react-query';
import { AutoComplete, Input, Select } from 'antd';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { zPage } from '../../../contracts/rest.ts';
import { zLease } from '../../../contracts/setup.ts';
import { splitPaid } from '../../../domain/charges.ts';
import { billsApi } from '../api/bills.ts';
import type { BankRow } from '../api/payments.ts';
import { request, toQuery, V1 } from '../api.ts';
import { formatMoney } from '../format.ts';

const FOUND_MAX = 20;
/** What is found belongs to the page, also for those who hear it. */
const withinPage = (field: HTMLElement): HTMLElement => field.closest('main') ?? document.body;

/** A bill by its number, or found by stall, merchant or a part of the number; says what the row's money will pay. */
export function BillSearch(props: {
  readonly row: BankRow;
  readonly value: string;
  readonly onChange: (number: string) => void;
}) {
  const { row, value, onChange } = props;
  const { t } = useTranslation();
  const q = useDeferredValue(value.trim());
  const found = useQuery({
    queryKey: ['bills', 'search', row.site, q],
    queryFn: ({ signal }) => billsApi.list({ site: row.site, status: 'issued', q, limit: FOUND_MAX }, signal),
    enabled: q !== '',
    placeholderData: (before) => before,
  });
  const bills = q === '' ? [] : (found.data?.items ?? []);
  const chosen = bills.find(({ number }) => number === value.trim());
  const parts = chosen && splitPaid(BigInt(row.amount), BigInt(chosen.due));
  const money = (minor: bigint | string) => formatMoney(String(minor), row.currency);
  return (
    <div className="stack">
      <AutoComplete
        className="filter-wide"
        getPopupContainer={withinPage}
        value={value}
        onChange={(next: string) => onChange(next)}
        options={bills.map((bill) => ({
          value: bill.number ?? '',
          label: [bill.lease.stall, bill.lease.party, bill.number, money(bill.due)]
            .filter(Boolean)
            .join(' · '),
        }))}
        notFoundContent={q !== '' && found.isSuccess ? t('payments.noBillFound') : null}
      >
        <Input aria-label={t('payments.billNumber')} placeholder={t('payments.billNumber')} />
      </AutoComplete>
      <span className="muted">
        {chosen === undefined || parts === undefined
          ? t('payments.billSearchHint')
          : t('payments.billPays', {
              who: [chosen.lease.stall, chosen.lease.party].filter(Boolean).join(' · '),
              due: money(chosen.due),
              paid: money(parts.applied),
              rest: money(parts.credit),
            })}
      </span>
    </div>
  );
}

/** A merchant's lease by its stall, or the merchant's name or initials; its id as text. */
export function LeaseSearch(props: {
  readonly row: BankRow;
  readonly value: string;
  readonly onChange: (lease: string) => void;
}) {
  const { row, value, onChange } = props;
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const q = useDeferredValue(typed.trim());
  const found = useQuery({
    queryKey: ['leases', 'search', row.site, q],
    queryFn: ({ signal }) =>
      request(zPage(zLease), `${V1}/leases${toQuery({ site: row.site, q, limit: FOUND_MAX })}`, { signal }),
    placeholderData: (before) => before,
  });
  const leases = (found.data?.items ?? []).filter(({ kind }) => kind === 'merchant');
  return (
    <Select
      className="filter-wide"
      getPopupContainer={withinPage}
      aria-label={t('payments.leaseId')}
      placeholder={t('payments.leaseSearch')}
      showSearch={{ filterOption: false, onSearch: setTyped }}
      loading={found.isFetching}
      value={value === '' ? null : value}
      onChange={(next: string | null) => onChange(next ?? '')}
      options={leases.map(({ id, stall, party }) => ({
        value: String(id),
        label: [stall?.code, party.name, `#${id}`].filter(Boolean).join(' · '),
      }))}
    />
  );
}
