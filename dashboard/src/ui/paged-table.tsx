import { type QueryKey, useInfiniteQuery } from '@tanstack/react-query';
import { Button, Table, type TableColumnsType } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Page } from '../api.ts';
import { ErrorState, Loading } from './states.tsx';

/** A server's list, page by page: every row that was loaded is shown, and whether there are more. */
export function PagedTable<Row extends object>(props: {
  readonly queryKey: QueryKey;
  readonly read: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Row>>;
  readonly columns: TableColumnsType<Row>;
  readonly rowKey: (row: Row) => string | number;
  readonly empty: ReactNode;
  readonly refreshMs?: number;
  readonly expanded?: (row: Row) => ReactNode;
  readonly mayExpand?: (row: Row) => boolean;
  /** What to say of the rows loaded, e.g. their sum. */
  readonly summary?: (rows: readonly Row[], complete: boolean) => ReactNode;
}) {
  const { t } = useTranslation();
  const {
    queryKey,
    read,
    columns,
    rowKey,
    empty,
    refreshMs,
    expanded,
    mayExpand = () => true,
    summary,
  } = props;
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: Page<Row>) => page.nextCursor ?? undefined,
    // Only the first page renews itself: renewing all of a long list would cost the server its pages again.
    refetchInterval: ({ state }) =>
      refreshMs !== undefined && state.data?.pages.length === 1 ? refreshMs : false,
  });

  if (query.data === undefined) {
    return query.error ? (
      <ErrorState error={query.error} retry={() => void query.refetch()} />
    ) : (
      <Loading page />
    );
  }
  const rows = query.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) return <div className="panel">{empty}</div>;
  return (
    <div className="panel">
      {summary && <div className="panel-head">{summary(rows, !query.hasNextPage)}</div>}
      <Table<Row>
        size="small"
        rowKey={rowKey}
        columns={columns}
        dataSource={rows}
        pagination={false}
        loading={query.isPlaceholderData}
        {...(expanded === undefined
          ? {}
          : {
              expandable: {
                columnTitle: <span className="visually-hidden">{t('common.details')}</span>,
                expandedRowRender: expanded,
                rowExpandable: mayExpand,
                expandRowByClick: true,
              },
            })}
      />
      <div className="panel-foot">
        <span className="muted">{t('common.rows', { count: rows.length })}</span>
        {query.hasNextPage ? (
          <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t('common.more')}
          </Button>
        ) : (
          <span className="muted">{t('common.allLoaded')}</span>
        )}
      </div>
    </div>
  );
}
