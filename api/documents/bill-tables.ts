import type { Bill } from '../../contracts/bills.ts';
import { plainMoney } from '../../domain/amounts.ts';
import type { DocumentLine } from '../../store/bill-documents.ts';
import { itemText, localDay, localMinute, quantityText } from './line-texts.ts';
import type { ExportColumn } from './table.ts';
import { DOCUMENT_TEXTS, type DocumentLanguage, filled } from './texts.ts';

const TITLES = {
  zh: {
    bill: '账单编号',
    status: '状态',
    due: '到期日',
    disputed: '异议金额',
    toPay: '未付',
    currency: '币种',
    line: '行号',
    commodity: '类别',
    from: '起',
    to: '止',
    unit: '单位',
    kind: '类型',
    hash: '依据摘要',
  },
  en: {
    bill: 'Bill id',
    status: 'Status',
    due: 'Due',
    disputed: 'In dispute',
    toPay: 'Open',
    currency: 'Currency',
    line: 'Line',
    commodity: 'Commodity',
    from: 'From',
    to: 'To',
    unit: 'Unit',
    kind: 'Kind',
    hash: 'Evidence hash',
  },
} as const;

export function billColumns(language: DocumentLanguage, timeZone: string): readonly ExportColumn<Bill>[] {
  const texts = DOCUMENT_TEXTS[language];
  const titles = TITLES[language];
  const day = (at: string | null): string | null => (at === null ? null : localDay(at, timeZone));
  return [
    { title: titles.bill, of: ({ id }) => `${id}` },
    { title: texts.number, of: ({ number }) => number },
    { title: texts.period, of: ({ period }) => period },
    { title: texts.merchant, of: ({ lease }) => lease.party },
    { title: texts.stall, of: ({ lease }) => lease.stall },
    { title: titles.status, of: ({ status }) => texts.status[status] ?? status },
    { title: texts.issued, of: ({ issuedAt }) => day(issuedAt) },
    { title: titles.due, of: ({ dueAt }) => day(dueAt) },
    { title: texts.amount, kind: 'number', of: ({ amount, currency }) => plainMoney(amount, currency) },
    { title: titles.toPay, kind: 'number', of: ({ due, currency }) => plainMoney(due, currency) },
    {
      title: titles.disputed,
      kind: 'number',
      of: ({ disputed, currency }) => plainMoney(disputed, currency),
    },
    { title: titles.currency, of: ({ currency }) => currency },
  ];
}

export function lineColumns(
  language: DocumentLanguage,
  timeZone: string,
  currency: string,
): readonly ExportColumn<DocumentLine>[] {
  const texts = DOCUMENT_TEXTS[language];
  const titles = TITLES[language];
  return [
    { title: titles.line, of: ({ id }) => `${id}` },
    { title: titles.commodity, of: ({ commodity }) => texts.commodity[commodity] },
    { title: texts.item, of: (line) => itemText(line, language) },
    { title: titles.from, of: ({ serviceFrom }) => localMinute(serviceFrom, timeZone) },
    { title: titles.to, of: ({ serviceTo }) => localMinute(serviceTo, timeZone) },
    {
      title: texts.quantity,
      kind: 'number',
      of: (line) => quantityText(line).replace('−', '-').replaceAll(',', ''),
    },
    { title: titles.unit, of: ({ unit }) => texts.unit[unit] },
    { title: texts.unitPrice, kind: 'number', of: ({ unitPrice }) => unitPrice },
    { title: texts.lineAmount, kind: 'number', of: ({ amount }) => plainMoney(amount, currency) },
    {
      title: titles.kind,
      of: ({ kind, correctsId }) =>
        kind === 'original' || correctsId === null
          ? texts.kind[kind]
          : `${texts.kind[kind]}, ${filled(texts.corrects, { id: correctsId })}`,
    },
    { title: titles.hash, of: ({ inputHash }) => inputHash },
  ];
}
