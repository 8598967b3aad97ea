import { useTranslation } from 'react-i18next';
import type { ReadingsAround } from '../api/readings.ts';
import { formatQuantity } from '../format.ts';
import { Time } from '../ui/time.tsx';

/** Readings in order of time; those of the case are marked. */
export function AroundTable({
  around: { readings, register },
  from,
  to,
}: {
  readonly around: ReadingsAround;
  readonly from: number;
  readonly to: number;
}) {
  const { t } = useTranslation();
  return (
    <table className="values">
      <thead>
        <tr>
          <th scope="col">{t('device.time')}</th>
          <th scope="col" className="right">
            {t('device.value')}
          </th>
          <th scope="col">{t('device.quality')}</th>
        </tr>
      </thead>
      <tbody>
        {readings.map((reading) => {
          const at = Date.parse(reading.ts);
          return (
            <tr key={reading.ts} className={at >= from && at <= to ? 'meant' : ''}>
              <td>
                <Time at={reading.ts} />
              </td>
              <td className="right num">{formatQuantity(reading.value, register.commodity)}</td>
              <td>
                <span className={reading.quality === 'good' ? 'tag tag-good' : 'tag tag-bad'}>
                  {t(`quality.${reading.quality}`)}
                </span>{' '}
                {reading.source === 'manual' && <span className="tag">{t('readings.byHand')}</span>}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
