import { Segmented, Select } from 'antd';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { METERED_COMMODITIES, type MeteredCommodity } from '../../../domain/commodities.ts';
import { serverNow } from '../api.ts';
import { recentMonths } from '../format.ts';
import { useSession } from '../session.tsx';
import { useAddress } from '../ui/use-address.ts';
import { LossReport } from './loss-report.tsx';
import { MeterTree } from './meter-tree.tsx';

const LossSheet = lazy(async () => ({ default: (await import('./loss-sheet.tsx')).LossSheet }));

const MONTHS_SHOWN = 24;

/** Where the usage of main meters goes, and the tree that says what lies behind what. */
export function LossesPage() {
  const { t } = useTranslation();
  const { site } = useSession();
  const [get, put] = useAddress();
  const months = recentMonths(serverNow(), site.timeZone, MONTHS_SHOWN);
  const month = get('month') ?? months[1] ?? '';
  const view = get('view') === 'tree' ? 'tree' : 'report';
  const commodity: MeteredCommodity =
    METERED_COMMODITIES.find((one) => one === get('commodity')) ?? 'electricity';
  const main = Number(get('main') ?? 0);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('losses.title')}</h1>
        <div className="filters">
          <Segmented
            aria-label={t('losses.view')}
            value={view}
            onChange={(value) => put({ view: value === 'report' ? undefined : value })}
            options={[
              { value: 'report', label: t('losses.report') },
              { value: 'tree', label: t('losses.tree') },
            ]}
          />
          <Select
            className="filter"
            aria-label={t('losses.month')}
            value={month}
            onChange={(value: string) => put({ month: value })}
            options={months.map((value) => ({ value, label: value }))}
          />
          {view === 'tree' && (
            <Select
              className="filter"
              aria-label={t('feeLine.commodity')}
              value={commodity}
              onChange={(value: string) => put({ commodity: value })}
              options={METERED_COMMODITIES.map((value) => ({ value, label: t(`commodity.${value}`) }))}
            />
          )}
        </div>
      </div>
      <p className="page-intro">{t(view === 'tree' ? 'losses.treeIntro' : 'losses.intro')}</p>
      {view === 'tree' ? (
        <MeterTree month={month} commodity={commodity} />
      ) : (
        <LossReport month={month} onOpen={(id) => put({ main: String(id) })} />
      )}
      {main > 0 && (
        <Suspense fallback={null}>
          <LossSheet key={main} main={main} month={month} onClose={() => put({ main: undefined })} />
        </Suspense>
      )}
    </div>
  );
}
