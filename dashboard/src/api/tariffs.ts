import { z } from 'zod';
import { zFeeLine, zPage, zStall } from '../../../contracts/rest.ts';
import { zLease, type zLeaseTariffAssign, zLeaseTariffAssigned, zPlace } from '../../../contracts/setup.ts';
import {
  type zTariffCreate,
  zTariffCreated,
  zTariffExample,
  type zTariffPreview,
  zTariffPreviewResult,
} from '../../../contracts/tariffs.ts';
import { all, request, toQuery, V1 } from '../api.ts';

export type TariffCreate = z.input<typeof zTariffCreate>;
export type PreviewRequest = z.input<typeof zTariffPreview>;
export type PreviewResult = z.output<typeof zTariffPreviewResult>;
export type Lease = z.output<typeof zLease>;
export type Place = z.output<typeof zPlace>;
export type Assigned = z.output<typeof zLeaseTariffAssigned>;

const STALLS_FOUND_MAX = 20;

export const tariffsApi = {
  create: (body: TariffCreate) => request(zTariffCreated, `${V1}/tariffs`, { body }),
  preview: (body: PreviewRequest, signal?: AbortSignal) =>
    request(zTariffPreviewResult, `${V1}/tariffs/preview`, { body, signal }),
  examples: (signal?: AbortSignal) =>
    request(z.object({ items: z.array(zTariffExample) }), `${V1}/tariffs/examples`, { signal }),
  assign: (body: z.input<typeof zLeaseTariffAssign>) =>
    request(zLeaseTariffAssigned, `${V1}/lease-tariffs`, { body }),
  leases: (site: string, signal?: AbortSignal) =>
    all((cursor) =>
      request(zPage(zLease), `${V1}/leases${toQuery({ site, cursor, limit: 1000 })}`, { signal }),
    ),
  places: (site: string, kind: 'stall' | 'zone' | 'floor', signal?: AbortSignal) =>
    all((cursor) =>
      request(zPage(zPlace), `${V1}/places${toQuery({ site, kind, cursor, limit: 1000 })}`, { signal }),
    ),
  findStalls: (site: string, q: string, signal?: AbortSignal) =>
    request(zPage(zStall), `${V1}/stalls${toQuery({ site, q, limit: STALLS_FOUND_MAX })}`, { signal }),
  /** A stall that was charged for the commodity in the period. */
  async stallWithUsage(
    site: string,
    commodity: string,
    period: string,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const query = toQuery({ site, commodity, period, limit: 20 });
    const { items } = await request(zPage(zFeeLine), `${V1}/fee-lines${query}`, { signal });
    return items.find((line) => line.lease.stall !== null && line.quantity !== '0')?.lease.stall ?? undefined;
  },
};
