import { useTranslation } from 'react-i18next';
import { type FloorCounts, STANDINGS } from '../floor/standing.ts';
import { StandingMark } from './standing-mark.tsx';

/** Explains every mark and counts every stall once: the numbers add up to the total below them. */
export function Legend({ counts }: { readonly counts: FloorCounts }) {
  const { t } = useTranslation();
  return (
    <table className="legend" aria-label={t('floor.legend')}>
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">{t('floor.legend')}</span>
          </th>
          {STANDINGS.map((standing) => (
            <th key={standing} scope="col">
              {t(`standing.${standing}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {(['leased', 'unleased'] as const).map((group) => (
          <tr key={group}>
            <th scope="row">{t(`floor.${group}`)}</th>
            {STANDINGS.map((standing) => (
              <td key={standing} data-count={`${group}-${standing}`}>
                <StandingMark standing={standing} leased={group === 'leased'} />
                <span className="num">{counts[group][standing]}</span>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <td colSpan={5} data-count="total">
            {t('floor.total', { count: counts.total })}
          </td>
        </tr>
      </tfoot>
    </table>
  );
}
