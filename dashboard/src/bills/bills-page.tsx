import { Segmented } from 'antd';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay, useSession } from '../session.tsx';
import { useAddress } from '../ui/use-address.ts';
import { ExportBills } from './bill-actions.tsx';
import { BillFilters, useBillFilter } from './bill-filters.tsx';
import { BillSums } from './bill-sums.tsx';
import { BillTable } from './bill-table.tsx';
import './bills.css';

const BillSheet = lazy(async () => ({ default: (await import('./bill-sheet.tsx')).BillSheet }));
const Dunning = lazy(async () => ({ default: (await import('./dunning-list.tsx')).DunningList }));

/** Bills as the market's people work on them; a merchant sees their own. */
export function BillsPage() {
  const { t } = useTranslation();
  const { me } = useSession();
  const own = me.role === 'merchant';
  const mayWork = useMay('bills:read');
  const [get, put] = useAddress();
  const filter = useBillFilter();
  const view = mayWork && get('view') === 'dunning' ? 'dunning' : 'list';
  const bill = Number(get('bill') ?? 0);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t(own ? 'bills.mine' : 'bills.title')}</h1>
        <div className="filters">
          {mayWork && (
            <Segmented
              aria-label={t('bills.view')}
              value={view}
              onChange={(value) => put({ view: value === 'list' ? undefined : value })}
              options={[
                { value: 'list', label: t('bills.list') },
                { value: 'dunning', label: t('bills.toSend') },
              ]}
            />
          )}
          {view === 'list' && <BillFilters own={own} />}
          {view === 'list' && <ExportBills filter={filter} />}
        </div>
      </div>
      {view === 'dunning' ? (
        <Suspense fallback={null}>
          <Dunning onOpen={(id) => put({ bill: String(id) })} />
        </Suspense>
      ) : (
        <>
          {!own && <p className="page-intro">{t('bills.intro')}</p>}
          <BillSums filter={filter} own={own} />
          <BillTable filter={filter} own={own} onOpen={(id) => put({ bill: String(id) })} />
        </>
      )}
      {bill > 0 && (
        <Suspense fallback={null}>
          <BillSheet key={bill} id={bill} onClose={() => put({ bill: undefined, line: undefined })} />
        </Suspense>
      )}
    </div>
  );
}
