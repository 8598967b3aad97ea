import CompressOutlined from '@ant-design/icons/es/icons/CompressOutlined';
import MinusOutlined from '@ant-design/icons/es/icons/MinusOutlined';
import PlusOutlined from '@ant-design/icons/es/icons/PlusOutlined';
import { useQueryClient } from '@tanstack/react-query';
import { Button, Segmented } from 'antd';
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';
import type { Floor, Stall } from '../api.ts';
import type { FloorView } from '../floor/floor-view.ts';
import { formatTime } from '../format.ts';
import { useSession } from '../session.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/states.tsx';
import { useNarrow } from '../ui/use-narrow.ts';
import { FloorCanvas, type Hovered } from './floor-canvas.tsx';
import { FloorSearch } from './floor-search.tsx';
import { Legend } from './legend.tsx';
import { planOf } from './plan.ts';
import { StallTooltip } from './stall-tooltip.tsx';
import { type Pulse, statesOf, useLiveFeed, useLiveMark, usePulse } from './use-live.ts';
import { useEveryStall, useStalls } from './use-stalls.ts';

const FloorTable = lazy(async () => ({ default: (await import('./floor-table.tsx')).FloorTable }));
const StallDrawer = lazy(async () => ({ default: (await import('./stall-drawer.tsx')).StallDrawer }));
export const DRAWER_PX = 440;

export function FloorStage({ floor, floors }: { readonly floor: Floor; readonly floors: readonly Floor[] }) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [params, setParams] = useSearchParams();
  const view = useRef<FloorView>(null);
  const stage = useRef<HTMLDivElement>(null);
  const [hovered, setHovered] = useState<Hovered | null>(null);
  // A stall that the address names is brought to the middle; one that was clicked is where it is.
  const [centre, setCentre] = useState(1);

  const { query, stalls, scene, stored } = useStalls(floor.id);
  const everyStall = useEveryStall(floors, query.isSuccess);
  const feed = useLiveFeed(floor.id);
  const pulse = usePulse(feed, stored);
  const markLive = useLiveMark(stage, feed);
  const plan = useMemo(() => planOf(floor.plan, scene), [floor.plan, scene]);
  const floorNames = useMemo(() => new Map(floors.map((one) => [one.id, one.name])), [floors]);

  useEffect(
    // A lease began or ended: the merchants' names are in the stalls' own answer.
    () =>
      feed?.onStates((changed, previous) => {
        if (
          changed.some((s) => previous.get(s.id) !== undefined && previous.get(s.id)?.leased !== s.leased)
        ) {
          void client.invalidateQueries({ queryKey: ['stalls', floor.id] });
        }
      }),
    [feed, client, floor.id],
  );

  const list = params.get('view') === 'list';
  const selected = stalls.find((stall) => stall.code === params.get('stall')) ?? null;
  const put = (changes: Record<string, string | null>) => {
    const next = new URLSearchParams(params);
    for (const [key, value] of Object.entries(changes)) {
      if (value === null) next.delete(key);
      else next.set(key, value);
    }
    setParams(next, { replace: true });
  };
  const open = (id: number | null) => {
    setCentre(0);
    put({ stall: stalls.find((stall) => stall.id === id)?.code ?? null });
  };
  const find = (stall: Stall) => {
    setCentre((n) => n + 1);
    if (stall.floorId === floor.id) put({ stall: stall.code });
    else void navigate(`/floor/${stall.floorId}?stall=${encodeURIComponent(stall.code)}`);
  };

  const states = statesOf(feed, stored);
  const intervalS = feed?.client.intervalS ?? 60;
  const hoveredStall = hovered === null ? undefined : stalls.find((stall) => stall.id === hovered.id);
  const hoveredState = hovered === null ? undefined : states.get(hovered.id);

  return (
    <section
      className="floor"
      ref={stage}
      data-live="false"
      data-hash={feed?.client.hash}
      aria-label={t('floor.title')}
    >
      <LiveBanner pulse={pulse} />
      <div className="floor-bar">
        <Segmented
          aria-label={t('floor.floors')}
          value={floor.id}
          options={floors.map((one) => ({ value: one.id, label: one.name }))}
          onChange={(id) => {
            setCentre(1);
            void navigate(`/floor/${id}${list ? '?view=list' : ''}`);
          }}
        />
        <FloorSearch stalls={everyStall} floorNames={floorNames} onFind={find} />
        <Segmented
          aria-label={t('floor.view')}
          value={list ? 'list' : 'plan'}
          options={[
            { value: 'plan', label: t('floor.plan') },
            { value: 'list', label: t('floor.list') },
          ]}
          onChange={(value) => put({ view: value === 'list' ? 'list' : null })}
        />
      </div>
      <div className="floor-body">
        {query.error && stalls.length === 0 ? (
          <ErrorState error={query.error} retry={() => void query.refetch()} />
        ) : query.data === undefined ? (
          <Loading page />
        ) : stalls.length === 0 ? (
          <EmptyState title={t('floor.noStalls')} hint={t('floor.noStallsHint')} />
        ) : list ? (
          <Suspense fallback={<Loading page />}>
            <FloorTable
              stalls={stalls}
              states={states}
              intervalS={intervalS}
              now={pulse.now}
              narrow={narrow}
              onOpen={open}
            />
          </Suspense>
        ) : (
          <>
            <FloorCanvas
              plan={plan}
              stalls={scene}
              stored={stored}
              feed={feed}
              selected={selected?.id ?? null}
              centre={centre}
              coveredRight={selected === null || narrow ? 0 : DRAWER_PX}
              view={view}
              onOpen={open}
              onHover={setHovered}
              beforeFrame={markLive}
            />
            <div className="floor-zoom">
              <Button
                icon={<PlusOutlined />}
                aria-label={t('floor.zoomIn')}
                onClick={() => view.current?.zoomBy(1.4)}
              />
              <Button
                icon={<MinusOutlined />}
                aria-label={t('floor.zoomOut')}
                onClick={() => view.current?.zoomBy(1 / 1.4)}
              />
              <Button
                icon={<CompressOutlined />}
                aria-label={t('floor.fit')}
                onClick={() => view.current?.fit()}
              />
            </div>
            {hovered !== null && hoveredStall !== undefined && hoveredState !== undefined && (
              <StallTooltip
                stall={hoveredStall}
                state={hoveredState}
                intervalS={intervalS}
                now={pulse.now}
                at={hovered.at}
                width={stage.current?.clientWidth ?? 0}
              />
            )}
          </>
        )}
      </div>
      {stalls.length > 0 && (
        <footer className="floor-foot">
          <Legend counts={pulse.counts} />
          <LiveTime pulse={pulse} />
        </footer>
      )}
      {selected !== null && (
        <Suspense fallback={null}>
          <StallDrawer
            stall={selected}
            state={states.get(selected.id)}
            intervalS={intervalS}
            now={pulse.now}
            onClose={() => {
              open(null);
              view.current?.focus();
            }}
          />
        </Suspense>
      )}
    </section>
  );
}

/** Always in the page, shown by the stage's `data-live`: it must not wait for a render. */
function LiveBanner({ pulse }: { readonly pulse: Pulse }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const text =
    pulse.asOf !== null
      ? t('floor.lost', { time: formatTime(pulse.asOf, site.timeZone, 'clock') })
      : pulse.status === 'lost'
        ? t('floor.lostBefore')
        : t('floor.connecting');
  return (
    <div className={`live-banner live-banner-${pulse.status}`} role={pulse.live ? undefined : 'alert'}>
      {text}
    </div>
  );
}

function LiveTime({ pulse }: { readonly pulse: Pulse }) {
  const { t } = useTranslation();
  const { site } = useSession();
  return (
    <p className="live-time">
      {pulse.live && <span className="live-tag">{t('floor.live')}</span>}
      {pulse.asOf !== null && (
        <span className="num">
          {t('floor.asOf', { time: formatTime(pulse.asOf, site.timeZone, 'clock') })}
        </span>
      )}
      <span className="muted">{t('common.siteTime', { zone: site.timeZone })}</span>
    </p>
  );
}
