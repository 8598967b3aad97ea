import { describe, expect, it } from 'vitest';
import {
  accountingPeriodOf,
  answersFor,
  periodAfter,
  periodKindOf,
  periodRange,
  periodRefusal,
  periodsBefore,
} from '../../domain/periods.ts';

const HOUR = 3_600_000;
const hours = (period: string, zone: string): number => {
  const range = periodRange(period, zone);
  return range ? (range.to - range.from) / HOUR : Number.NaN;
};

describe('a period', () => {
  it.each([
    ['2026-03-28', 'Europe/Berlin', 24],
    ['2026-03-29', 'Europe/Berlin', 23],
    ['2026-10-25', 'Europe/Berlin', 25],
    ['2026-03', 'Europe/Berlin', 743],
    ['2026-10', 'Europe/Berlin', 745],
    ['2026-03-08', 'America/New_York', 23],
    ['2026-11-01', 'America/New_York', 25],
    ['2026-10', 'Asia/Shanghai', 744],
    ['2026-02', 'Asia/Shanghai', 672],
    ['2026-04-05', 'Australia/Lord_Howe', 24.5],
    ['2026-10-04', 'Australia/Lord_Howe', 23.5],
    // The island went from one side of the date line to the other: this day had no hour.
    ['2011-12-30', 'Pacific/Apia', 0],
  ])('%s in %s has %d hours', (period, zone, expected) => {
    expect(hours(period, zone)).toBe(expected);
  });

  it('starts and ends at the local midnight', () => {
    expect(periodRange('2026-10', 'Asia/Shanghai')).toEqual({
      from: Date.parse('2026-10-01T00:00+08:00'),
      to: Date.parse('2026-11-01T00:00+08:00'),
    });
    expect(periodRange('2026-12-31', 'America/New_York')?.to).toBe(Date.parse('2027-01-01T00:00-05:00'));
  });

  it.each(['2026-02-30', '2026-13', '2026', '2026-1', '', '2026-10-01T00:00', '2026-04-31'])(
    'is not %j',
    (text) => {
      expect(periodRange(text, 'Asia/Shanghai')).toBeUndefined();
      expect(periodRefusal(text, 'Asia/Shanghai', 0)).toBe('no_such_period');
    },
  );

  it('can be charged from the instant it is over', () => {
    const end = Date.parse('2026-11-01T00:00+08:00');
    expect(periodRefusal('2026-10', 'Asia/Shanghai', end - 1)).toBe('not_over');
    expect(periodRefusal('2026-10', 'Asia/Shanghai', end)).toBeUndefined();
  });

  it('answers as a day for what prepaid leases use, as a month for all else: each thing is answered for once', () => {
    expect([periodKindOf('2026-10'), periodKindOf('2026-10-31')]).toEqual(['month', 'day']);
    const days = [['prepaid', 'usage']] as const;
    const months = [
      ['prepaid', 'month'],
      ['postpaid', 'usage'],
      ['postpaid', 'month'],
    ] as const;
    for (const [charging, cadence] of days) {
      expect([answersFor('day', charging, cadence), answersFor('month', charging, cadence)]).toEqual([
        true,
        false,
      ]);
    }
    for (const [charging, cadence] of months) {
      expect([answersFor('day', charging, cadence), answersFor('month', charging, cadence)]).toEqual([
        false,
        true,
      ]);
    }
  });

  it('is followed by the next of its kind; once closed its lines go on the next that is open', () => {
    expect([periodAfter('2026-12'), periodAfter('2028-02-28')]).toEqual(['2027-01', '2028-02-29']);
    const closed = new Set(['2026-10', '2026-11', '2026-10-31']);
    expect(accountingPeriodOf('2026-10', closed)).toBe('2026-12');
    expect(accountingPeriodOf('2026-09', closed)).toBe('2026-09');
    expect(accountingPeriodOf('2026-10-31', closed)).toBe('2026-11-01');
  });

  it('follows another, counted back from the site’s own date', () => {
    const now = Date.parse('2026-02-28T17:00Z');
    expect(periodsBefore('day', 'Asia/Shanghai', now, 2)).toEqual(['2026-02-28', '2026-02-27']);
    expect(periodsBefore('month', 'Asia/Shanghai', now, 3)).toEqual(['2026-02', '2026-01', '2025-12']);
    expect(periodsBefore('month', 'America/New_York', now, 1)).toEqual(['2026-01']);
  });
});
