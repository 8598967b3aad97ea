import { z } from 'zod';
import { zClockAhead, zHandoverState, zPointHistory, zReadingsAround } from '../../../contracts/readings.ts';
import { zPage, zReading, zStall } from '../../../contracts/rest.ts';
import { zInstallation, zLease, zParty } from '../../../contracts/setup.ts';
import { type Query, request, toQuery, V1 } from '../api.ts';

export type ReadingsAround = z.infer<typeof zReadingsAround>;
export type PointHistory = z.infer<typeof zPointHistory>;
export type Lease = z.infer<typeof zLease>;

const iso = (at: number): string => new Date(at).toISOString();

export const readingsApi = {
  findStalls: (site: string, q: string, signal?: AbortSignal) =>
    request(zPage(zStall), `${V1}/stalls${toQuery({ site, q, limit: 20 })}`, { signal }),
  around: (register: number, at: number, signal?: AbortSignal) =>
    request(zReadingsAround, `${V1}/registers/${register}/around${toQuery({ ts: iso(at) })}`, { signal }),
  enter: (register: number, body: object) =>
    request(zReading, `${V1}/registers/${register}/readings`, { body }),
  history: (point: number, cursor: string | undefined, signal?: AbortSignal) =>
    request(zPointHistory, `${V1}/metering-points/${point}/history${toQuery({ cursor, limit: 50 })}`, {
      signal,
    }),
  exchange: (point: number, body: object) =>
    request(zInstallation, `${V1}/metering-points/${point}/exchange`, { body }),
  multiplier: (point: number, body: object) =>
    request(zInstallation, `${V1}/metering-points/${point}/multiplier`, { body }),
  clockAhead: (device: string, signal?: AbortSignal) =>
    request(zClockAhead, `${V1}/devices/${encodeURIComponent(device)}/clock-ahead`, { signal }),
  leases: (query: Query, signal?: AbortSignal) =>
    request(zPage(zLease), `${V1}/leases${toQuery(query)}`, { signal }),
  lease: (id: number, signal?: AbortSignal) => request(zLease, `${V1}/leases/${id}`, { signal }),
  parties: (q: string, signal?: AbortSignal) =>
    request(zPage(zParty), `${V1}/parties${toQuery({ q, limit: 20 })}`, { signal }),
  handover: (stall: number, at: number, signal?: AbortSignal) =>
    request(zHandoverState, `${V1}/stalls/${stall}/handover${toQuery({ at: iso(at) })}`, { signal }),
  handOver: (stall: number, body: object) =>
    request(
      z.object({ ended: zLease.nullable(), started: zLease.nullable() }),
      `${V1}/stalls/${stall}/handover`,
      {
        body,
      },
    ),
};
export const photoUrl = (id: number): string => `${V1}/reading-photos/${id}`;
