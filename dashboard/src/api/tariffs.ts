import type { z } from 'zod';
import { zFeeLine, zPage, zStall } from '../../../contracts/rest.ts';
import {
  type zTariffCreate,
  zTariffCreated,
  type zTariffPreview,
  zTariffPreviewResult,
} from '../../../contracts/tariffs.ts';
import { request, toQuery, V1 } from '../api.ts';

export type TariffCreate = z.input<typeof zTariffCreate>;
export type PreviewRequest = z.input<typeof zTariffPreview>;
export type PreviewResult = z.output<typeof zTariffPreviewResult>;
export type FoundStall = z.output<typeof zStall>;

const STALLS_FOUND_MAX = 20;

export const tariffsApi = {
  create: (body: TariffCreate) => request(zTariffCreated, `${V1}/tariffs`, { body }),
  preview: (body: PreviewRequest, signal?: AbortSignal) =>
    request(zTariffPreviewResult, `${V1}/tariffs/preview`, { body, signal }),
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
