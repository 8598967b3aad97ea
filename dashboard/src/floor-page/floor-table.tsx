import { Input, Table, type TableColumnsType } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { StallState } from '../../../domain/floor.ts';
import type { Stall } from '../api.ts';
import { searchStalls } from '../floor/search.ts';
import { STANDINGS, standingOf } from '../floor/standing.ts';
import { useAge } from '../ui/time.tsx';
import { useStateWords } from './stall-tooltip.tsx';
import { StandingMark } from './standing-mark.tsx';

interface Row {
  readonly stall: Stall;
  readonly state: StallState;
}

/** The same floor as a table: for keyboards, screen readers and whoever prefers lists. */
export function FloorTable(props: {
  readonly stalls: readonly Stall[];
  readonly states: ReadonlyMap<number, StallState>;
  readonly intervalS: number;
  readonly now: number;
  readonly narrow: boolean;
  readonly onOpen: (id: number) => void;
}) {
  const { t } = useTranslation();
  const age = useAge();
  const { stalls, states, intervalS, now, narrow, onOpen } = props;
  const words = useStateWords(intervalS, now);
  const [text, setText] = useState('');

  const shown =
    text.trim() === ''
      ? stalls
      : searchStalls(
          stalls.map((stall) => ({
            code: stall.code,
            merchant: stall.lease?.party.name ?? null,
            initials: stall.lease?.party.initials ?? null,
            stall,
          })),
          text,
          stalls.length,
        ).map((one) => one.stall);
  const rows = shown.flatMap((stall): Row[] => {
    const state = states.get(stall.id);
    return state === undefined ? [] : [{ stall, state }];
  });

  const columns: TableColumnsType<Row> = [
    {
      title: t('floor.stall'),
      key: 'code',
      width: narrow ? 96 : 120,
      sorter: (a, b) => a.stall.code.localeCompare(b.stall.code, 'en', { numeric: true }),
      render: (_, { stall }) => (
        <button type="button" className="link" onClick={() => onOpen(stall.id)}>
          {stall.code}
        </button>
      ),
    },
    {
      title: t('floor.merchant'),
      key: 'merchant',
      ellipsis: true,
      render: (_, { stall }) =>
        stall.lease?.party.name ?? <span className="muted">{t('floor.unleased')}</span>,
    },
    {
      title: t('floor.state'),
      key: 'state',
      width: narrow ? 120 : 320,
      filters: STANDINGS.map((standing) => ({ text: t(`standing.${standing}`), value: standing })),
      onFilter: (value, { state }) => standingOf(state, intervalS, now) === value,
      render: (_, { state }) => (
        <span className="with-mark">
          <StandingMark standing={standingOf(state, intervalS, now)} leased={state.leased} />
          {words(state)}
        </span>
      ),
    },
    ...(narrow
      ? []
      : [
          {
            title: t('floor.lastHeard'),
            key: 'heard',
            width: 140,
            render: (_: unknown, { state }: Row) =>
              state.seenAt === null ? (
                <span className="muted">{t('common.never')}</span>
              ) : (
                <span className="num">{t('age.ago', { age: age(now - state.seenAt) })}</span>
              ),
          },
        ]),
  ];

  return (
    <div className="floor-table">
      <Input
        allowClear
        className="filter-wide"
        placeholder={t('floor.search')}
        aria-label={t('floor.search')}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Table<Row>
        size="small"
        rowKey={({ stall }) => stall.id}
        columns={columns}
        dataSource={rows}
        pagination={{
          pageSize: 50,
          showSizeChanger: false,
          showTotal: (n) => t('floor.total', { count: n }),
        }}
      />
    </div>
  );
}
