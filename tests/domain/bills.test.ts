import { expect, test } from 'vitest';
import { BILL_STATUS, BILL_STEPS, documentNumber, mayStep, stepRefusal } from '../../domain/bills.ts';
import { dunningTexts } from '../../domain/dunning.ts';
import { dayNumber, dayText, startOfDayNumber } from '../../domain/local-days.ts';

test('an issued bill is never a draft again, and a void one stays void', () => {
  for (const [step, { to }] of Object.entries(BILL_STEPS)) {
    const name = step as keyof typeof BILL_STEPS;
    if (mayStep(name, 'issued') || mayStep(name, 'paid')) expect(['issued', 'paid']).toContain(to);
    expect(mayStep(name, 'void')).toBe(false);
  }
  expect(BILL_STATUS.filter((status) => mayStep('void', status))).toEqual(['draft', 'reviewed']);
});

test('four eyes', () => {
  const drawn = { status: 'draft', createdBy: 'billing', reviewedBy: null } as const;
  expect(stepRefusal('review', drawn, 'al', true)).toBeUndefined();
  expect(stepRefusal('review', { ...drawn, createdBy: 'al' }, 'al', true)).toBe('drew_it_up');
  expect(stepRefusal('review', { ...drawn, createdBy: 'al' }, 'al', false)).toBeUndefined();
  const reviewed = { status: 'reviewed', createdBy: 'billing', reviewedBy: 'al' } as const;
  expect(stepRefusal('issue', reviewed, 'al', true)).toBe('reviewed_it');
  expect(stepRefusal('issue', reviewed, 'bo', true)).toBeUndefined();
  // Two people took part already.
  expect(stepRefusal('issue', { ...reviewed, createdBy: 'bo' }, 'al', true)).toBeUndefined();
});

test('bills and credit notes are numbered apart', () => {
  expect(documentNumber('bill', { prefix: 'SG-', year: 2026, n: 12 })).toBe('SG-2026-000012');
  expect(documentNumber('credit_note', { prefix: 'SG-', year: 2026, n: 3 })).toBe('SG-CN2026-000003');
});

test('a message says what is owed, to whom and since when, in both languages', () => {
  const facts = {
    step: 'warn',
    market: '南门市场',
    party: '王记',
    stall: 'A001',
    number: '2026-000012',
    period: '2026-10',
    amount: 123_405n,
    currency: 'CNY',
    dueDate: '2026-11-22',
  } as const;
  const { zh, en } = dunningTexts(facts);
  for (const text of [zh, en]) {
    for (const said of ['南门市场', '王记', 'A001', '2026-000012', 'CNY 1234.05', '2026-11-22'])
      expect(text).toContain(said);
  }
  expect(dunningTexts({ ...facts, amount: 7n, currency: 'JPY' }).en).toContain('JPY 7');
});

test('local days are the site’s, also where a day has 23 hours', () => {
  const day = dayNumber(Date.parse('2026-11-21T16:00:00Z'), 'Asia/Shanghai');
  expect(dayText(day)).toBe('2026-11-22');
  const spring = dayNumber(Date.parse('2026-03-29T12:00:00Z'), 'Europe/Berlin');
  expect(startOfDayNumber(spring + 1, 'Europe/Berlin') - startOfDayNumber(spring, 'Europe/Berlin')).toBe(
    23 * 3_600_000,
  );
});
