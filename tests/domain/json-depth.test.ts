import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isDeeperThan } from '../../domain/json-depth.ts';

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Object.values(value).reduce<number>((most, item) => Math.max(most, depthOf(item)), 0)
    : 0;

it('is deeper than every depth below its own, and no other, whatever its strings hold', () => {
  const nasty = fc.string({ unit: fc.constantFrom('[', '{', '"', '\\', ']', 'a') });
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium' },
      nasty,
      fc.integer(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(nasty, tie('value'), { maxKeys: 3 }),
    ),
  })).value;
  fc.assert(
    fc.property(value, fc.integer({ min: 0, max: 8 }), (json, max) => {
      expect(isDeeperThan(JSON.stringify(json), max)).toBe(depthOf(json) > max);
    }),
  );
});
