import type { Commodity, QuantityUnit } from '../../domain/commodities.ts';
import type { BoundaryMethod } from '../../domain/metering/boundary.ts';
import type { FeeLineKind } from '../../domain/settlement/difference.ts';
import type { TariffName } from '../../domain/tariffs/definition.ts';

export const DOCUMENT_LANGUAGES = ['zh', 'en'] as const;
export type DocumentLanguage = (typeof DOCUMENT_LANGUAGES)[number];

const zh = {
  bill: '账单',
  draft: '草稿，未出账',
  statement: '预付费对账单',
  voided: '已作废',
  number: '账单号',
  period: '账期',
  merchant: '商户',
  stall: '摊位',
  issued: '出账日期',
  due: '到期日',
  amount: '本期金额',
  credits: '贷记单',
  lateFees: '滞纳金',
  paid: '已付',
  writtenOff: '已核销',
  toPay: '应付',
  lines: '费用明细',
  item: '费用项',
  service: '用量区间',
  quantity: '用量',
  unitPrice: '单价',
  lineAmount: '金额',
  total: '合计',
  line: '行',
  corrects: '更正第 {id} 行',
  usage: '每日用量',
  usageNote: '按表计读数，未收到读数的日子留空',
  evidence: '计量依据',
  meter: '表计',
  from: '起',
  to: '止',
  startValue: '起码',
  endValue: '止码',
  multiplier: '倍率',
  method: '取值',
  passes: '通行',
  leftOut: '另有 {count} 行未列出，见电子表格导出。',
  page: '第 {page} 页，共 {pages} 页',
  proof:
    '每一行都可在系统中查到起止表码、读数时间、资费版本与计算过程。如有异议请在到期日前提出；有异议的部分不催缴。',
  times: '时间为市场当地时间（{zone}）。金额单位：{currency}。',
  commodity: { electricity: '电', water: '水', gate: '道闸', service: '服务' } as Record<Commodity, string>,
  unit: {
    Wh: 'kWh',
    L: 'm³',
    W: 'kW',
    pass: '次',
    day: '天',
    month: '月',
    m2: 'm²',
    money: '%',
  } as Record<QuantityUnit, string>,
  kind: { original: '原始', adjustment: '调整', reversal: '冲销' } as Record<FeeLineKind, string>,
  methods: { measured: '实测', interpolated: '插值', no_meter: '当时无表', estimated: '估算' } as Record<
    BoundaryMethod,
    string
  >,
  band: { all: '' } as Record<string, string>,
  status: { draft: '草稿', reviewed: '已审核', issued: '已出账', paid: '已结清', void: '已作废' } as Record<
    string,
    string
  >,
};
export type DocumentTexts = typeof zh;

const en: DocumentTexts = {
  bill: 'Bill',
  draft: 'Draft, not issued',
  statement: 'Prepaid statement',
  voided: 'Void',
  number: 'Number',
  period: 'Period',
  merchant: 'Merchant',
  stall: 'Stall',
  issued: 'Issued',
  due: 'Due',
  amount: 'Amount',
  credits: 'Credit notes',
  lateFees: 'Late fees',
  paid: 'Paid',
  writtenOff: 'Written off',
  toPay: 'To pay',
  lines: 'Fee lines',
  item: 'Item',
  service: 'Service',
  quantity: 'Quantity',
  unitPrice: 'Unit price',
  lineAmount: 'Amount',
  total: 'Total',
  line: 'line',
  corrects: 'corrects line {id}',
  usage: 'Usage a day',
  usageNote: 'from meter readings; empty where none came',
  evidence: 'Metering evidence',
  meter: 'Meter',
  from: 'From',
  to: 'To',
  startValue: 'Start',
  endValue: 'End',
  multiplier: 'Multiplier',
  method: 'Value',
  passes: 'Pass',
  leftOut: '{count} more lines are in the spreadsheet export.',
  page: 'Page {page} of {pages}',
  proof:
    'Every line can be traced to its register values, times of reading, tariff version and arithmetic. Object before the due date if something is wrong: what is in dispute is not dunned.',
  times: 'Times are local to the market ({zone}). Amounts in {currency}.',
  commodity: { electricity: 'Electricity', water: 'Water', gate: 'Gates', service: 'Services' },
  unit: { Wh: 'kWh', L: 'm³', W: 'kW', pass: 'passes', day: 'days', month: 'months', m2: 'm²', money: '%' },
  kind: { original: 'original', adjustment: 'adjustment', reversal: 'reversal' },
  methods: {
    measured: 'measured',
    interpolated: 'interpolated',
    no_meter: 'no meter',
    estimated: 'estimated',
  },
  band: { all: '' },
  status: { draft: 'draft', reviewed: 'reviewed', issued: 'issued', paid: 'paid', void: 'void' },
};

export const DOCUMENT_TEXTS: Readonly<Record<DocumentLanguage, DocumentTexts>> = { zh, en };

/** The tariff's own name of something, else its code. */
export const nameIn = (
  language: DocumentLanguage,
  { code, name }: { readonly code: string; readonly name: TariffName | null },
): string => name?.[language] ?? code;

/** `{name}` in a text becomes its value. */
export const filled = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{(\w+)\}/g, (_, key: string) => String(values[key] ?? ''));
