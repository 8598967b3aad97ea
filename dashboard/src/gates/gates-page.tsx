import { Segmented } from 'antd';
import { useTranslation } from 'react-i18next';
import { useAddress } from '../ui/use-address.ts';
import { DayTotals } from './day-totals.tsx';
import { PassTable } from './pass-table.tsx';
import { VehicleTable } from './vehicle-table.tsx';
import { WalkIn } from './walk-in.tsx';

const VIEWS = ['passes', 'vehicles', 'days'] as const;

/** Who came through the gates, who pays for them, and what a day comes to. */
export function GatesPage() {
  const { t } = useTranslation();
  const [get, put] = useAddress();
  const view = VIEWS.find((one) => one === get('view')) ?? 'passes';
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('gates.title')}</h1>
        <div className="filters">
          <Segmented
            aria-label={t('gates.view')}
            value={view}
            onChange={(value) => put({ view: value === 'passes' ? undefined : value })}
            options={VIEWS.map((value) => ({ value, label: t(`gates.${value}`) }))}
          />
        </div>
      </div>
      <p className="page-intro">{t(`gates.intro.${view}`)}</p>
      {view === 'passes' && <PassTable />}
      {view === 'vehicles' && <VehicleTable />}
      {view === 'days' && (
        <>
          <WalkIn />
          <DayTotals />
        </>
      )}
    </div>
  );
}
