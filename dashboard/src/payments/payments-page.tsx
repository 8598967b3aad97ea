import { Segmented } from 'antd';
import { useTranslation } from 'react-i18next';
import { useMay } from '../session.tsx';
import { useAddress } from '../ui/use-address.ts';
import { BankView } from './bank-view.tsx';
import { ChargesView } from './charges-view.tsx';
import { ReconciliationView } from './reconciliation-view.tsx';

const VIEWS = ['charges', 'bank', 'reconciliation'] as const;
type View = (typeof VIEWS)[number];

/** Money that came in: asked of payers, found in the bank's statements, compared with the providers'. */
export function PaymentsPage() {
  const { t } = useTranslation();
  const all = useMay('payments:read');
  const [get, put] = useAddress();
  const view = VIEWS.find((one) => all && one === get('view')) ?? 'charges';
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t(all ? 'payments.title' : 'payments.mine')}</h1>
        {all && (
          <Segmented<View>
            aria-label={t('payments.title')}
            value={view}
            onChange={(next) => put({ view: next === 'charges' ? undefined : next, charge: undefined })}
            options={VIEWS.map((value) => ({ value, label: t(`payments.view.${value}`) }))}
          />
        )}
      </div>
      {view === 'charges' && <ChargesView />}
      {view === 'bank' && <BankView />}
      {view === 'reconciliation' && <ReconciliationView />}
    </div>
  );
}
