import type { PARTY_KINDS } from '../../domain/parties.ts';
import type { DocumentLanguage } from './texts.ts';

type PartyKind = (typeof PARTY_KINDS)[number];

const zh = {
  title: '分账对账单',
  party: '分账方',
  kind: '身份',
  kinds: { merchant: '商户', integrator: '集成商', operator: '运营方', owner: '业主' } as Record<
    PartyKind,
    string
  >,
  previous: '期初未付',
  total: '本期分账',
  paidOut: '本期已付',
  closing: '期末未付',
  sums: '按费用项汇总',
  payouts: '付款记录',
  shares: '分账明细',
  date: '日期',
  entry: '类型',
  entries: { previous: '期初', share: '分账', payout: '付款' },
  lines: '行数',
  feeLine: '费用行',
  lineAmount: '费用金额',
  amount: '金额',
  payableOn: '可付日期',
  standing: '状态',
  standings: { paid: '已付', held: '冻结', open: '未付' },
  bankRef: '银行流水号',
  currency: '币种',
  note: '金额单位：{currency}。负数为退回。期末未付 = 期初未付 + 本期分账 − 本期已付。',
  leftOut: '另有 {count} 行未列出，见电子表格导出；汇总包含全部。',
};

const en: typeof zh = {
  title: 'Settlement statement',
  party: 'Party',
  kind: 'Kind',
  kinds: { merchant: 'Merchant', integrator: 'Integrator', operator: 'Operator', owner: 'Owner' },
  previous: 'Owed before',
  total: 'Shared',
  paidOut: 'Paid out',
  closing: 'Owed after',
  sums: 'By fee',
  payouts: 'Payouts',
  shares: 'Shares',
  date: 'Date',
  entry: 'Entry',
  entries: { previous: 'Owed before', share: 'Share', payout: 'Payout' },
  lines: 'Lines',
  feeLine: 'Fee line',
  lineAmount: 'Fee',
  amount: 'Amount',
  payableOn: 'Payable on',
  standing: 'Standing',
  standings: { paid: 'paid', held: 'held', open: 'open' },
  bankRef: 'Bank reference',
  currency: 'Currency',
  note: 'Amounts in {currency}. Below zero is what was taken back. Owed after = owed before + shared − paid out.',
  leftOut: '{count} more lines are in the spreadsheet export; the sums are of all.',
};

export const SETTLEMENT_TEXTS: Readonly<Record<DocumentLanguage, typeof zh>> = { zh, en };
