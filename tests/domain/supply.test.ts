import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { expect, test } from 'vitest';
import {
  type CutOffRules,
  cutWindowEnd,
  MANUAL_SUPPLY_STEPS,
  nextSupplyStep,
  type SupplyFacts,
  type SupplyState,
} from '../../domain/supply.ts';

const ZONE = 'Asia/Shanghai';
const HOUR = 3_600_000;
const at = (local: string): number => Date.parse(`${local.replace(' ', 'T')}:00+08:00`);
const RULES: CutOffRules = {
  cutOff: true,
  noticeHours: 24,
  from: '09:00',
  to: '16:00',
  weekdays: [1, 2, 3, 4],
  holidays: ['2026-10-01'],
  timeZone: ZONE,
};
const OWES: SupplyFacts = {
  now: at('2026-11-23 10:00'),
  balance: -1n,
  isProtected: false,
  obstacle: null,
  hasEnded: false,
  notifiedAt: at('2026-11-22 10:00'),
  commands: 'none',
};

test.each<[SupplyState, Partial<SupplyFacts>, Partial<CutOffRules>, string | undefined]>([
  ['connected', {}, {}, 'notify'],
  ['connected', { balance: 0n }, {}, 'notify'],
  ['connected', { balance: 1n }, {}, undefined],
  ['connected', {}, { cutOff: false }, undefined],
  ['connected', { obstacle: 'shared_meter' }, {}, undefined],
  ['notified', { notifiedAt: at('2026-11-22 10:01') }, {}, undefined],
  ['notified', {}, {}, 'fall_due'],
  ['notified', { balance: 1n }, {}, 'withdraw'],
  ['notified', {}, { cutOff: false }, 'withdraw'],
  ['cut_due', {}, {}, 'cut'],
  ['cut_due', { now: at('2026-11-23 08:59') }, { noticeHours: 1 }, undefined],
  ['cut_due', { now: at('2026-11-27 10:00') }, {}, undefined],
  ['cut_due', { now: at('2026-11-24 16:00') }, {}, undefined],
  ['cut_due', { isProtected: true }, {}, 'withdraw'],
  ['cut_due', {}, { noticeHours: 25 }, undefined],
  ['cutting', { balance: 500n, commands: 'open' }, {}, undefined],
  ['cutting', { commands: 'acknowledged' }, {}, 'confirm_cut'],
  ['cutting', { commands: 'failed' }, {}, 'fail_cut'],
  ['cut_failed', { commands: 'failed' }, {}, undefined],
  ['cut_failed', { commands: 'failed', balance: 1n }, {}, 'reconnect'],
  ['cut', { commands: 'acknowledged' }, {}, undefined],
  ['cut', { balance: 1n, now: at('2026-11-28 03:00') }, { cutOff: false }, 'reconnect'],
  ['cut', { hasEnded: true }, {}, 'reconnect'],
  ['cut', { isProtected: true }, {}, 'reconnect'],
  ['reconnecting', { commands: 'open' }, {}, undefined],
  ['reconnecting', { commands: 'acknowledged', balance: 1n }, {}, 'confirm_reconnect'],
  ['reconnecting', { commands: 'failed', balance: 1n }, {}, 'fail_reconnect'],
  ['reconnect_failed', { commands: 'failed', balance: 1n }, {}, undefined],
])('%s with %o and %o: %s', (state, facts, rules, step) => {
  expect(nextSupplyStep(state, { ...OWES, ...facts }, { ...RULES, ...rules })?.name).toBe(step);
});

test('the hours of a day are those of its clock, on a day of 25 hours too', () => {
  const berlin = { ...RULES, timeZone: 'Europe/Berlin', weekdays: [7], from: '02:30', to: '04:00' };
  const open = (utc: string) => cutWindowEnd(Date.parse(`2026-10-25T${utc}Z`), berlin) !== null;
  expect([open('00:29'), open('00:30'), open('02:59'), open('03:00')]).toEqual([false, true, true, false]);
});

test('a window that ends before it begins is never open', () => {
  const rules = { ...RULES, from: '16:00', to: '09:00' };
  expect(cutWindowEnd(at('2026-11-23 17:00'), rules)).toBeNull();
});

test('no cut without notice, outside hours, on a protected lease, or with money on the balance', () => {
  const clock = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '30'))
    .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${minute}`);
  const rulesOf = fc.record({
    cutOff: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
    noticeHours: fc.integer({ min: 1, max: 48 }),
    from: fc.oneof(fc.constant('00:30'), clock),
    to: fc.oneof(fc.constant('23:30'), clock),
    weekdays: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 4 }),
    holidays: fc.subarray(['2026-11-24', '2026-11-26', '2026-12-01']),
    timeZone: fc.constantFrom(ZONE, 'America/St_Johns', 'Europe/Berlin'),
  });
  const moment = fc.record({
    afterMinutes: fc.integer({ min: 1, max: 40 * 60 }),
    balance: fc.constantFrom(-2n, -1n, -1n, -1n, 0n, 0n, 0n, 1n),
    isProtected: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.boolean()),
    obstacle: fc.oneof(
      { weight: 9, arbitrary: fc.constant(null) },
      fc.constantFrom('no_meter', 'shared_meter'),
    ),
    hasEnded: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
    ack: fc.constantFrom('open', 'acknowledged', 'failed'),
    rules: fc.option(rulesOf, { nil: undefined, freq: 5 }),
  });
  let cuts = 0;
  fc.assert(
    fc.property(rulesOf, fc.array(moment, { maxLength: 60 }), (first, moments) => {
      let rules = first as CutOffRules;
      let state: SupplyState = 'connected';
      let now = at('2026-11-20 00:00');
      let notifiedAt: number | null = null;
      let commands: SupplyFacts['commands'] = 'none';
      // What the merchant has lived through since they last were in the clear: the oracle's own memory.
      let toldAt: number | null = null;
      for (const { afterMinutes, ack, rules: changed, ...given } of moments) {
        now += afterMinutes * 60_000;
        rules = (changed ?? rules) as CutOffRules;
        if (commands === 'open') commands = ack as SupplyFacts['commands'];
        const facts = { ...given, now, notifiedAt, commands } as SupplyFacts;
        const step = nextSupplyStep(state, facts, rules);
        if (!step) continue;
        if (step.name === 'notify') toldAt = notifiedAt = now;
        if (step.op !== undefined) commands = 'open';
        if (step.op === 'relay_open') {
          cuts++;
          const local = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(rules.timeZone);
          const time = local.toPlainTime().toString().slice(0, 5);
          expect(rules.cutOff).toBe(true);
          expect(toldAt).not.toBeNull();
          expect(now - (toldAt ?? now)).toBeGreaterThanOrEqual(rules.noticeHours * HOUR);
          expect(time >= rules.from && time < rules.to).toBe(true);
          expect(rules.weekdays).toContain(local.dayOfWeek);
          expect(rules.holidays).not.toContain(local.toPlainDate().toString());
          expect(given.isProtected).toBe(false);
          expect(given.obstacle).toBeNull();
          expect(given.balance <= 0n).toBe(true);
        }
        state = step.to;
        if (state === 'connected') toldAt = null;
      }
    }),
    { numRuns: 3_000 },
  );
  expect(cuts).toBeGreaterThan(50);
});

test('a person does not cut what is never cut', () => {
  const { when } = MANUAL_SUPPLY_STEPS.manual_cut;
  expect(when(OWES)).toBe(true);
  for (const facts of [{ isProtected: true }, { balance: 1n }, { obstacle: 'no_relay' as const }]) {
    expect(when({ ...OWES, ...facts })).toBe(false);
  }
});
