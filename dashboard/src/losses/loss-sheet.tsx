import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { type Loss, lossesApi, type ShareRow } from '../api/losses.ts';
import { all } from '../api.ts';
import { formatBase, formatQuantity } from '../format.ts';
import { useMay, useSession } from '../session.tsx';
import { Chart } from '../ui/chart.tsx';
import { Facts } from '../ui/facts.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { saveCsv } from '../ui/save-file.ts';
import { Sheet } from '../ui/sheet.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { Allocate } from './allocate.tsx';

/** One main: its month, twelve months of loss, what is shared out and to whom. */
export function LossSheet(props: {
  readonly main: number;
  readonly month: string;
  readonly onClose: () => void;
}) {
  const { main, month, onClose } = props;
  const { t } = useTranslation();
  const mayWrite = useMay('leases:write');
  const trend = useQuery({
    queryKey: ['loss-trend', main, month],
    queryFn: ({ signal }) => lossesApi.trend(main, month, signal),
  });
  const items = trend.data?.items ?? [];
  const one = items.find(({ period }) => period === month);
  const title = `${items.at(-1)?.main.code ?? t('losses.main')} · ${month}`;
  return (
    <Sheet title={title} width={640} onClose={onClose}>
      {trend.data === undefined ? (
        trend.error ? (
          <ErrorState error={trend.error} retry={() => void trend.refetch()} />
        ) : (
          <Loading />
        )
      ) : (
        <div className="stack">
          {one && <MonthFacts one={one} />}
          <h2>{t('losses.trend')}</h2>
          <Trend items={items} />
          {mayWrite && <Allocate key={month} main={main} month={month} />}
          <h2>{t('losses.shares')}</h2>
          {one && <Shares one={one} month={month} />}
        </div>
      )}
    </Sheet>
  );
}

function MonthFacts({ one }: { readonly one: Loss }) {
  const { t } = useTranslation();
  const quantity = (base: string | null): string =>
    base === null ? t('losses.unknown') : formatQuantity(base, one.commodity);
  const named = (points: Loss['missing']): string => points.map(({ code }) => code).join(', ');
  return (
    <Facts
      items={[
        [t('losses.usage'), quantity(one.usage)],
        [t('losses.stalls'), quantity(one.stalls)],
        [t('losses.common'), quantity(one.common)],
        [
          t('losses.loss'),
          `${quantity(one.loss)}${one.lossPercent === null ? '' : ` · ${one.lossPercent}%`}`,
        ],
        one.residual === null ? null : [t('losses.residual'), quantity(one.residual)],
        [t('losses.allocated'), `${quantity(one.allocated)} · ${t(`losses.what.${one.what}`)}`],
        one.missing.length > 0 ? [t('losses.missingNames'), named(one.missing)] : null,
        one.estimated.length > 0 ? [t('losses.estimatedNames'), named(one.estimated)] : null,
      ]}
    />
  );
}

function Trend({ items }: { readonly items: readonly Loss[] }) {
  const { t } = useTranslation();
  const { site } = useSession();
  // The middle of the month, so that its bar stands in it.
  const series = useMemo(
    () => ({
      seconds: items.map(({ period }) => Date.parse(`${period}-15T00:00:00Z`) / 1000),
      values: items.map(({ lossPercent }) => (lossPercent === null ? null : Number(lossPercent))),
    }),
    [items],
  );
  if (items.every(({ lossPercent }) => lossPercent === null)) {
    return <p className="muted">{t('losses.noTrend')}</p>;
  }
  return <Chart series={series} zone={site.timeZone} unit="%" label={t('losses.percent')} kind="months" />;
}

function Shares({ one, month }: { readonly one: Loss; readonly month: string }) {
  const { t } = useTranslation();
  const save = async (): Promise<void> => {
    const { items } = await all((cursor) => lossesApi.shares(one.main.id, { month, cursor, limit: 1000 }));
    saveCsv(`shares-${one.main.code}-${month}`, [
      ['point', 'stall', 'party', 'from', 'to', 'weight', 'total_weight', 'share'],
      ...items.map((row) => [
        ...[
          row.point.code,
          row.stall,
          row.party,
          row.serviceFrom,
          row.serviceTo,
          row.weight,
          row.totalWeight,
        ],
        formatBase(row.share).replaceAll(',', ''),
      ]),
    ]);
  };
  return (
    <PagedTable<ShareRow>
      queryKey={['shares', one.main.id, month]}
      read={(cursor, signal) => lossesApi.shares(one.main.id, { month, cursor, limit: 100 }, signal)}
      rowKey={(row) => `${row.point.id} ${row.serviceFrom}`}
      empty={<EmptyState title={t('losses.noShares')} hint={t('losses.noSharesHint')} />}
      summary={() => <Button onClick={() => void save()}>{t('losses.csv')}</Button>}
      columns={[
        { title: t('feeLine.stall'), key: 'stall', render: (_, row) => row.stall ?? row.point.code },
        {
          title: t('feeLine.merchant'),
          key: 'party',
          responsive: ['sm'],
          render: (_, row) => row.party ?? <span className="muted">{t('losses.house')}</span>,
        },
        {
          title: t('feeLine.service'),
          key: 'service',
          responsive: ['md'],
          render: (_, row) => (
            <span className="nowrap">
              <Time at={row.serviceFrom} style="day" /> – <Time at={row.serviceTo} style="day" />
            </span>
          ),
        },
        {
          title: t('losses.share'),
          key: 'share',
          align: 'right',
          render: (_, row) => <span className="num nowrap">{formatQuantity(row.share, one.commodity)}</span>,
        },
      ]}
    />
  );
}
