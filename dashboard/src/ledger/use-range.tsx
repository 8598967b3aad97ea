import { Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { periodRange } from '../../../domain/periods.ts';
import { useSession } from '../session.tsx';

/** Two dates in the site's zone, as the instants where the first begins and the last ends; and their fields. */
export function useRange() {
  const { t } = useTranslation();
  const { site } = useSession();
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const instant = (day: string, end: 'from' | 'to') => {
    const range = periodRange(day, site.timeZone);
    return range === undefined ? undefined : new Date(range[end]).toISOString();
  };
  return {
    /** As they were entered; null until both are. */
    days: from === '' || to === '' ? null : { from, to },
    range: { from: instant(from, 'from'), to: instant(to, 'to') },
    fields: (
      <div className="filters">
        <Input
          className="filter"
          type="date"
          aria-label={t('ledger.from')}
          value={from}
          onChange={(event) => setFrom(event.target.value)}
        />
        <Input
          className="filter"
          type="date"
          aria-label={t('ledger.to')}
          value={to}
          onChange={(event) => setTo(event.target.value)}
        />
      </div>
    ),
  };
}
