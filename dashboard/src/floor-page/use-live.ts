import { type RefObject, useCallback, useEffect, useState } from 'react';
import type { StallState } from '../../../domain/floor.ts';
import { countStandings, type FloorCounts } from '../floor/standing.ts';
import { type LiveFeed, openLiveFeed } from './live-feed.ts';

export function useLiveFeed(floor: number | null): LiveFeed | null {
  const [feed, setFeed] = useState<LiveFeed | null>(null);
  useEffect(() => {
    if (floor === null) return;
    const opened = openLiveFeed(floor);
    setFeed(opened);
    return () => {
      opened.close();
      setFeed(null);
    };
  }, [floor]);
  return feed;
}

/** What the page says about the feed, renewed every second and whenever the connection changes. */
export interface Pulse {
  readonly live: boolean;
  readonly status: 'connecting' | 'live' | 'lost';
  readonly asOf: number | null;
  /** The server's clock. */
  readonly now: number;
  readonly counts: FloorCounts;
}

const TICK_MS = 1_000;
const MARK_MS = 250;

export function usePulse(feed: LiveFeed | null, stored: ReadonlyMap<number, StallState>): Pulse {
  const read = (): Pulse => {
    const client = feed?.client;
    const now = client?.serverNow() ?? Date.now();
    const states = statesOf(feed, stored);
    return {
      live: client?.isLive() ?? false,
      status: client?.status ?? 'connecting',
      asOf: client?.asOf ?? null,
      now,
      counts: countStandings(states.values(), client?.intervalS ?? 60, now),
    };
  };
  const [pulse, setPulse] = useState(read);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `read` is made of the two that are listed
  useEffect(() => {
    const beat = () => setPulse(read());
    beat();
    const timer = setInterval(beat, TICK_MS);
    const stop = feed?.onStatus(beat);
    let due: ReturnType<typeof setTimeout> | undefined;
    const stopStates = feed?.onStates(() => {
      due ??= setTimeout(() => {
        due = undefined;
        beat();
      }, TICK_MS / 4);
    });
    return () => {
      clearInterval(timer);
      clearTimeout(due);
      stop?.();
      stopStates?.();
    };
  }, [feed, stored]);
  return pulse;
}

/** Until the first snapshot, what the REST answer said; never blank. */
export function statesOf(
  feed: LiveFeed | null,
  stored: ReadonlyMap<number, StallState>,
): ReadonlyMap<number, StallState> {
  return feed !== null && feed.client.asOf !== null ? feed.client.states : stored;
}

/**
 * Marks an element `data-live` without waiting for React. The mark is asked for before every frame of the plan and
 * taken away when the page is hidden, so that what is seen first after sleep was checked first.
 */
export function useLiveMark(element: RefObject<HTMLElement | null>, feed: LiveFeed | null): () => void {
  const mark = useCallback(() => {
    const live = document.visibilityState === 'visible' && (feed?.client.isLive() ?? false);
    if (element.current !== null) element.current.dataset['live'] = String(live);
  }, [element, feed]);
  useEffect(() => {
    mark();
    const timer = setInterval(mark, MARK_MS);
    const stop = feed?.onStatus(mark);
    document.addEventListener('visibilitychange', mark);
    return () => {
      clearInterval(timer);
      stop?.();
      document.removeEventListener('visibilitychange', mark);
    };
  }, [mark, feed]);
  return mark;
}
