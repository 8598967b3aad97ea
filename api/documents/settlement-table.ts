import { plainMoney } from '../../domain/amounts.ts';
import type { PayoutView } from '../../store/settlement-payouts.ts';
import type { ShareView } from '../../store/settlement-statements.ts';
import { SETTLEMENT_TEXTS } from './settlement-texts.ts';
import type { ExportColumn } from './table.ts';
import { DOCUMENT_TEXTS, type DocumentLanguage } from './texts.ts';

/** A row of a statement as a spreadsheet: its amounts add up to what is owed after. Minor units. */
export type StatementRow =
  | { readonly entry: 'previous'; readonly on: string; readonly amount: bigint }
  | { readonly entry: 'share'; readonly share: ShareView }
  | { readonly entry: 'payout'; readonly payout: PayoutView };

const amountOf = (row: StatementRow): bigint =>
  row.entry === 'share' ? row.share.amount : row.entry === 'payout' ? -row.payout.amount : row.amount;
const dateOf = (row: StatementRow): string =>
  row.entry === 'share' ? row.share.sharedOn : row.entry === 'payout' ? row.payout.paidOn : row.on;

export function statementColumns(
  language: DocumentLanguage,
  currency: string,
): readonly ExportColumn<StatementRow>[] {
  const texts = SETTLEMENT_TEXTS[language];
  const words = DOCUMENT_TEXTS[language];
  const ofShare =
    (text: (share: ShareView) => string | null) =>
    (row: StatementRow): string | null =>
      row.entry === 'share' ? text(row.share) : null;
  return [
    { title: texts.date, of: dateOf },
    { title: texts.entry, of: ({ entry }) => texts.entries[entry] },
    { title: words.stall, of: ofShare(({ stall }) => stall) },
    { title: words.merchant, of: ofShare(({ merchant }) => merchant) },
    { title: words.item, of: ofShare((one) => `${words.commodity[one.commodity]} · ${one.component}`) },
    { title: words.period, of: ofShare(({ period }) => period) },
    { title: texts.feeLine, of: ofShare(({ feeLine }) => `${feeLine}`) },
    {
      title: texts.lineAmount,
      kind: 'number',
      of: ofShare((one) => plainMoney(`${one.lineAmount}`, currency)),
    },
    { title: texts.amount, kind: 'number', of: (row) => plainMoney(`${amountOf(row)}`, currency) },
    { title: texts.currency, of: () => currency },
    { title: texts.payableOn, of: ofShare(({ payableOn }) => payableOn) },
    { title: texts.standing, of: ofShare((one) => texts.standings[standingOf(one)]) },
    { title: texts.bankRef, of: (row) => (row.entry === 'payout' ? row.payout.bankRef : null) },
  ];
}

export const standingOf = ({ payout, isHeld }: ShareView): 'paid' | 'held' | 'open' =>
  payout !== null ? 'paid' : isHeld ? 'held' : 'open';
