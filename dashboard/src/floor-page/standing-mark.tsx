import { LOOKS } from '../floor/palette.ts';
import type { Standing } from '../floor/standing.ts';

/** The same fill, glyph and hatch as on the plan, for the legend, tooltips and lists. */
export function StandingMark({
  standing,
  leased,
}: {
  readonly standing: Standing;
  readonly leased: boolean;
}) {
  const looks = LOOKS[leased ? 'leased' : 'unleased'];
  const look = standing === 'stale' ? looks.closed : looks[standing];
  return (
    <svg className="mark" viewBox="0 0 20 16" aria-hidden="true">
      <rect
        x="0.75"
        y="0.75"
        width="18.5"
        height="14.5"
        fill={look.fill}
        stroke="#6b7683"
        strokeWidth="1.5"
      />
      {standing === 'open' && <circle cx="10" cy="8" r="3.4" fill={look.ink} />}
      {standing === 'closed' && <rect x="6" y="6.9" width="8" height="2.2" fill={look.ink} />}
      {standing === 'unknown' && (
        <text x="10" y="12" textAnchor="middle" fontSize="11" fontWeight="700" fill={look.ink}>
          ?
        </text>
      )}
      {standing === 'stale' && (
        <g strokeLinecap="butt">
          {[-8, -1, 6, 13].map((x) => (
            <g key={x}>
              <line x1={x} y1="15" x2={x + 14} y2="1" stroke="#ffffff" strokeWidth="3" />
              <line x1={x} y1="15" x2={x + 14} y2="1" stroke="#3a424c" strokeWidth="1.3" />
            </g>
          ))}
        </g>
      )}
    </svg>
  );
}
