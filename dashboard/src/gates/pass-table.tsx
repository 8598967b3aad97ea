import { Button, Checkbox, Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { minorDigits } from '../../../domain/money.ts';
import { PASS_DIRECTIONS } from '../../../domain/passes.ts';
import { gatesApi, type Pass } from '../api/gates.ts';
import { all } from '../api.ts';
import { formatMoney } from '../format.ts';
import { useMay, useSession } from '../session.tsx';
import { toMajor } from '../ui/money-input.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { saveCsv } from '../ui/save-file.ts';
import { EmptyState } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { useAddress } from '../ui/use-address.ts';
import { useNarrow } from '../ui/use-narrow.ts';
import { CLASSES, useClassName } from './class-name.ts';
import { Collect } from './collect.tsx';

export function PassTable() {
  const { t } = useTranslation();
  const { site } = useSession();
  const className = useClassName();
  const mayWrite = useMay('gates:write');
  const narrow = useNarrow();
  const [get, put] = useAddress();
  const [collecting, setCollecting] = useState<Pass | null>(null);
  const filter = {
    site: site.id,
    plate: get('plate'),
    class: get('class'),
    direction: get('direction'),
    lost: get('lost') === 'true' ? true : undefined,
  };
  const money = (minor: string | null) =>
    minor === null ? '—' : <span className="num nowrap">{formatMoney(minor, site.currency)}</span>;
  const collected = (row: Pass) =>
    mayWrite && row.direction === 'out' && !row.payer && row.collected === null ? (
      <Button size="small" onClick={() => setCollecting(row)}>
        {t('gates.collect')}
      </Button>
    ) : (
      money(row.collected)
    );
  const save = async (): Promise<void> => {
    const { items } = await all((cursor) => gatesApi.passes({ ...filter, cursor, limit: 1000 }));
    const major = (minor: string | null) => minor && toMajor(minor, minorDigits(site.currency));
    saveCsv(`passes-${site.id}`, [
      [
        'at',
        'direction',
        'plate',
        'ticket',
        'class',
        'lane',
        'partner_at',
        'minutes',
        'pairing',
        'payer',
        'monthly_pass',
        'amount',
        'collected',
      ],
      ...items.map((row) => [
        ...[
          row.at,
          row.direction,
          row.plate,
          row.ticket,
          row.class,
          row.lane,
          row.partnerAt,
          row.minutes,
          row.pairing,
        ],
        ...[row.payer?.party ?? null, row.monthlyPass ? 1 : 0, major(row.amount), major(row.collected)],
      ]),
    ]);
  };
  return (
    <>
      <div className="filters">
        <Input.Search
          key={filter.plate}
          className="filter"
          allowClear
          aria-label={t('gates.plate')}
          placeholder={t('gates.plate')}
          defaultValue={filter.plate}
          onSearch={(plate) => put({ plate: plate.trim() })}
        />
        <Select
          className="filter"
          allowClear
          aria-label={t('gates.classLabel')}
          placeholder={t('gates.classLabel')}
          value={filter.class}
          onChange={(value: string | undefined) => put({ class: value })}
          options={CLASSES.map((value) => ({ value, label: className(value) }))}
        />
        <Select
          className="filter"
          allowClear
          aria-label={t('gates.directionLabel')}
          placeholder={t('gates.directionLabel')}
          value={filter.direction}
          onChange={(value: string | undefined) => put({ direction: value })}
          options={PASS_DIRECTIONS.map((value) => ({ value, label: t(`gates.direction.${value}`) }))}
        />
        <Checkbox
          checked={filter.lost === true}
          onChange={({ target }) => put({ lost: target.checked ? 'true' : undefined })}
        >
          {t('gates.onlyLost')}
        </Checkbox>
      </div>
      <PagedTable<Pass>
        queryKey={['passes', filter]}
        read={(cursor, signal) => gatesApi.passes({ ...filter, cursor, limit: 100 }, signal)}
        rowKey={(row) => row.id}
        refreshMs={15_000}
        empty={<EmptyState title={t('gates.noPasses')} hint={t('gates.noPassesHint')} />}
        summary={() => <Button onClick={() => void save()}>{t('losses.csv')}</Button>}
        columns={[
          {
            title: t('gates.plate'),
            key: 'plate',
            width: narrow ? 100 : 130,
            render: (_, row) => (
              <>
                <strong className="nowrap">{row.plate ?? `#${row.ticket}`}</strong>
                {narrow && <div className="muted">{className(row.class)}</div>}
              </>
            ),
          },
          {
            title: t('gates.classLabel'),
            key: 'class',
            responsive: ['sm'],
            render: (_, row) => className(row.class),
          },
          {
            title: t('gates.at'),
            key: 'at',
            render: (_, row) => (
              <>
                {t(`gates.direction.${row.direction}`)} <Time at={row.at} style="minute" />{' '}
                <span className="muted">{row.lane}</span>
              </>
            ),
          },
          {
            title: t('gates.stay'),
            key: 'stay',
            width: narrow ? 84 : 120,
            render: (_, row) =>
              row.pairing === 'paired' ? (
                <span className="num nowrap">{t('gates.minutes', { count: row.minutes ?? 0 })}</span>
              ) : (
                <span className={row.pairing === 'lost' ? 'tag tag-bad' : 'tag tag-busy'}>
                  {t(
                    `gates.pairing.${row.pairing === 'open' ? 'open' : row.direction === 'in' ? 'noExit' : 'noEntry'}`,
                  )}
                </span>
              ),
          },
          {
            title: t('gates.payer'),
            key: 'payer',
            responsive: ['lg'],
            render: (_, row) => (
              <>
                {row.payer?.party ?? <span className="muted">{t('gates.driver')}</span>}{' '}
                {row.monthlyPass && <span className="tag tag-good">{t('gates.monthlyPass')}</span>}
              </>
            ),
          },
          {
            title: t('gates.amount'),
            key: 'amount',
            align: 'right',
            responsive: ['md'],
            render: (_, row) => money(row.amount),
          },
          {
            title: t('gates.collected'),
            key: 'collected',
            align: 'right',
            width: narrow ? 88 : 120,
            render: (_, row) =>
              narrow && row.amount !== null ? (
                <>
                  <div className="muted">
                    {t('gates.amount')} {money(row.amount)}
                  </div>
                  {collected(row)}
                </>
              ) : (
                collected(row)
              ),
          },
        ]}
      />
      {collecting && <Collect key={collecting.id} pass={collecting} onClose={() => setCollecting(null)} />}
    </>
  );
}
