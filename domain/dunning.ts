import { minorDigits } from './money.ts';

/** How firmly a merchant is reminded of what is overdue, the mildest first. */
export const DUNNING_STEPS = ['remind', 'warn', 'final'] as const;
export type DunningStep = (typeof DUNNING_STEPS)[number];

export interface DunningFacts {
  readonly step: DunningStep;
  readonly market: string;
  readonly party: string;
  readonly stall: string | null;
  readonly number: string;
  readonly period: string;
  /** Overdue and not disputed, minor units. */
  readonly amount: bigint;
  readonly currency: string;
  /** Local date `2026-11-21`. */
  readonly dueDate: string;
}

/** What is sent to the merchant, in both languages. */
export function dunningTexts(facts: DunningFacts): Readonly<Record<'zh' | 'en', string>> {
  const { market, party, stall, number, period, dueDate } = facts;
  const amount = plainMoney(facts.amount, facts.currency);
  const zh = `${party}${stall === null ? '' : `（摊位 ${stall}）`}：您 ${period} 的账单 ${number} 已于 ${dueDate} 到期，尚欠 ${amount}。`;
  const en = `${party}${stall === null ? '' : ` (stall ${stall})`}: your bill ${number} for ${period} was due on ${dueDate}; ${amount} is unpaid. `;
  return {
    zh: `【${market}】${zh}${ZH[facts.step]}`,
    en: `[${market}] ${en}${EN[facts.step]}`,
  };
}

const ZH: Record<DunningStep, string> = {
  remind: '如已付款请忽略本提醒；如对金额有疑问，请在账单页面提出异议。',
  warn: '请尽快付款，以免产生更多滞纳金。如有困难或异议，请联系市场收费处。',
  final: '这是最后一次通知。请立即付款或联系市场收费处，否则市场将按合同处理。',
};
const EN: Record<DunningStep, string> = {
  remind: 'If you have paid, ignore this; if the amount seems wrong, dispute it on the bill’s page.',
  warn: 'Please pay soon, before more late fees arise. If there is a problem, talk to the market’s billing office.',
  final:
    'This is the last notice. Pay now or talk to the market’s billing office, or the market will act on the lease.',
};

/** `CNY 1234.50`: unambiguous in a text message. */
function plainMoney(minor: bigint, currency: string): string {
  const digits = minorDigits(currency);
  const text = minor.toString().padStart(digits + 1, '0');
  return `${currency} ${digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`}`;
}
