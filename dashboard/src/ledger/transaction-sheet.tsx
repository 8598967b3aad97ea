import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { ledgerApi } from '../api/ledger.ts';
import { formatMoney } from '../format.ts';
import { Facts } from '../ui/facts.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { ErrorState, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { useAccountName } from './account-name.tsx';
import { useDoes } from './does.ts';

/** A transaction: its entries, which add up to zero, and what it is about. */
export function TransactionSheet(props: {
  readonly id: number;
  readonly onAccount: (id: number) => void;
  readonly onClose: () => void;
}) {
  const { id, onAccount, onClose } = props;
  const { t } = useTranslation();
  const nameOf = useAccountName();
  const does = useDoes();
  const one = useQuery({
    queryKey: ['ledger', 'transaction', id],
    queryFn: ({ signal }) => ledgerApi.transaction(id, signal),
    // It never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Sheet title={t('ledger.transaction', { id })} width={560} onClose={onClose}>
      {one.data === undefined ? (
        one.error ? (
          <ErrorState error={one.error} retry={() => void one.refetch()} />
        ) : (
          <Loading />
        )
      ) : (
        <>
          <Facts
            items={[
              [t('ledger.what'), does(one.data.kind)],
              [t('ledger.at'), <Time key="at" at={one.data.at} />],
              [t('ledger.by'), one.data.actor],
              [
                t('ledger.key'),
                <span key="key" className="mono">
                  {one.data.key}
                </span>,
              ],
              [t('ledger.about'), <Refs key="refs" refs={one.data.refs} />],
            ]}
          />
          <table className="values">
            <thead>
              <tr>
                <th scope="col">{t('ledger.account')}</th>
                <th scope="col" className="right">
                  {t('ledger.debit')}
                </th>
                <th scope="col" className="right">
                  {t('ledger.credit')}
                </th>
              </tr>
            </thead>
            <tbody>
              {one.data.entries.map(({ account, amount }) => (
                <tr key={`${account.id} ${amount}`}>
                  <td>
                    <button type="button" className="link" onClick={() => onAccount(account.id)}>
                      {nameOf(account)}
                    </button>
                  </td>
                  <td className="right num">
                    {amount.startsWith('-') ? '' : formatMoney(amount, account.currency)}
                  </td>
                  <td className="right num">
                    {amount.startsWith('-') ? formatMoney(amount.slice(1), account.currency) : ''}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </Sheet>
  );
}

function Refs({ refs }: { readonly refs: Readonly<Record<string, string | number>> }) {
  const { t } = useTranslation();
  return (
    <span className="row">
      {Object.entries(refs).map(([name, value]) =>
        name === 'bill' ? (
          <Link key={name} to={`/bills?bill=${value}`}>
            {t('ledger.bill', { id: value })}
          </Link>
        ) : name === 'lease' ? (
          <Link key={name} to={`/ledger?lease=${value}`}>
            {t('ledger.lease', { id: value })}
          </Link>
        ) : (
          <span key={name}>{t('ledger.ref', { name, value })}</span>
        ),
      )}
    </span>
  );
}
