import { moneyText } from '../../domain/amounts.ts';
import type { BillDocument, DocumentLine } from '../../store/bill-documents.ts';
import { evidenceRows } from './evidence-rows.ts';
import { itemText, localDay, localMinute, quantityText } from './line-texts.ts';
import { drawPdf } from './pdf.ts';
import type { Column, Sheet } from './sheet.ts';
import { DOCUMENT_TEXTS, type DocumentLanguage, filled } from './texts.ts';
import { drawUsage } from './usage-chart.ts';

/** The bill on A4: what is to pay, every line, usage by day, and the evidence. Resolves with the whole file. */
export function billPdf(document: BillDocument, language: DocumentLanguage): Promise<Buffer> {
  const { bill, site } = document;
  const texts = DOCUMENT_TEXTS[language];
  const title = `${site.name} ${texts.bill} ${bill.number ?? bill.id}`;
  return drawPdf({ title, author: site.name, language }, (sheet) => {
    head(sheet, document, language);
    lines(sheet, document, language);
    for (const usage of document.usage) drawUsage(sheet, usage, texts);
    evidence(sheet, document, language);
    sheet.gap(10);
    sheet.paragraph(texts.proof);
    sheet.paragraph(filled(texts.times, { zone: site.timeZone, currency: bill.currency }));
    sheet.footers(
      (page, pages) => `${bill.number ?? `#${bill.id}`}   ${filled(texts.page, { page, pages })}`,
    );
  });
}

function head(sheet: Sheet, { bill, site }: BillDocument, language: DocumentLanguage): void {
  const texts = DOCUMENT_TEXTS[language];
  const money = (minor: string): string => moneyText(minor, bill.currency);
  const isStatement = bill.status === 'paid' && bill.number === null;
  const mark = bill.status === 'void' ? texts.voided : isStatement ? texts.statement : texts.draft;
  sheet.title(site.name, bill.number === null ? `${texts.bill} · ${mark}` : texts.bill);
  const day = (at: string | null): string => (at === null ? '–' : localDay(at, site.timeZone));
  sheet.facts([
    [texts.number, bill.number ?? '–'],
    [texts.period, bill.period],
    [texts.merchant, bill.lease.party],
    [texts.stall, bill.lease.stall ?? '–'],
    [texts.issued, day(bill.issuedAt)],
    [texts.due, day(bill.dueAt)],
  ]);
  const sums: (readonly [string, string])[] = [[texts.amount, money(bill.amount)]];
  for (const [label, minor] of [
    [texts.credits, `-${bill.credits}`],
    [texts.lateFees, bill.lateFees],
    [texts.paid, `-${bill.paid}`],
    [texts.writtenOff, `-${bill.writtenOff}`],
  ] as const) {
    if (/[1-9]/.test(minor)) sums.push([label, money(minor.replace('--', ''))]);
  }
  sheet.sums(sums, [
    texts.toPay,
    money(bill.status === 'issued' || bill.status === 'paid' ? bill.due : bill.amount),
  ]);
}

function lines(sheet: Sheet, document: BillDocument, language: DocumentLanguage): void {
  const { bill, site } = document;
  const texts = DOCUMENT_TEXTS[language];
  const columns: readonly Column<DocumentLine>[] = [
    {
      title: texts.item,
      width: 0.3,
      text: (line) =>
        `${texts.commodity[line.commodity]} · ${itemText(line, language)}${correction(line, language)}`,
    },
    { title: texts.service, width: 0.26, text: (line) => range(line, site.timeZone) },
    {
      title: texts.quantity,
      width: 0.16,
      right: true,
      text: (line) => `${quantityText(line)} ${texts.unit[line.unit]}`,
    },
    { title: texts.unitPrice, width: 0.12, right: true, text: ({ unitPrice }) => unitPrice },
    {
      title: texts.lineAmount,
      width: 0.16,
      right: true,
      text: ({ amount }) => moneyText(amount, bill.currency),
    },
  ];
  sheet.heading(texts.lines);
  sheet.table(columns, document.lines);
  if (document.linesLeftOut > 0) sheet.paragraph(filled(texts.leftOut, { count: document.linesLeftOut }));
  sheet.sumRow(texts.total, moneyText(bill.amount, bill.currency));
}

const correction = ({ id, kind, correctsId }: DocumentLine, language: DocumentLanguage): string => {
  const texts = DOCUMENT_TEXTS[language];
  if (kind === 'original') return '';
  const what =
    correctsId === null || correctsId === id ? '' : ` ${filled(texts.corrects, { id: correctsId })}`;
  return ` (${texts.kind[kind]}${what})`;
};

function range({ serviceFrom, serviceTo }: DocumentLine, timeZone: string): string {
  const [from, to] = [localMinute(serviceFrom, timeZone), localMinute(serviceTo, timeZone)];
  const isWholeDays = from.endsWith('00:00') && to.endsWith('00:00');
  return isWholeDays ? `${from.slice(0, 10)} – ${to.slice(0, 10)}` : `${from} – ${to}`;
}

function evidence(sheet: Sheet, document: BillDocument, language: DocumentLanguage): void {
  const texts = DOCUMENT_TEXTS[language];
  const rows = evidenceRows(document.lines, document.site.timeZone);
  if (rows.length === 0) return;
  sheet.heading(texts.evidence);
  sheet.table(
    [
      { title: texts.meter, width: 0.17, text: (row) => row.meter },
      { title: texts.from, width: 0.155, text: (row) => row.from },
      { title: texts.startValue, width: 0.11, right: true, text: (row) => row.startValue },
      { title: texts.to, width: 0.155, text: (row) => row.to },
      { title: texts.endValue, width: 0.11, right: true, text: (row) => row.endValue },
      { title: texts.multiplier, width: 0.08, right: true, text: (row) => row.multiplier },
      { title: texts.quantity, width: 0.11, right: true, text: (row) => row.quantity },
      {
        title: texts.method,
        width: 0.11,
        text: (row) => [...new Set(row.methods.map((m) => texts.methods[m]))].join('/'),
      },
    ],
    rows,
  );
}
