import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Alert } from 'antd';
import { useTranslation } from 'react-i18next';
import { ledgerApi } from '../api/ledger.ts';
import { formatMoney } from '../format.ts';
import { useSession } from '../session.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/states.tsx';
import { useNarrow } from '../ui/use-narrow.ts';
import { ExportVouchers } from './export-vouchers.tsx';
import { useRange } from './use-range.tsx';

/** Debits and credits by kind of account: they are equal, or something is very wrong. */
export function TrialBalance() {
  const { t } = useTranslation();
  const { site } = useSession();
  const narrow = useNarrow();
  const { range, days, fields } = useRange();
  const balance = useQuery({
    queryKey: ['ledger', 'trial', site.id, range],
    queryFn: ({ signal }) => ledgerApi.trialBalance({ site: site.id, ...range }, signal),
    placeholderData: keepPreviousData,
  });
  if (balance.data === undefined)
    return balance.error ? (
      <ErrorState error={balance.error} retry={() => void balance.refetch()} />
    ) : (
      <Loading page />
    );
  const { kinds, sums } = balance.data;
  const rows = [
    ...kinds.map((row) => ({ ...row, name: t(`ledger.kind.${row.kind}`), sum: row.balance, isSum: false })),
    ...sums.map((row) => ({ ...row, name: t('ledger.sum'), isSum: true })),
  ];
  return (
    <div className="panel panel-pad stack">
      <div className="row">
        {fields}
        {days && <ExportVouchers {...days} />}
      </div>
      {days === null && <p className="muted">{t('documents.vouchersHint')}</p>}
      {kinds.length === 0 && (
        <EmptyState title={t('ledger.emptyEntries')} hint={t('ledger.emptyEntriesHint')} />
      )}
      {sums.map(({ currency, sum }) => (
        <Alert
          key={currency}
          type={sum === '0' ? 'success' : 'error'}
          showIcon
          title={
            sum === '0' ? t('ledger.sound') : t('ledger.unsound', { amount: formatMoney(sum, currency) })
          }
        />
      ))}
      <div className="bill-lines">
        <table className="values">
          <thead>
            <tr>
              <th scope="col">{t('ledger.kindLabel')}</th>
              {!narrow && (
                <>
                  <th scope="col" className="right">
                    {t('ledger.debit')}
                  </th>
                  <th scope="col" className="right">
                    {t('ledger.credit')}
                  </th>
                </>
              )}
              <th scope="col" className="right">
                {t('ledger.balance')}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, debit, credit, sum, currency, isSum }) => (
              <tr key={`${name} ${currency}`}>
                <th scope="row">
                  {isSum ? <strong>{name}</strong> : name}
                  {narrow && (
                    <div className="muted num">
                      {t('ledger.debit')} {formatMoney(debit, currency)}
                      <br />
                      {t('ledger.credit')} {formatMoney(credit, currency)}
                    </div>
                  )}
                </th>
                {!narrow && (
                  <>
                    <td className="right num nowrap">{formatMoney(debit, currency)}</td>
                    <td className="right num nowrap">{formatMoney(credit, currency)}</td>
                  </>
                )}
                <td className="right num nowrap">{formatMoney(sum, currency)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
