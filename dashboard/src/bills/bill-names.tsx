import { useTranslation } from 'react-i18next';
import type { Bill } from '../../../contracts/bills.ts';
import type { BillStatus } from '../../../domain/bills.ts';
import type { QuantityUnit } from '../../../domain/commodities.ts';
import { formatBase, formatMoney } from '../format.ts';

export const BILL_TAGS: Record<BillStatus, string> = {
  draft: 'tag',
  reviewed: 'tag tag-busy',
  issued: 'tag tag-busy',
  paid: 'tag tag-good',
  void: 'tag tag-stale',
};

/** Where a bill stands, in words; what is overdue or in dispute is said beside it. */
export function BillState({ bill }: { readonly bill: Bill }) {
  const { t } = useTranslation();
  if (isStatement(bill)) return <span className="tag tag-good">{t('bills.statement')}</span>;
  return (
    <>
      <span className={BILL_TAGS[bill.status]}>{t(`bills.status.${bill.status}`)}</span>
      {bill.overdue && (
        <>
          {' '}
          <span className="tag tag-bad">{t('bills.overdue')}</span>
        </>
      )}
      {bill.disputed !== '0' && (
        <>
          {' '}
          <span className="tag tag-stale">{t('bills.disputed')}</span>
        </>
      )}
    </>
  );
}

/** What was taken from a prepaid balance: paid, and never numbered. */
export const isStatement = (bill: Bill): boolean => bill.status === 'paid' && bill.number === null;

/** A quantity in the unit that people read. */
export function useQuantity(): (quantity: string, unit: QuantityUnit, currency: string) => string {
  const { t } = useTranslation();
  return (quantity, unit, currency) => {
    switch (unit) {
      case 'Wh':
        return `${formatBase(quantity)} kWh`;
      case 'L':
        return `${formatBase(quantity)} m³`;
      case 'W':
        return `${formatBase(quantity)} kW`;
      case 'money':
        return formatMoney(quantity, currency);
      case 'm2':
        return t('bills.unit.m2', { count: Number(quantity) / 100 });
      default:
        return t(`bills.unit.${unit}`, { count: Number(quantity) });
    }
  };
}
