import { Input } from 'antd';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { dayRange } from '../day-range.ts';
import { useSession } from '../session.tsx';

/** Two dates in the site's zone, as the instants where the first begins and the last ends; and their fields. */
export function useRange() {
  const { t } = useTranslation();
  const { site } = useSession();
  const id = useId();
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  return {
    /** As they were entered; null until both are. */
    days: from === '' || to === '' ? null : { from, to },
    range: { from: dayRange(from, site.timeZone)?.from, to: dayRange(to, site.timeZone)?.to },
    fields: (
      <div className="filters">
        <span className="labelled">
          <label htmlFor={`${id}-from`} className="muted">
            {t('ledger.from')}
          </label>
          <Input
            id={`${id}-from`}
            className="filter"
            type="date"
            value={from}
            onChange={(event) => setFrom(event.target.value)}
          />
        </span>
        <span className="labelled">
          <label htmlFor={`${id}-to`} className="muted">
            {t('ledger.to')}
          </label>
          <Input
            id={`${id}-to`}
            className="filter"
            type="date"
            value={to}
            onChange={(event) => setTo(event.target.value)}
          />
        </span>
      </div>
    ),
  };
}
