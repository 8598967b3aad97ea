import { useQuery } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { readingsApi } from '../api/readings.ts';
import { api, type StallDetail } from '../api.ts';
import { trimDecimal } from '../decimal.ts';
import { formatQuantity } from '../format.ts';
import { useSession } from '../session.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { useAddress } from '../ui/use-address.ts';
import { EnterSheet } from './enter-sheet.tsx';
import { ExchangeSheet } from './exchange-sheet.tsx';
import { HistorySheet } from './history-sheet.tsx';

/** Finds a stall, shows its meters, and takes what a person reads off them: made for a phone in the hall. */
export function ReadingsPage() {
  const { t } = useTranslation();
  const { site } = useSession();
  const [get, put] = useAddress();
  const q = get('q') ?? '';
  const stall = Number(get('stall') ?? 0);
  const found = useQuery({
    queryKey: ['stall-search', site.id, q],
    queryFn: ({ signal }) => readingsApi.findStalls(site.id, q, signal),
    enabled: q !== '' && stall === 0,
  });
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('readings.title')}</h1>
        <div className="filters">
          <Input.Search
            key={q}
            className="filter-wide"
            size="large"
            allowClear
            aria-label={t('readings.search')}
            placeholder={t('readings.search')}
            defaultValue={q}
            onSearch={(text) => put({ q: text.trim(), stall: undefined, point: undefined, do: undefined })}
          />
        </div>
      </div>
      {stall > 0 ? (
        <Meters stall={stall} />
      ) : q === '' ? (
        <div className="panel">
          <EmptyState title={t('readings.start')} hint={t('readings.startHint')} />
        </div>
      ) : found.data === undefined ? (
        found.error ? (
          <ErrorState error={found.error} retry={() => void found.refetch()} />
        ) : (
          <Loading />
        )
      ) : found.data.items.length === 0 ? (
        <div className="panel">
          <EmptyState title={t('readings.none')} hint={t('readings.noneHint')} />
        </div>
      ) : (
        <ul className="cards">
          {found.data.items.map((one) => (
            <li key={one.id}>
              <button type="button" className="card pick" onClick={() => put({ stall: String(one.id) })}>
                <strong>{one.code}</strong>
                <span className="muted">{one.lease?.party.name ?? t('floor.unleased')}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Meters({ stall }: { readonly stall: number }) {
  const { t } = useTranslation();
  const [get, put] = useAddress();
  const detail = useQuery({
    queryKey: ['stall', stall],
    queryFn: ({ signal }) => api.stall(stall, signal),
  });
  if (detail.data === undefined)
    return detail.error ? (
      <ErrorState error={detail.error} retry={() => void detail.refetch()} />
    ) : (
      <Loading />
    );
  const { code, lease, meters } = detail.data;
  const open = meters.find(({ meteringPointId }) => meteringPointId === Number(get('point')));
  const close = () => put({ point: undefined, do: undefined, at: undefined });
  const asked = Date.parse(get('at') ?? '');
  const action = get('do');
  return (
    <>
      <div className="row">
        <h2>{t('stall.title', { code })}</h2>
        <span className="muted">{lease?.party.name ?? t('floor.unleased')}</span>
        <Button onClick={() => put({ stall: undefined, point: undefined, do: undefined })}>
          {t('readings.other')}
        </Button>
      </div>
      {meters.length === 0 && (
        <div className="panel">
          <EmptyState title={t('stall.noMeters')} hint={t('stall.noMetersHint')} />
        </div>
      )}
      <ul className="cards">
        {meters.map((meter) => (
          <MeterCard
            key={meter.meteringPointId}
            meter={meter}
            onOpen={(what) => put({ point: String(meter.meteringPointId), do: what })}
          />
        ))}
      </ul>
      {open && action === 'enter' && (
        <EnterSheet meter={open} at={asked > 0 ? asked : undefined} onClose={close} />
      )}
      {open && (action === 'exchange' || action === 'multiplier') && (
        <ExchangeSheet meter={open} only={action} onClose={close} />
      )}
      {open && action === 'history' && (
        <HistorySheet point={open.meteringPointId} stall={code} onClose={close} />
      )}
    </>
  );
}

export type Meter = StallDetail['meters'][number];
type What = 'enter' | 'exchange' | 'multiplier' | 'history';

function MeterCard({ meter, onOpen }: { readonly meter: Meter; readonly onOpen: (what: What) => void }) {
  const { t } = useTranslation();
  return (
    <li className="card stack">
      <div className="card-head">
        <strong>{t(`commodity.${meter.commodity}`)}</strong>
        <span className="mono">{meter.serial}</span>
        {Number(meter.multiplier) !== 1 && (
          <span className="tag">{t('stall.multiplier', { value: trimDecimal(meter.multiplier) })}</span>
        )}
      </div>
      <div>
        {meter.lastReading === null ? (
          <span className="muted">{t('stall.noReading')}</span>
        ) : (
          <>
            <span className="card-value num">{formatQuantity(meter.lastReading.value, meter.commodity)}</span>
            <Time at={meter.lastReading.ts} />
          </>
        )}
      </div>
      <div className="row">
        <Button type="primary" onClick={() => onOpen('enter')}>
          {t('readings.enter')}
        </Button>
        <Button onClick={() => onOpen('exchange')}>{t('readings.exchange')}</Button>
        <Button onClick={() => onOpen('multiplier')}>{t('readings.changeMultiplier')}</Button>
        <Button onClick={() => onOpen('history')}>{t('readings.history')}</Button>
      </div>
    </li>
  );
}
