import { expect, test } from 'vitest';
import { parseDates } from '../../dashboard/src/ui/dates.ts';

test('days are read as people write them, sorted, each once', () => {
  expect(parseDates('2026年10月1日、2026/5/1\n2026-10-01; 2026.1.1')).toEqual({
    dates: ['2026-01-01', '2026-05-01', '2026-10-01'],
    rejected: [],
  });
});

test.each(['2026-02-17 ~ 2026-02-19', '2026-02-17至2026-02-19', '2026/2/17 to 2026/2/19'])(
  'a range is all of its days: %s',
  (text) => {
    expect(parseDates(text)).toEqual({ dates: ['2026-02-17', '2026-02-18', '2026-02-19'], rejected: [] });
  },
);

test('days of every year only where they may be', () => {
  expect(parseDates('10-01 ~ 10-03', true).dates).toEqual(['10-01', '10-02', '10-03']);
  expect(parseDates('10-01')).toEqual({ dates: [], rejected: ['10-01'] });
});

test.each(['2026-02-30', 'Friday', '2026-03-02~2026-03-01', '2026-01-01~2030-01-01', '10-01~2026-10-02'])(
  'what is no day is given back: %s',
  (text) => {
    expect(parseDates(text, true)).toEqual({ dates: [], rejected: [text] });
  },
);
