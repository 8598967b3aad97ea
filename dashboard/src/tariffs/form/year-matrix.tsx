import { type PointerEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { MONTHS, WEEKDAYS } from '../../../../domain/tariffs/check-calendar.ts';
import type { BandCalendar } from '../../../../domain/tariffs/definition.ts';
import { assign, type Cell, claimsOf } from './year-days.ts';

/** Each schedule has its letter and its tint; a gap is striped and says so, an overlap names both. */
const TINTS = ['#dbe9ff', '#ffe7c7', '#dff3e3', '#f0e1fb', '#fde0e6', '#e2e8ee', '#fff6c2', '#d5f2f2'];
export const tintOf = (index: number): string => TINTS[index % TINTS.length] ?? '#fff';
export const letterOf = (index: number): string => String.fromCharCode(65 + (index % 26));

/**
 * Which schedule holds in which month on which weekday. A cell, a month's or a weekday's heading sets what it stands
 * for to the chosen schedule; dragging sets all cells that are passed.
 */
export function YearMatrix(props: {
  readonly days: BandCalendar['days'];
  readonly schedules: readonly string[];
  readonly brush: string;
  readonly onChange: (days: BandCalendar['days']) => void;
}) {
  const { t, i18n } = useTranslation();
  const { days, schedules, brush, onChange } = props;
  const [dragging, setDragging] = useState(false);
  const claims = claimsOf(days);
  const months = new Intl.DateTimeFormat(i18n.language, { month: 'short', timeZone: 'UTC' });
  const put = (cells: readonly Cell[]) => onChange(assign(days, cells, brush));
  const putUnder = (event: PointerEvent) => {
    const cell = document
      .elementFromPoint(event.clientX, event.clientY)
      ?.closest<HTMLElement>('[data-month][data-weekday]');
    if (!cell) return;
    const [month, weekday] = [
      Number(cell.getAttribute('data-month')),
      Number(cell.getAttribute('data-weekday')),
    ];
    if (claims[month - 1]?.[weekday - 1]?.join() !== brush) put([{ month, weekday }]);
  };
  const monthName = (month: number) => months.format(Date.UTC(2026, month - 1, 1));
  return (
    <table
      className="year-matrix"
      onPointerMove={(event) => dragging && putUnder(event)}
      onPointerUp={() => setDragging(false)}
      onPointerLeave={() => setDragging(false)}
    >
      <thead>
        <tr>
          <td />
          {WEEKDAYS.map((weekday) => (
            <th key={weekday} scope="col">
              <button type="button" onClick={() => put(MONTHS.map((month) => ({ month, weekday })))}>
                {t(`weekday.d${weekday}`)}
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {MONTHS.map((month) => (
          <tr key={month}>
            <th scope="row">
              <button type="button" onClick={() => put(WEEKDAYS.map((weekday) => ({ month, weekday })))}>
                {monthName(month)}
              </button>
            </th>
            {WEEKDAYS.map((weekday) => {
              const own = claims[month - 1]?.[weekday - 1] ?? [];
              const index = schedules.indexOf(own[0] ?? '');
              const wrong = own.length !== 1 || index < 0;
              const letters = own.map((name) => letterOf(Math.max(0, schedules.indexOf(name)))).join('+');
              const said = own.length === 0 ? t('tariffForm.gap') : own.join(' + ');
              return (
                <td key={weekday}>
                  <button
                    type="button"
                    data-month={month}
                    data-weekday={weekday}
                    className={wrong ? 'year-cell year-wrong' : 'year-cell'}
                    style={wrong ? {} : { background: tintOf(index) }}
                    aria-label={`${monthName(month)} ${t(`weekday.d${weekday}`)}: ${said}`}
                    onPointerDown={(event) => {
                      setDragging(event.pointerType === 'mouse');
                      event.currentTarget.releasePointerCapture?.(event.pointerId);
                    }}
                    onClick={() => put([{ month, weekday }])}
                  >
                    {own.length === 0 ? '?' : letters}
                  </button>
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
