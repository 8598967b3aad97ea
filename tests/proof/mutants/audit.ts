import type { Mutant } from './mutant.ts';

/** The audit itself: what it overlooks nobody sees. */
export const AUDIT: readonly Mutant[] = [
  {
    name: 'an audit overlooks lost usage',
    harm: 'usage that is on no bill, or on two, goes unnoticed',
    file: 'billing/audit/03-conservation.ts',
    from: 'FROM compared WHERE quantity IS DISTINCT FROM used',
    to: 'FROM compared WHERE quantity IS NULL',
    test: 'tests/proof/audit.test.ts',
  },
  {
    name: 'an audit overlooks a bill that is not its sum',
    harm: 'a bill that says more than its lines goes unnoticed',
    file: 'billing/audit/07-sums.ts',
    from: 'WHERE amount <> sum OR stray <> 0',
    to: 'WHERE stray <> 0',
    test: 'tests/proof/audit.test.ts',
  },
  {
    name: 'an audit overlooks what a run would add',
    harm: 'usage that a run forgot goes unnoticed',
    file: 'billing/audit/08-repeatable.ts',
    from: 'if (line.period !== period.name || line.sequence > 0) continue;',
    to: 'if (line.period !== period.name || line.sequence >= 0) continue;',
    test: 'tests/proof/audit.test.ts',
  },
  {
    name: 'an audit overlooks a changed line',
    harm: 'a line that was changed after its month was closed goes unnoticed',
    file: 'billing/audit/09-sealed.ts',
    from: 'if (seal.now.hash !== seal.sealed.hash) {',
    to: 'if (seal.now.lines !== seal.sealed.lines) {',
    test: 'tests/proof/audit.test.ts',
  },
];
