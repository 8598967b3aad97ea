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
    'balance.applied': '余额支付账单',
    'balance.credited': '转入余额',
    'bank.assigned': '银行来款认领',
    'bank.received': '银行来款，待认领',
    'bill.issued': '账单出账',
    'charge.refunded': '退款',
    'charge.succeeded': '收款',
    'deposit.applied': '押金抵付账单',
    'deposit.returned': '退还押金',
    'pass.collected': '道闸现金收款',
    'prepaid.charged': '预付费扣费',
    'provider.settled': '渠道结算',
    'settlement.paid_out': '分账支付',
    'settlement.shared': '分账',
    credit_note: '贷记单',
    late_fee: '滞纳金',
    write_off: '核销坏账',
  },
  en: {
    'balance.applied': 'Bills paid from balances',
    'balance.credited': 'To balances',
    'bank.assigned': 'Bank rows assigned',
    'bank.received': 'Bank rows, not assigned yet',
    'bill.issued': 'Bills issued',
    'charge.refunded': 'Refunds',
    'charge.succeeded': 'Payments',
    'deposit.applied': 'Bills paid from deposits',
    'deposit.returned': 'Deposits returned',
    'pass.collected': 'Collected at gates',
    'prepaid.charged': 'Charged to balances',
    'provider.settled': 'Settled by providers',
    'settlement.paid_out': 'Paid out to parties',
    'settlement.shared': 'Shared out',
    credit_note: 'Credit notes',
    late_fee: 'Late fees',
    write_off: 'Write-offs',
  },
};

/** Where money is on its way, by the codes of the ledger; a component's code is the market's own word. */
const DETAILS: Readonly<Record<DocumentLanguage, Readonly<Record<string, string>>>> = {
  zh: {
    ...{ bank_transfer: '银行转账', wechat_pay: '微信支付', alipay: '支付宝', stripe: '银行卡' },
    ...{ sandbox: '沙箱支付', cash: '现金', gate_cash: '道闸现金' },
  },
  en: {
    ...{ bank_transfer: 'Bank transfer', wechat_pay: 'WeChat Pay', alipay: 'Alipay', stripe: 'Card' },
    ...{ sandbox: 'Sandbox', cash: 'Cash', gate_cash: 'Cash at gates' },
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
    {
      title: detail,
      of: ({ code, account }) => (account === 'revenue' ? code : (DETAILS[language][code ?? ''] ?? code)),
    },
    { title: debit, kind: 'number', of: (row) => money(row.debit) },
    { title: credit, kind: 'number', of: (row) => money(row.credit) },
  ];
}
