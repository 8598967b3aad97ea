import { describe, expect, it } from 'vitest';
import {
  type Lease,
  type PayerInput,
  serviceRanges,
  type TariffVersion,
} from '../../../domain/settlement/service-ranges.ts';

const lease = (
  id: number,
  from: number,
  to: number | null,
  charging: Lease['charging'] = 'postpaid',
): Lease => ({
  ...{ id, from, to, charging },
});
const version = (id: number, tariffId: number, effectiveFrom: number): TariffVersion => ({
  ...{
    id,
    tariffId,
    effectiveFrom,
    version: id,
    code: `T${tariffId}`,
    name: '',
    definition: { components: [{ code: 'energy', price: { kind: 'flat', unitPrice: '1' } }] },
  },
});
const ranges = (input: Partial<PayerInput>) => {
  const { ranges, uncharged } = serviceRanges({
    ...{
      period: { from: 0, to: 100 },
      kind: 'month',
      leases: [],
      house: null,
      leaseTariffs: [],
      versions: [],
    },
    ...input,
  });
  return {
    ranges: ranges.map(({ from, to, leaseId, tariff }) => [from, to, leaseId, tariff.id]),
    uncharged: uncharged.map(({ from, to, code, leaseId }) => [from, to, code, leaseId]),
  };
};
const always = (leaseId: number, tariffId = 1) => ({ leaseId, tariffId, from: 0, to: null });

describe('service ranges', () => {
  it('are cut where the lease changes, and the house pays between leases', () => {
    expect(
      ranges({
        leases: [lease(2, 60, null), lease(1, -50, 40)],
        house: lease(9, 0, null),
        leaseTariffs: [always(1), always(2), always(9)],
        versions: [version(1, 1, 0)],
      }),
    ).toEqual({
      ranges: [
        [0, 40, 1, 1],
        [40, 60, 9, 1],
        [60, 100, 2, 1],
      ],
      uncharged: [],
    });
  });

  it('are cut where a tariff version takes effect and where the lease changes its tariff', () => {
    expect(
      ranges({
        house: lease(9, 0, null),
        leaseTariffs: [
          { leaseId: 9, tariffId: 1, from: 0, to: 50 },
          { leaseId: 9, tariffId: 2, from: 50, to: null },
        ],
        versions: [version(3, 2, 70), version(2, 1, 30), version(1, 1, -10), version(4, 2, 0)],
      }).ranges,
    ).toEqual([
      [0, 30, 9, 1],
      [30, 50, 9, 2],
      [50, 70, 9, 4],
      [70, 100, 9, 3],
    ]);
  });

  it('leave out who is charged the other way, without calling it uncharged', () => {
    const input = {
      leases: [lease(1, 20, 40, 'prepaid')],
      house: lease(9, 0, null),
      leaseTariffs: [always(1), always(9)],
      versions: [version(1, 1, 0)],
    };
    expect(ranges(input)).toEqual({
      ranges: [
        [0, 20, 9, 1],
        [40, 100, 9, 1],
      ],
      uncharged: [],
    });
    expect(ranges({ ...input, kind: 'day' })).toEqual({ ranges: [[20, 40, 1, 1]], uncharged: [] });
  });

  it('say where nobody pays and where no tariff is known', () => {
    expect(
      ranges({
        leases: [lease(1, 50, null)],
        house: lease(9, 20, null),
        leaseTariffs: [always(1), { leaseId: 9, tariffId: 1, from: 30, to: null }],
        versions: [version(1, 1, 40)],
      }),
    ).toEqual({
      ranges: [
        [40, 50, 9, 1],
        [50, 100, 1, 1],
      ],
      uncharged: [
        [0, 20, 'no_payer', null],
        [20, 30, 'no_tariff', 9],
        [30, 40, 'no_tariff', 9],
      ],
    });
  });
});
