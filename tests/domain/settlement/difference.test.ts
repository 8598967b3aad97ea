import { describe, expect, it } from 'vitest';
import type { DesiredLine } from '../../../domain/settlement/desired.ts';
import { difference, type PostedLine, postedKeys } from '../../../domain/settlement/difference.ts';

const tariff = {
  id: 7,
  tariffId: 1,
  version: 1,
  effectiveFrom: 0,
  code: 'T',
  name: 'T',
  definition: { components: [] },
};
const exact = { exact: '0', rounded: '0' };
const WORKINGS: DesiredLine['workings'] = {
  ...{ kind: 'unit', lossFactor: null },
  rounding: { stage: 'line', mode: 'half_up', quantum: '0.01', before: exact, after: exact, lines: 1 },
};
const desired = (quantity: bigint, from = 0, to = 10, eventKey = ''): DesiredLine => ({
  ...{ component: 'energy', band: 'all', quantity, amount: quantity * 2n, unitPrice: '20' },
  ...{ eventKey, unit: 'Wh', unrounded: '0', intervals: [], accumulatedFrom: null, workings: WORKINGS },
  range: { from, to, leaseId: 1, charging: 'postpaid', stay: { from, to }, tariff, only: undefined },
});
const posted = (id: number, over: Partial<PostedLine> = {}): PostedLine => ({
  ...{ id, sequence: 0, kind: 'original', leaseId: 1, tariffVersionId: 7, component: 'energy', band: 'all' },
  ...{ from: 0, to: 10, quantity: 5n, amount: 10n, unitPrice: '20', eventKey: '', unit: 'Wh' },
  ...{ period: '2026-10', charging: 'postpaid', accumulatedFrom: null },
  ...over,
});
const diff = (want: readonly DesiredLine[], have: readonly PostedLine[], mayReverse = true) =>
  difference(want, postedKeys(have), '2026-10', () => mayReverse).map(
    ({ kind, sequence, quantity, amount, correctsId }) => [...[kind, sequence, quantity, amount, correctsId]],
  );

describe('the difference of what is due and what is posted', () => {
  it('is all of it where nothing is posted, and nothing where it is', () => {
    expect(diff([desired(5n)], [])).toEqual([['original', 0, 5n, 10n, null]]);
    expect(diff([desired(5n)], [posted(1)])).toEqual([]);
  });

  it('adjusts under the same key with the next sequence', () => {
    const have = [posted(1), posted(2, { sequence: 1, kind: 'adjustment', quantity: 1n, amount: 2n })];
    expect(diff([desired(4n)], have)).toEqual([['adjustment', 2, -2n, -4n, 1]]);
  });

  it('posts an original of zero, so that the time is charged', () => {
    expect(diff([desired(0n)], [])).toEqual([['original', 0, 0n, 0n, null]]);
  });

  it('undoes what is no longer due, if the run answers for it', () => {
    expect(diff([], [posted(1)])).toEqual([['reversal', 1, -5n, -10n, 1]]);
    expect(diff([], [posted(1)], false)).toEqual([]);
  });

  it('does not undo twice, and takes up an undone key again even for nothing', () => {
    const undone = [posted(1), posted(2, { sequence: 1, kind: 'reversal', quantity: -5n, amount: -10n })];
    expect(diff([], undone)).toEqual([]);
    expect(diff([desired(3n)], undone)).toEqual([['adjustment', 2, 3n, 6n, 1]]);
    expect(diff([desired(0n)], undone)).toEqual([['adjustment', 2, 0n, 0n, 1]]);
  });

  it('adjusts the original of the same time when the range is another one', () => {
    expect(diff([desired(2n, 0, 4)], [posted(1)])).toEqual([
      ['adjustment', 0, 2n, 4n, 1],
      ['reversal', 1, -5n, -10n, 1],
    ]);
    expect(diff([desired(2n, 10, 14)], [posted(1)], false)).toEqual([['original', 0, 2n, 4n, null]]);
  });

  it('tells events of the same time apart by their key', () => {
    const one = posted(1, { eventKey: 'pass 1' });
    expect(diff([desired(5n, 0, 10, 'pass 1'), desired(1n, 0, 10, 'pass 2')], [one])).toEqual([
      ['original', 0, 1n, 2n, null],
    ]);
  });

  it('leaves a key in its period and its way of paying, whoever adjusts or undoes it', () => {
    const day = posted(1, { period: '2026-10-12', charging: 'prepaid' });
    for (const want of [[desired(7n)], []]) {
      const [line] = difference(want, postedKeys([day]), '2026-10', () => true);
      expect(line).toMatchObject({ period: '2026-10-12', charging: 'prepaid' });
    }
  });
});
