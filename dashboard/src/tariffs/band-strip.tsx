import { useTranslation } from 'react-i18next';
import type { TimeOfUsePrice } from '../../../domain/tariffs/definition.ts';
import { useTariffNames } from '../fee-lines/names.ts';
import { languageOf } from '../i18n.ts';

/** Dearest first; dark to light, so that the strip reads in greyscale, and every part carries its name. */
const SHADES = [
  { background: '#7a271a', color: '#fff' },
  { background: '#a64b0f', color: '#fff' },
  { background: '#f3c56b', color: '#2b1c00' },
  { background: '#cfe3d4', color: '#12311d' },
  { background: '#eef4f0', color: '#12311d' },
];

const minutesOf = (wall: string): number => Number(wall.slice(0, 2)) * 60 + Number(wall.slice(3));

export function BandStrip({ price, unit }: { readonly price: TimeOfUsePrice; readonly unit: string }) {
  const { t, i18n } = useTranslation();
  const names = useTariffNames();
  const language = languageOf(i18n.language) === 'en' ? 'en' : 'zh';
  const dearest = [...price.bands].sort((a, b) => Number(b.unitPrice) - Number(a.unitPrice));
  const shadeOf = (code: string) =>
    SHADES[
      Math.min(
        SHADES.length - 1,
        Math.max(
          0,
          dearest.findIndex((band) => band.code === code),
        ),
      )
    ];
  const nameOf = (code: string) =>
    price.bands.find((band) => band.code === code)?.name?.[language] ?? names.band(code);
  const { schedules, days, specialDays = [] } = price.calendar;
  const months = new Intl.DateTimeFormat(i18n.language, { month: 'short', timeZone: 'UTC' });
  const weekdays = new Intl.DateTimeFormat(i18n.language, { weekday: 'short', timeZone: 'UTC' });

  /** When a schedule holds: months and weekdays, then named dates. */
  const whenOf = (schedule: string): string =>
    [
      ...days
        .filter((day) => day.schedule === schedule)
        .map(
          (day) =>
            [
              day.months?.map((month) => months.format(Date.UTC(2026, month - 1, 1))).join(' ') ?? '',
              // 2026-06-01 is a Monday.
              day.weekdays?.map((weekday) => weekdays.format(Date.UTC(2026, 5, weekday))).join(' ') ?? '',
            ]
              .filter((part) => part !== '')
              .join(' · ') || t('tariff.everyDay'),
        ),
      ...specialDays.filter((day) => day.schedule === schedule).map((day) => day.dates.join(' ')),
    ].join('; ');

  return (
    <div className="stack">
      {Object.entries(schedules).map(([schedule, windows]) => (
        <div key={schedule}>
          <div className="muted">{whenOf(schedule)}</div>
          <div className="strip" role="img" aria-label={t('tariff.strip')}>
            {windows.map((window) => {
              const minutes = minutesOf(window.to) - minutesOf(window.from);
              const priceText = price.bands.find((band) => band.code === window.band)?.unitPrice ?? '';
              return (
                <span
                  key={window.from}
                  title={`${window.from}–${window.to} ${nameOf(window.band)} ${priceText}/${unit}`}
                  style={{ flexBasis: 0, flexGrow: minutes, ...shadeOf(window.band) }}
                >
                  {minutes >= 120 ? nameOf(window.band) : ''}
                </span>
              );
            })}
          </div>
          <div className="strip-hours" aria-hidden="true">
            {['00', '06', '12', '18', '24'].map((hour) => (
              <span key={hour}>{hour}:00</span>
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}
