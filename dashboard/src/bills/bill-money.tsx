import { useTranslation } from 'react-i18next';
import type { BillDetail } from '../../../contracts/bills.ts';
import { formatMoney } from '../format.ts';
import { isStatement } from './bill-names.tsx';

/** From the amount to what is due. */
export function BillMoney({ bill }: { readonly bill: BillDetail }) {
  const { t } = useTranslation();
  const money = (minor: string) => formatMoney(minor, bill.currency);
  const less = (minor: string) => money(minor.startsWith('-') ? minor.slice(1) : `-${minor}`);
  const rows: readonly (readonly [string, string] | null)[] = [
    [t('bills.amount'), money(bill.amount)],
    bill.credits === '0' ? null : [t('bills.credits'), less(bill.credits)],
    bill.lateFees === '0' ? null : [t('bills.lateFees'), money(bill.lateFees)],
    bill.writtenOff === '0' ? null : [t('bills.writtenOff'), less(bill.writtenOff)],
    bill.paid === '0' ? null : [t('bills.paid'), less(bill.paid)],
  ];
  const isOwed = bill.status === 'issued' || bill.status === 'paid';
  return (
    <dl className="bill-money">
      {rows.map(
        (row) =>
          row !== null && (
            <div key={row[0]}>
              <dt>{row[0]}</dt>
              <dd className="num">{row[1]}</dd>
            </div>
          ),
      )}
      {isOwed && !isStatement(bill) && (
        <div className="bill-due">
          <dt>{t('bills.due')}</dt>
          <dd className="num" data-due={bill.due}>
            {money(bill.due)}
          </dd>
        </div>
      )}
      {bill.disputed !== '0' && (
        <div>
          <dt>{t('bills.disputed')}</dt>
          <dd className="num">{money(bill.disputed)}</dd>
        </div>
      )}
    </dl>
  );
}
