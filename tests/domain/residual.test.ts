import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDecimal } from '../../domain/decimal.ts';
import { ALLOCATED, breakdownOf, childrenOf, type Node, WEIGHTS } from '../../domain/meter-tree.ts';
import { type Member, type Recipient, residualOf } from '../../domain/residual.ts';

const DAY = 86_400_000;
const member = (pointId: number, usage: bigint, role: Member['role'] = 'stall'): Member => ({
  ...{ pointId, role, usage, estimated: false },
});
const recipient = (
  pointId: number,
  from: number,
  to: number,
  area: string | null,
  usage = 0n,
): Recipient => ({
  ...{ pointId, from: from * DAY, to: to * DAY, leaseId: pointId, usage },
  areaM2: area === null ? null : parseDecimal(area),
});
const sum = (list: readonly bigint[]): bigint => list.reduce((a, b) => a + b, 0n);

describe('a residual', () => {
  const members = [member(1, 600n), member(2, 250n), member(9, 50n, 'common')];

  test('is the main less what is directly behind it, shared by area and time', () => {
    const { residual, shares, allocated } = residualOf({
      mainUsage: 1000n,
      members,
      what: 'residual',
      weight: 'area',
      // Point 1 changes hands after ten of thirty days.
      recipients: [recipient(1, 0, 10, '30'), recipient(1, 10, 30, '30'), recipient(2, 0, 30, '10.00')],
    });
    expect([residual, allocated]).toEqual([100n, 100n]);
    expect(shares.map(({ share }) => share)).toEqual([25n, 50n, 25n]);
  });

  test('takes metered common areas along where it is told to', () => {
    const input = {
      mainUsage: 1000n,
      members,
      weight: 'equal',
      recipients: [recipient(1, 0, 30, null)],
    } as const;
    expect(residualOf({ ...input, what: 'residual_and_common' }).allocated).toBe(150n);
    expect(residualOf({ ...input, what: 'nothing' }).shares).toEqual([]);
  });

  test('below zero is shared out to nobody, common areas or not', () => {
    for (const what of ALLOCATED) {
      const { residual, shares, allocated } = residualOf({
        ...{ mainUsage: 890n, members, what, weight: 'equal' },
        recipients: [recipient(1, 0, 30, null)],
      });
      expect([residual, shares, allocated]).toEqual([-10n, [], 0n]);
    }
  });

  test('is left with the operator where nobody has a weight', () => {
    const recipients = [recipient(1, 0, 30, null)];
    const { residual, allocated } = residualOf({
      mainUsage: 1000n,
      members,
      what: 'residual',
      weight: 'area',
      recipients,
    });
    expect([residual, allocated]).toEqual([100n, 0n]);
  });

  const anyRecipient = fc
    .record({
      pointId: fc.integer({ min: 1, max: 40 }),
      from: fc.integer({ min: 0, max: 29 }),
      days: fc.integer({ min: 1, max: 30 }),
      area: fc.integer({ min: 1, max: 99_999 }),
      usage: fc.bigInt(0n, 10n ** 9n),
    })
    .map(({ pointId, from, days, area, usage }) =>
      recipient(pointId, from, from + days, `${area}.05`, usage),
    );

  test('main = members + shares, exactly, whatever the weight', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt(0n, 10n ** 10n), { maxLength: 20 }),
        fc.bigInt(0n, 10n ** 10n),
        fc.array(anyRecipient, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(...WEIGHTS),
        (usages, loss, recipients, weight) => {
          const subs = usages.map((usage, i) => member(i, usage, i % 4 === 0 ? 'common' : 'stall'));
          const mainUsage = sum(usages) + loss;
          const result = residualOf({ mainUsage, members: subs, what: 'residual', weight, recipients });
          expect(result.residual).toBe(loss);
          expect(sum(result.shares.map(({ share }) => share))).toBe(result.allocated);
          if (result.totalWeight > 0n) expect(sum(usages) + result.allocated).toBe(mainUsage);
        },
      ),
    );
  });

  test('cutting a lease in two moves nothing by more than the units that are left over', () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, 10n ** 9n),
        fc.array(anyRecipient, { minLength: 2, maxLength: 20 }),
        (loss, [first, ...others]) => {
          if (!first || first.to - first.from < 2) return;
          const middle = first.from + Math.floor((first.to - first.from) / 2);
          const of = (recipients: readonly Recipient[]) =>
            residualOf({ mainUsage: loss, members: [], what: 'residual', weight: 'area', recipients }).shares;
          const whole = of([first, ...others])[0]?.share ?? 0n;
          const [a, b] = of([{ ...first, to: middle }, { ...first, from: middle }, ...others]);
          const cut = (a?.share ?? 0n) + (b?.share ?? 0n);
          expect(cut - whole <= 1n && whole - cut <= 1n).toBe(true);
        },
      ),
    );
  });
});

describe('the tree', () => {
  /** Main 1 → main 2 → stalls 3, 4; common 5 and stall 6 behind main 1. */
  const tree = (usage: Record<number, bigint | null>): readonly Node[] =>
    (
      [
        [1, null, 'main'],
        [2, 1, 'main'],
        [3, 2, 'stall'],
        [4, 2, 'stall'],
        [5, 1, 'common'],
        [6, 1, 'stall'],
      ] as const
    ).map(([id, mainId, role]) => ({ id, mainId, role, usage: usage[id] ?? null }));

  test('main = stalls + common + loss over all levels', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, 10n ** 9n), { minLength: 6, maxLength: 6 }), (list) => {
        const nodes = tree(Object.fromEntries(list.map((usage, i) => [i + 1, usage])));
        const parts = breakdownOf(nodes[0] as Node, childrenOf(nodes));
        if (!parts) throw new Error('everything is known');
        expect(parts.stalls + parts.common + parts.loss).toBe(parts.main);
        expect(parts.stalls).toBe(sum([list[2] ?? 0n, list[3] ?? 0n, list[5] ?? 0n]));
      }),
    );
  });

  test('is not taken apart while anything in it is not known', () => {
    const nodes = tree({ 1: 10n, 2: 5n, 3: 1n, 5: 1n, 6: 1n });
    expect(breakdownOf(nodes[0] as Node, childrenOf(nodes))).toBeNull();
  });
});
