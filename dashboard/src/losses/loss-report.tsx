import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { type Loss, lossesApi } from '../api/losses.ts';
import { formatBase, formatQuantity } from '../format.ts';
import { useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { saveCsv } from '../ui/save-file.ts';
import { EmptyState } from '../ui/states.tsx';

/** Base units as a spreadsheet takes them: a decimal without separators. */
const plain = (base: string | null): string | null =>
  base === null ? null : formatBase(base).replaceAll(',', '').replace('−', '-');

export function LossReport({
  month,
  onOpen,
}: {
  readonly month: string;
  readonly onOpen: (main: number) => void;
}) {
  const { t } = useTranslation();
  const { site } = useSession();
  const quantity = (base: string | null, row: Loss) =>
    base === null ? (
      <span className="muted">{t('losses.unknown')}</span>
    ) : (
      <span className="num nowrap">{formatQuantity(base, row.commodity)}</span>
    );
  const save = (rows: readonly Loss[]): void =>
    saveCsv(`losses-${site.id}-${month}`, [
      ['main', 'commodity', 'period', 'main_usage', 'stalls', 'common', 'loss', 'loss_percent', 'allocated'],
      ...rows.map((row) => [
        ...[row.main.code, row.commodity, row.period, plain(row.usage), plain(row.stalls), plain(row.common)],
        ...[plain(row.loss), row.lossPercent, plain(row.allocated)],
      ]),
    ]);
  return (
    <PagedTable<Loss>
      queryKey={['losses', site.id, month]}
      read={async (_, signal) => ({ ...(await lossesApi.list(site.id, month, signal)), nextCursor: null })}
      rowKey={(row) => row.main.id}
      empty={<EmptyState title={t('losses.empty')} hint={t('losses.emptyHint')} />}
      summary={(rows) => <Button onClick={() => save(rows)}>{t('losses.csv')}</Button>}
      columns={[
        {
          title: t('losses.main'),
          key: 'main',
          width: 150,
          render: (_, row) => (
            <>
              <button type="button" className="link" onClick={() => onOpen(row.main.id)}>
                {row.main.code}
              </button>{' '}
              <span className="muted">{t(`commodity.${row.commodity}`)}</span>
            </>
          ),
        },
        {
          title: t('losses.usage'),
          key: 'usage',
          align: 'right',
          responsive: ['md'],
          render: (_, row) => quantity(row.usage, row),
        },
        {
          title: t('losses.stalls'),
          key: 'stalls',
          align: 'right',
          responsive: ['md'],
          render: (_, row) => quantity(row.stalls, row),
        },
        {
          title: t('losses.common'),
          key: 'common',
          align: 'right',
          responsive: ['lg'],
          render: (_, row) => quantity(row.common, row),
        },
        {
          title: t('losses.loss'),
          key: 'loss',
          align: 'right',
          render: (_, row) => (
            <>
              {quantity(row.loss, row)}
              {row.loss?.startsWith('-') && (
                <>
                  {' '}
                  <span className="tag tag-bad">{t('losses.negative')}</span>
                </>
              )}
            </>
          ),
        },
        {
          title: '%',
          key: 'percent',
          width: 80,
          align: 'right',
          render: (_, row) => (
            <span className="num">{row.lossPercent === null ? '—' : `${row.lossPercent}%`}</span>
          ),
        },
        {
          title: t('losses.allocated'),
          key: 'allocated',
          align: 'right',
          responsive: ['sm'],
          render: (_, row) =>
            row.what === 'nothing' ? (
              <span className="muted">{t('losses.what.nothing')}</span>
            ) : (
              quantity(row.allocated, row)
            ),
        },
        {
          title: t('losses.checks'),
          key: 'checks',
          responsive: ['lg'],
          render: (_, row) => (
            <>
              {row.missing.length > 0 && (
                <span className="tag tag-bad">{t('losses.missing', { count: row.missing.length })}</span>
              )}{' '}
              {row.estimated.length > 0 && (
                <span className="tag tag-busy">{t('losses.estimated', { count: row.estimated.length })}</span>
              )}
            </>
          ),
        },
      ]}
    />
  );
}
