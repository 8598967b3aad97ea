import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { MUTANTS } from './mutants/list.ts';
import { placeFault } from './mutants/place.ts';

it('every mutant finds what it changes, and the test that is to notice it', () => {
  const root = resolve(import.meta.dirname, '../..');
  expect(MUTANTS.flatMap((mutant) => placeFault(root, mutant) ?? [])).toEqual([]);
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});
