import { useInfiniteQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { type PointHistory, photoUrl, readingsApi } from '../api/readings.ts';
import { trimDecimal } from '../decimal.ts';
import { formatQuantity } from '../format.ts';
import { zhCN } from '../locales/zh-CN.ts';
import { Sheet } from '../ui/sheet.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

type Known = keyof typeof zhCN.readings.action;
const isKnown = (word: string): word is Known => word in zhCN.readings.action;

/** What happened at a metering point, the newest first, with the fee lines of its month. */
export function HistorySheet(props: {
  readonly point: number;
  readonly stall: string;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const history = useInfiniteQuery({
    queryKey: ['readings', 'history', props.point],
    queryFn: ({ pageParam, signal }) => readingsApi.history(props.point, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
  const pages = history.data?.pages;
  return (
    <Sheet
      title={`${t('readings.history')} · ${pages?.[0]?.point.code ?? ''}`}
      width={560}
      onClose={props.onClose}
    >
      {pages === undefined ? (
        history.error ? (
          <ErrorState error={history.error} retry={() => void history.refetch()} />
        ) : (
          <Loading />
        )
      ) : pages[0]?.entries.length === 0 ? (
        <EmptyState title={t('readings.noHistory')} hint={t('readings.noHistoryHint')} />
      ) : (
        <ul className="cards">
          {pages.flatMap(({ entries, point }) =>
            entries.map((entry) => (
              <Entry
                key={`${entry.kind} ${entry.at} ${entry.value} ${entry.action} ${entry.purpose}`}
                entry={entry}
                commodity={point.commodity}
                stall={props.stall}
              />
            )),
          )}
        </ul>
      )}
      {history.hasNextPage && (
        <Button loading={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
    </Sheet>
  );
}

function Entry({
  entry,
  commodity,
  stall,
}: {
  readonly entry: PointHistory['entries'][number];
  readonly commodity: PointHistory['point']['commodity'];
  readonly stall: string;
}) {
  const { t } = useTranslation();
  const { kind, action, purpose } = entry;
  const what =
    kind === 'action'
      ? action !== null && isKnown(action)
        ? t(`readings.action.${action}`)
        : action
      : kind === 'manual' && purpose !== null
        ? t(`readings.purpose.${purpose}`)
        : kind === 'installed'
          ? t('readings.installed')
          : t('readings.removed');
  return (
    <li className="card">
      <div className="card-head">
        <strong>{what}</strong>
        <Time at={entry.at} />
      </div>
      <div className="row">
        {entry.serial !== null && <span className="mono">{entry.serial}</span>}
        {entry.value !== null && <span className="num">{formatQuantity(entry.value, commodity)}</span>}
        {entry.multiplier !== null && (
          <span className="tag">{t('stall.multiplier', { value: trimDecimal(entry.multiplier) })}</span>
        )}
        {entry.actor !== null && <span className="muted">{entry.actor}</span>}
      </div>
      {entry.movedFrom !== null && (
        <div className="muted">
          {t('readings.movedFrom')} <Time at={entry.movedFrom} />
        </div>
      )}
      {entry.note !== null && <div>{entry.note}</div>}
      {entry.photo !== null && (
        <a href={photoUrl(entry.photo)} target="_blank" rel="noreferrer">
          <img className="photo" alt={t('readings.photo')} src={photoUrl(entry.photo)} loading="lazy" />
        </a>
      )}
      <Link to={`/fee-lines?stall=${encodeURIComponent(stall)}&period=${entry.period}`}>
        {t('readings.feeLines', { period: entry.period })} →
      </Link>
    </li>
  );
}
