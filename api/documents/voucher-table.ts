import { plainMoney } from '../../domain/amounts.ts';
import type { AccountKind } from '../../domain/ledger.ts';
import type { VoucherLine } from '../../domain/vouchers.ts';
import type { ExportColumn } from './table.ts';
import type { DocumentLanguage } from './texts.ts';

const TITLES = {
  zh: ['日期', '凭证号', '分录号', '摘要', '科目编码', '科目名称', '辅助核算', '借方金额', '贷方金额'],
  en: ['Date', 'Voucher', 'Line', 'Summary', 'Account', 'Account name', 'Detail', 'Debit', 'Credit'],
} as const;

const NAMES = {
  zh: {
    receivable: '应收账款',
    prepaid: '预收账款',
    deposit: '其他应付款-押金',
    clearing: '其他货币资金',
    bank: '银行存款',
    suspense: '其他应付款-待查',
    revenue: '主营业务收入',
    late_fees: '营业外收入-滞纳金',
    bad_debt: '坏账损失',
    provider_fees: '财务费用-手续费',
    payable: '应付账款',
  },
  en: {
    receivable: 'Receivables',
    prepaid: 'Advances received',
    deposit: 'Deposits held',
    clearing: 'Money in transit',
    bank: 'Bank',
    suspense: 'Unidentified receipts',
    revenue: 'Revenue',
    late_fees: 'Late fees',
    bad_debt: 'Bad debts',
    provider_fees: 'Payment fees',
    payable: 'Payables',
  },
} as const satisfies Record<DocumentLanguage, Record<AccountKind, string>>;

const SUMMARIES: Readonly<Record<DocumentLanguage, Readonly<Record<string, string>>>> = {
  zh: {
    'bill.issued': '开具账单',
    'balance.charged': '预付费扣费',
    'charge.succeeded': '收款',
    credit_note: '贷记',
    late_fee: '滞纳金',
    write_off: '核销坏账',
    refund: '退款',
  },
  en: {
    'bill.issued': 'Bills issued',
    'balance.charged': 'Charged to balances',
    'charge.succeeded': 'Payments',
    credit_note: 'Credit notes',
    late_fee: 'Late fees',
    write_off: 'Write-offs',
    refund: 'Refunds',
  },
};

/** `codes`: the chart of accounts of the accounting system, by kind of account. */
export function voucherColumns(
  language: DocumentLanguage,
  currency: string,
  codes: Readonly<Record<AccountKind, string>>,
): readonly ExportColumn<VoucherLine>[] {
  const [date, voucher, line, summary, account, name, detail, debit, credit] = TITLES[language];
  const money = (minor: bigint): string | null => (minor === 0n ? null : plainMoney(`${minor}`, currency));
  return [
    { title: date, of: (row) => row.date },
    { title: voucher, kind: 'number', of: (row) => `${row.voucher}` },
    { title: line, kind: 'number', of: (row) => `${row.line}` },
    { title: summary, of: ({ kind }) => SUMMARIES[language][kind] ?? kind },
    { title: account, of: (row) => codes[row.account] },
    { title: name, of: (row) => NAMES[language][row.account] },
    { title: detail, of: ({ code }) => code },
    { title: debit, kind: 'number', of: (row) => money(row.debit) },
    { title: credit, kind: 'number', of: (row) => money(row.credit) },
  ];
}
