import { Button, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { minorDigits } from '../../../domain/money.ts';
import { gatesApi, type PassDay } from '../api/gates.ts';
import { serverNow } from '../api.ts';
import { formatMoney, recentMonths } from '../format.ts';
import { useSession } from '../session.tsx';
import { toMajor } from '../ui/money-input.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { saveCsv } from '../ui/save-file.ts';
import { EmptyState } from '../ui/states.tsx';
import { useAddress } from '../ui/use-address.ts';
import { useNarrow } from '../ui/use-narrow.ts';
import { useClassName } from './class-name.ts';

const MONTHS_SHOWN = 24;

type Row = PassDay['classes'][number] & { readonly day: string };

export function DayTotals() {
  const { t } = useTranslation();
  const { site } = useSession();
  const className = useClassName();
  const narrow = useNarrow();
  const [get, put] = useAddress();
  const months = recentMonths(serverNow(), site.timeZone, MONTHS_SHOWN);
  const month = get('month') ?? months[0] ?? '';
  const read = async (signal: AbortSignal): Promise<{ items: Row[]; nextCursor: null }> => {
    const { items } = await gatesApi.days(site.id, month, signal);
    const rows = items.flatMap(({ day, classes }) => classes.map((one) => ({ day, ...one })));
    return { items: rows, nextCursor: null };
  };
  const save = (rows: readonly Row[]): void =>
    saveCsv(`passes-${site.id}-${month}`, [
      ['day', 'class', 'entries', 'exits', 'amount', 'collected'],
      ...rows.map((row) => {
        const digits = minorDigits(site.currency);
        return [
          row.day,
          row.class,
          row.entries,
          row.exits,
          toMajor(row.amount, digits),
          toMajor(row.collected, digits),
        ];
      }),
    ]);
  return (
    <>
      <div className="filters">
        <Select
          className="filter"
          aria-label={t('losses.month')}
          value={month}
          onChange={(value: string) => put({ month: value })}
          options={months.map((value) => ({ value, label: value }))}
        />
      </div>
      <PagedTable<Row>
        queryKey={['pass-days', site.id, month]}
        read={(_, signal) => read(signal)}
        rowKey={(row) => `${row.day} ${row.class}`}
        empty={<EmptyState title={t('gates.noPasses')} hint={t('gates.noPassesHint')} />}
        summary={(rows) => <Button onClick={() => save(rows)}>{t('losses.csv')}</Button>}
        columns={[
          {
            title: t('gates.day'),
            key: 'day',
            render: (_, row) => <span className="num nowrap">{row.day}</span>,
          },
          { title: t('gates.classLabel'), key: 'class', render: (_, row) => className(row.class) },
          {
            title: t('gates.entries'),
            key: 'entries',
            align: 'right',
            responsive: ['sm'],
            render: (_, row) => <span className="num">{row.entries}</span>,
          },
          {
            title: t('gates.exits'),
            key: 'exits',
            align: 'right',
            render: (_, row) => <span className="num">{row.exits}</span>,
          },
          {
            title: t('gates.amount'),
            key: 'amount',
            align: 'right',
            render: (_, row) => (
              <>
                <span className="num nowrap">{formatMoney(row.amount, site.currency)}</span>
                {narrow && (
                  <div className="muted num nowrap">
                    {t('gates.collected')} {formatMoney(row.collected, site.currency)}
                  </div>
                )}
              </>
            ),
          },
          {
            title: t('gates.collected'),
            key: 'collected',
            align: 'right',
            responsive: ['sm'],
            render: (_, row) => (
              <span className="num nowrap">{formatMoney(row.collected, site.currency)}</span>
            ),
          },
        ]}
      />
    </>
  );
}
