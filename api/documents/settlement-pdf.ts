import { moneyText } from '../../domain/amounts.ts';
import type { SettlementDocument, ShareSum } from '../../store/settlement-documents.ts';
import type { PayoutView } from '../../store/settlement-payouts.ts';
import type { ShareView } from '../../store/settlement-statements.ts';
import { drawPdf } from './pdf.ts';
import { standingOf } from './settlement-table.ts';
import { SETTLEMENT_TEXTS } from './settlement-texts.ts';
import type { Column } from './sheet.ts';
import { DOCUMENT_TEXTS, type DocumentLanguage, filled } from './texts.ts';

/** A party's month on A4: what it began with, got, was paid, and ended with; by fee, payouts, and share by share. */
export function settlementPdf(
  document: SettlementDocument,
  about: { readonly site: string; readonly currency: string; readonly month: string },
  language: DocumentLanguage,
): Promise<Buffer> {
  const { currency, month } = about;
  const { standing } = document;
  const texts = SETTLEMENT_TEXTS[language];
  const words = DOCUMENT_TEXTS[language];
  const money = (minor: bigint): string => moneyText(`${minor}`, currency);
  const item = (one: { readonly commodity: ShareSum['commodity']; readonly component: string }): string =>
    `${words.commodity[one.commodity]} · ${one.component}`;
  const sums: readonly Column<ShareSum>[] = [
    { title: words.item, width: 0.4, text: item },
    { title: words.period, width: 0.2, text: ({ period }) => period },
    { title: texts.lines, width: 0.15, right: true, text: ({ lines }) => `${lines}` },
    { title: texts.amount, width: 0.25, right: true, text: ({ amount }) => money(amount) },
  ];
  const payouts: readonly Column<PayoutView>[] = [
    { title: texts.date, width: 0.25, text: ({ paidOn }) => paidOn },
    { title: texts.bankRef, width: 0.5, text: ({ bankRef }) => bankRef },
    { title: texts.amount, width: 0.25, right: true, text: ({ amount }) => money(amount) },
  ];
  const shares: readonly Column<ShareView>[] = [
    { title: texts.date, width: 0.12, text: ({ sharedOn }) => sharedOn },
    { title: words.stall, width: 0.24, text: ({ stall, merchant }) => `${stall ?? '–'} · ${merchant}` },
    { title: words.item, width: 0.24, text: (one) => `${item(one)} · ${one.period}` },
    { title: texts.lineAmount, width: 0.14, right: true, text: ({ lineAmount }) => money(lineAmount) },
    { title: texts.amount, width: 0.14, right: true, text: ({ amount }) => money(amount) },
    { title: texts.standing, width: 0.12, text: (one) => texts.standings[standingOf(one)] },
  ];
  const isOperator = standing.kind === 'operator';
  const title = `${about.site} ${texts.title} ${standing.name} ${month}`;
  return drawPdf({ title, author: about.site, language }, (sheet) => {
    sheet.title(about.site, texts.title);
    sheet.facts([
      [texts.party, standing.name],
      [texts.kind, texts.kinds[standing.kind]],
      [words.period, month],
    ]);
    // The operator’s part stays in the revenue: nothing is owed to it.
    if (isOperator) sheet.sums([], [texts.total, money(document.total)]);
    else
      sheet.sums(
        [
          [texts.previous, money(document.previous)],
          [texts.total, money(document.total)],
          [texts.paidOut, money(-document.paidOut)],
        ],
        [texts.closing, money(document.closing)],
      );
    sheet.heading(texts.sums);
    sheet.table(sums, document.sums);
    sheet.sumRow(texts.total, money(document.total));
    if (document.payouts.length > 0) {
      sheet.heading(texts.payouts);
      sheet.table(payouts, document.payouts);
      sheet.sumRow(texts.paidOut, money(document.paidOut));
    }
    sheet.heading(texts.shares);
    sheet.table(shares, document.shares);
    if (document.sharesLeftOut > 0) sheet.paragraph(filled(texts.leftOut, { count: document.sharesLeftOut }));
    sheet.gap(10);
    sheet.paragraph(filled(texts.note, { currency }));
    sheet.footers((page, pages) => `${standing.name} ${month}   ${filled(words.page, { page, pages })}`);
  });
}
