import { expect, it } from 'vitest';
import { judgeTimestamp } from '../../domain/device-clock.ts';

const NOW = Date.UTC(2026, 9, 15, 8);
const MINUTE = 60_000;

it.each([
  ['the moment it is received', 0, 'good'],
  ['five minutes ahead', 5 * MINUTE, 'good'],
  ['a millisecond more than five minutes ahead', 5 * MINUTE + 1, 'future'],
  ['a day ahead', 24 * 60 * MINUTE, 'future'],
  ['more than a day ahead', 24 * 60 * MINUTE + 1, 'absurd'],
  ['a year late', -365 * 24 * 60 * MINUTE, 'good'],
  ['the first moment of 2000', Date.UTC(2000, 0) - NOW, 'good'],
  ['before 2000', Date.UTC(2000, 0) - 1 - NOW, 'absurd'],
  ['seconds instead of milliseconds', NOW / 1000 - NOW, 'absurd'],
  ['microseconds instead of milliseconds', NOW * 1000 - NOW, 'absurd'],
])('an instant of %s is judged %s ms from now to be %s', (_name, ahead, judged) => {
  expect(judgeTimestamp(NOW + ahead, NOW)).toBe(judged);
});
