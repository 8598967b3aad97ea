import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type GatePass, normalizePlate, pairPasses, vehicleKey } from '../../domain/passes.ts';

const MIN = 60_000;
const pass = (minute: number, direction: 'in' | 'out', vehicle = 'A', deviceId = 'G1'): GatePass => ({
  deviceId,
  eventId: `${minute}-${direction}-${vehicle}`,
  ts: minute * MIN,
  direction,
  vehicle,
});
const anyPass = fc
  .record({
    minute: fc.integer({ min: 0, max: 12 }),
    direction: fc.constantFrom('in' as const, 'out' as const),
    vehicle: fc.constantFrom('A', 'B'),
    deviceId: fc.constantFrom('G1', 'G2'),
  })
  .map(({ minute, direction, vehicle, deviceId }) => pass(minute, direction, vehicle, deviceId));

describe('pairing', () => {
  test('an entry belongs to the exit right after it; the others stand alone', () => {
    const [a, b, c, d] = [pass(1, 'in'), pass(3, 'in'), pass(9, 'out'), pass(10, 'out')];
    expect(pairPasses([d, b, a, c])).toEqual([
      { entry: a, exit: null, minutes: null },
      { entry: b, exit: c, minutes: 6 },
      { entry: null, exit: d, minutes: null },
    ]);
  });

  test('begun minutes do not count', () => {
    const entry = pass(0, 'in');
    const exit = { ...pass(15, 'out'), ts: 15 * MIN - 1 };
    expect(pairPasses([exit, entry])[0]?.minutes).toBe(14);
  });

  test('is a function of the set: neither order nor repetitions matter', () => {
    fc.assert(
      fc.property(fc.array(anyPass, { maxLength: 30 }), fc.infiniteStream(fc.nat()), (passes, chance) => {
        const shuffled = [...passes, ...passes.slice(0, 5)]
          .map((one) => ({ one, key: chance.next().value ?? 0 }))
          .sort((x, y) => x.key - y.key)
          .map(({ one }) => one);
        expect(pairPasses(shuffled)).toEqual(pairPasses(passes));
      }),
    );
  });

  test('every pass is in exactly one stay, and no stay ends before it begins', () => {
    fc.assert(
      fc.property(fc.array(anyPass, { maxLength: 30 }), (passes) => {
        const key = ({ deviceId, eventId }: GatePass) => `${deviceId} ${eventId}`;
        const stays = pairPasses(passes);
        const seen = stays.flatMap(({ entry, exit }) =>
          [entry, exit].flatMap((one) => (one ? [key(one)] : [])),
        );
        expect(seen.length).toBe(new Set(passes.map(key)).size);
        expect(new Set(seen).size).toBe(seen.length);
        for (const { entry, exit, minutes } of stays) {
          if (entry && exit) expect(exit.ts >= entry.ts && minutes !== null && minutes >= 0).toBe(true);
        }
      }),
    );
  });

  test('a pass that comes late changes only its neighbours', () => {
    fc.assert(
      fc.property(fc.array(anyPass, { maxLength: 20 }), anyPass, (passes, late) => {
        const before = pairPasses(passes).map((stay) => JSON.stringify(stay));
        const after = pairPasses([...passes, late]).map((stay) => JSON.stringify(stay));
        expect(before.filter((stay) => !after.includes(stay)).length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

test('plates are compared without case, width, spaces and dots; a ticket is no plate', () => {
  expect(normalizePlate('苏a·12 345')).toBe('苏A12345');
  expect(normalizePlate('ＡＢ-1')).toBe('AB1');
  expect(vehicleKey(undefined, '77')).toBe('#77');
});
