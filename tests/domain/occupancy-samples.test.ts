import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Occupancy } from '../../domain/occupancy.ts';
import { foldOccupancy, type MeasuredStall, type OccupancySample } from '../../domain/occupancy-samples.ts';

const sample = (
  measuredAt: number,
  occupancy: Occupancy | null,
  receivedAt = measuredAt,
): OccupancySample => ({
  site: 's',
  placeId: 1,
  deviceId: 'd',
  occupancy,
  measuredAt,
  receivedAt,
});
const stored = (measuredAt: number, occupancy: Occupancy): MeasuredStall => ({
  placeId: 1,
  deviceId: 'd',
  occupancy,
  measuredAt,
  seenAt: measuredAt,
});
const changesOf = (before: MeasuredStall | null, samples: OccupancySample[]): string[] =>
  foldOccupancy(before, samples).changes.map(({ ts, occupancy }) => `${ts} ${occupancy}`);

describe('what a stall’s samples make of its state', () => {
  it('starts with the first sample, which is a change', () => {
    const { state, changes } = foldOccupancy(null, [sample(5, 'occupied', 7)]);
    expect(state).toEqual({ placeId: 1, deviceId: 'd', occupancy: 'occupied', measuredAt: 5, seenAt: 7 });
    expect(changes).toEqual([{ placeId: 1, ts: 5, occupancy: 'occupied' }]);
  });

  it('records each change, and not the samples that repeat it', () => {
    const samples = [sample(1, 'vacant'), sample(2, 'vacant'), sample(3, 'occupied'), sample(4, 'occupied')];
    expect(changesOf(stored(0, 'vacant'), samples)).toEqual(['3 occupied']);
  });

  it('goes by when samples were measured, not by when they arrived', () => {
    const samples = [sample(9, 'occupied', 9), sample(3, 'vacant', 10), sample(6, 'occupied', 11)];
    const { state } = foldOccupancy(null, samples);
    expect(state).toMatchObject({ occupancy: 'occupied', measuredAt: 9, seenAt: 11 });
    expect(changesOf(null, samples)).toEqual(['3 vacant', '6 occupied']);
  });

  it('only hears a sample that is older than the state', () => {
    const { state, changes } = foldOccupancy(stored(10, 'occupied'), [sample(5, 'vacant', 20)]);
    expect(state).toMatchObject({ occupancy: 'occupied', measuredAt: 10, seenAt: 20 });
    expect(changes).toEqual([]);
  });

  it('takes the later of two samples of one instant', () => {
    const { state } = foldOccupancy(null, [sample(5, 'occupied'), sample(5, 'vacant')]);
    expect(state?.occupancy).toBe('vacant');
    expect(changesOf(null, [sample(5, 'occupied'), sample(5, 'vacant')])).toEqual(['5 vacant']);
  });

  it('stays unknown to a sensor that was heard and never measured', () => {
    expect(foldOccupancy(null, [sample(5, null)]).state).toBeNull();
    expect(foldOccupancy(stored(1, 'vacant'), [sample(5, null)]).state).toMatchObject({
      measuredAt: 1,
      seenAt: 5,
    });
  });

  const samples = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 50 }), fc.constantFrom<Occupancy | null>('vacant', 'occupied', null)),
    { maxLength: 30 },
  );

  it('is the same however the samples are cut into batches', () => {
    fc.assert(
      fc.property(samples, fc.nat(30), (drawn, cut) => {
        const all = drawn.map(([measuredAt, occupancy], i) => sample(measuredAt, occupancy, 100 + i));
        const first = foldOccupancy(null, all.slice(0, cut)).state;
        expect(foldOccupancy(first, all.slice(cut)).state ?? first).toEqual(foldOccupancy(null, all).state);
      }),
    );
  });

  it('is not moved by the same samples again, as after a crash', () => {
    fc.assert(
      fc.property(samples, (drawn) => {
        const all = drawn.map(([measuredAt, occupancy], i) => sample(measuredAt, occupancy, 100 + i));
        const once = foldOccupancy(null, all).state;
        expect(foldOccupancy(once, all).state).toEqual(once);
      }),
    );
  });

  it('changes from one value to another, in the order of time', () => {
    fc.assert(
      fc.property(samples, (drawn) => {
        const { changes } = foldOccupancy(
          null,
          drawn.map(([at, occupancy]) => sample(at, occupancy)),
        );
        for (const [i, change] of changes.entries()) {
          const before = changes[i - 1];
          if (before) expect(before.ts < change.ts && before.occupancy !== change.occupancy).toBe(true);
        }
      }),
    );
  });
});
