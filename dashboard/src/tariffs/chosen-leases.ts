import type { Commodity } from '../../../domain/commodities.ts';
import type { Lease, Place } from '../api/tariffs.ts';

/** The tariff that a lease pays for the commodity at an instant (epoch milliseconds). */
export function tariffAt(lease: Lease, commodity: Commodity, at: number): string | undefined {
  return lease.tariffs.find(
    (one) =>
      one.commodity === commodity &&
      Date.parse(one.startsAt) <= at &&
      (one.endsAt === null || Date.parse(one.endsAt) > at),
  )?.tariff;
}

export const isRunning = (lease: Lease, at: number): boolean =>
  lease.endsAt === null || Date.parse(lease.endsAt) > at;

export interface LeaseFilter {
  readonly zone?: number | undefined;
  readonly trade?: string | undefined;
  /** The tariff that is paid now; `''` for none. */
  readonly pays?: string | undefined;
  /** Stall codes from and to, both included, in the order that people read: A-2 before A-10. */
  readonly from: string;
  readonly to: string;
  readonly q: string;
}

const inOrder = new Intl.Collator('zh', { numeric: true, sensitivity: 'base' });

/** The zone or floor that each stall is in. */
export function areasOf(stalls: readonly Place[]): ReadonlyMap<number, number | null> {
  return new Map(stalls.map(({ id, parentId }) => [id, parentId]));
}

export function chooseLeases(
  leases: readonly Lease[],
  filter: LeaseFilter,
  context: {
    readonly areas: ReadonlyMap<number, number | null>;
    readonly commodity: Commodity;
    readonly at: number;
  },
): Lease[] {
  const { zone, trade, pays, from, to } = filter;
  const q = filter.q.trim().toLowerCase();
  return leases
    .filter((lease) => {
      if (!isRunning(lease, context.at)) return false;
      const code = lease.stall?.code;
      if (zone !== undefined && (!lease.stall || context.areas.get(lease.stall.id) !== zone)) return false;
      if (trade !== undefined && lease.trade !== trade) return false;
      if (pays !== undefined && (tariffAt(lease, context.commodity, context.at) ?? '') !== pays) return false;
      if (from !== '' && (code === undefined || inOrder.compare(code, from) < 0)) return false;
      if (to !== '' && (code === undefined || inOrder.compare(code, to) > 0)) return false;
      return q === '' || `${code ?? ''} ${lease.party.name}`.toLowerCase().includes(q);
    })
    .sort((a, b) => inOrder.compare(a.stall?.code ?? '', b.stall?.code ?? ''));
}
