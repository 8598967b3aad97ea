import { Input, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { BILL_STATUS } from '../../../domain/bills.ts';
import { serverNow } from '../api.ts';
import { recentMonths } from '../format.ts';
import { useSession } from '../session.tsx';
import { useAddress } from '../ui/use-address.ts';

const MONTHS_SHOWN = 24;
const ALL = 'all';
const FLAGS = ['overdue', 'disputed'] as const;
/** What a merchant may see. */
const SHOWN = ['issued', 'paid'] as const;

export interface BillFilter {
  readonly site: string;
  readonly period: string | undefined;
  readonly status: string | undefined;
  readonly overdue: true | undefined;
  readonly disputed: true | undefined;
  readonly q: string | undefined;
}

/** The filter in the page's address. Overdue and disputed are offered beside the statuses. */
export function useBillFilter(): BillFilter {
  const { site } = useSession();
  const [get] = useAddress();
  const status = get('status');
  return {
    site: site.id,
    period: get('period'),
    status: FLAGS.some((flag) => flag === status) ? undefined : status,
    overdue: status === 'overdue' || undefined,
    disputed: status === 'disputed' || undefined,
    q: get('q'),
  };
}

export function BillFilters({ own }: { readonly own: boolean }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const [get, put] = useAddress();
  const statuses = own ? SHOWN : BILL_STATUS;
  return (
    <>
      <Select
        className="filter"
        aria-label={t('bills.period')}
        value={get('period') ?? ALL}
        onChange={(period: string) => put({ period: period === ALL ? undefined : period })}
        options={[
          { value: ALL, label: `${t('bills.period')}: ${t('common.all')}` },
          ...recentMonths(serverNow(), site.timeZone, MONTHS_SHOWN).map((value) => ({ value, label: value })),
        ]}
      />
      <Select
        className="filter"
        aria-label={t('bills.statusLabel')}
        value={get('status') ?? ALL}
        onChange={(status: string) => put({ status: status === ALL ? undefined : status })}
        options={[
          { value: ALL, label: `${t('bills.statusLabel')}: ${t('common.all')}` },
          ...statuses.map((value) => ({ value, label: t(`bills.status.${value}`) })),
          ...FLAGS.map((value) => ({ value, label: t(`bills.${value}`) })),
        ]}
      />
      {!own && (
        <Input.Search
          key={get('q')}
          className="filter"
          allowClear
          aria-label={t('bills.search')}
          placeholder={t('bills.search')}
          defaultValue={get('q')}
          onSearch={(q) => put({ q: q.trim() })}
        />
      )}
    </>
  );
}
