import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countStandings, standingOf } from '../../../dashboard/src/floor/standing.ts';
import { OCCUPANCY } from '../../../domain/occupancy.ts';

const NOW = 1_800_000_000_000;
const STATE = {
  id: 1,
  occupancy: 'occupied',
  leased: true,
  measuredAt: NOW - 5_000,
  seenAt: NOW - 5_000,
} as const;

test.each([
  ['open while its sensor says so', STATE, 'open'],
  ['closed while its sensor says so', { ...STATE, occupancy: 'vacant' }, 'closed'],
  ['unknown before its first message', { ...STATE, occupancy: 'unknown', seenAt: null }, 'unknown'],
  ['still open at exactly twice the interval', { ...STATE, seenAt: NOW - 120_000 }, 'open'],
  ['stale beyond twice the interval', { ...STATE, seenAt: NOW - 120_001 }, 'stale'],
] as const)('a stall is %s', (_, state, standing) => {
  expect(standingOf(state, 60, NOW)).toBe(standing);
});

test('the counts add up to the number of stalls, whatever their states', () => {
  const state = fc.record({
    id: fc.nat(),
    occupancy: fc.constantFrom(...OCCUPANCY),
    leased: fc.boolean(),
    measuredAt: fc.constant(null),
    seenAt: fc.option(fc.integer({ min: NOW - 600_000, max: NOW })),
  });
  fc.assert(
    fc.property(fc.array(state), (states) => {
      const { leased, unleased, total } = countStandings(states, 60, NOW);
      const sum = [...Object.values(leased), ...Object.values(unleased)].reduce((a, b) => a + b, 0);
      expect(sum).toBe(states.length);
      expect(total).toBe(states.length);
      expect(Object.values(leased).reduce((a, b) => a + b, 0)).toBe(states.filter((s) => s.leased).length);
    }),
  );
});
