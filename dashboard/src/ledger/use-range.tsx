import { Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { dayRange } from '../day-range.ts';
import { useSession } from '../session.tsx';

/** Two dates in the site's zone, as the instants where the first begins and the last ends; and their fields. */
export function useRange() {
  const { t } = useTranslation();
  const { site } = useSession();
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  return {
    /** As they were entered; null until both are. */
    days: from === '' || to === '' ? null : { from, to },
    range: { from: dayRange(from, site.timeZone)?.from, to: dayRange(to, site.timeZone)?.to },
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
