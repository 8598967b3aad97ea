import { useTranslation } from 'react-i18next';
import type { StallState } from '../../../domain/floor.ts';
import type { Stall } from '../api.ts';
import { standingOf } from '../floor/standing.ts';
import type { Point } from '../floor/viewport.ts';
import { useAge } from '../ui/time.tsx';
import { StandingMark } from './standing-mark.tsx';

/** What a state says in words, with its age: `Silent for 3 min, last: Open`. */
export function useStateWords(intervalS: number, now: number): (state: StallState) => string {
  const { t } = useTranslation();
  const age = useAge();
  return (state) => {
    const standing = standingOf(state, intervalS, now);
    if (standing === 'stale' && state.seenAt !== null) {
      return t('floor.silentFor', {
        age: age(now - state.seenAt),
        last: t(`occupancy.${state.occupancy}`),
      });
    }
    return t(`standing.${standing}`);
  };
}

export function StallTooltip(props: {
  readonly stall: Stall;
  readonly state: StallState;
  readonly intervalS: number;
  readonly now: number;
  readonly at: Point;
  readonly width: number;
}) {
  const { t } = useTranslation();
  const age = useAge();
  const { stall, state, intervalS, now, at, width } = props;
  const words = useStateWords(intervalS, now);
  const left = Math.min(Math.max(at.x, 130), Math.max(130, width - 130));
  const below = at.y < 120;
  return (
    <div
      className="stall-tooltip"
      role="status"
      style={{
        left,
        top: at.y + (below ? 34 : -8),
        transform: `translate(-50%, ${below ? '0' : '-100%'})`,
      }}
    >
      <div className="stall-tooltip-head">
        <StandingMark standing={standingOf(state, intervalS, now)} leased={state.leased} />
        <strong>{stall.code}</strong>
        <span>{stall.lease?.party.name ?? t('floor.unleased')}</span>
      </div>
      <div>{words(state)}</div>
      <div className="muted">
        {state.measuredAt === null
          ? t('floor.never')
          : t('floor.measured', { age: age(now - state.measuredAt) })}
      </div>
    </div>
  );
}
