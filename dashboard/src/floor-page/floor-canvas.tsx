import { type RefObject, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { StallState } from '../../../domain/floor.ts';
import type { FloorPlan } from '../../../domain/places.ts';
import { FloorView } from '../floor/floor-view.ts';
import type { SceneStall } from '../floor/scene.ts';
import type { Point } from '../floor/viewport.ts';
import type { LiveFeed } from './live-feed.ts';
import { statesOf } from './use-live.ts';

export interface Hovered {
  readonly id: number;
  readonly at: Point;
}

/** The thin wrapper: makes the view, hands it states and the selection, and closes it. */
export function FloorCanvas(props: {
  readonly plan: FloorPlan;
  readonly stalls: readonly SceneStall[];
  readonly stored: ReadonlyMap<number, StallState>;
  readonly feed: LiveFeed | null;
  readonly selected: number | null;
  /** Changes whenever the selected stall should be brought to the middle. */
  readonly centre: number;
  readonly coveredRight: number;
  readonly view: RefObject<FloorView | null>;
  readonly onOpen: (id: number | null) => void;
  readonly onHover: (hovered: Hovered | null) => void;
  readonly beforeFrame: () => void;
}) {
  const { t } = useTranslation();
  const { plan, stalls, stored, feed, selected, centre, coveredRight, view, onOpen, onHover, beforeFrame } =
    props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const sinks = useRef({ onOpen, onHover, beforeFrame });
  sinks.current = { onOpen, onHover, beforeFrame };
  const [ready, setReady] = useState(0);

  useEffect(() => {
    if (canvas.current === null) return;
    const created = new FloorView(canvas.current, plan, stalls, {
      onOpen: (id) => sinks.current.onOpen(id),
      onHover: (id, at) => sinks.current.onHover(id === null ? null : { id, at }),
      beforeFrame: () => sinks.current.beforeFrame(),
    });
    view.current = created;
    setReady((n) => n + 1);
    return () => {
      created.close();
      view.current = null;
    };
  }, [plan, stalls, view]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new view (`ready`) needs all states again
  useEffect(() => {
    const client = feed?.client;
    const all = () => {
      const now = client?.serverNow() ?? Date.now();
      view.current?.update(statesOf(feed, stored).values(), client?.intervalS ?? 60, now);
    };
    all();
    // A state goes stale by the clock alone.
    const timer = setInterval(all, 1_000);
    const stop = feed?.onStates((states, previous) => {
      const { intervalS } = feed.client;
      view.current?.update(states, intervalS, feed.client.serverNow(), { states, previous });
    });
    return () => {
      clearInterval(timer);
      stop?.();
    };
  }, [feed, stored, ready, view]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `centre` and `ready` are the occasions
  useEffect(() => {
    view.current?.select(selected, centre > 0, coveredRight);
  }, [selected, centre, coveredRight, ready, view]);

  // biome-ignore-start lint/a11y/noNoninteractiveTabindex: the plan takes the arrow keys; the list view is its equal
  return (
    <canvas ref={canvas} className="floor-canvas" tabIndex={0} role="img" aria-label={t('floor.canvas')} />
  );
  // biome-ignore-end lint/a11y/noNoninteractiveTabindex: as above
}
