import { z } from 'zod';
import { zAllocation, zLossTrend, zShareRow, zTreePoint } from '../../../contracts/meter-tree.ts';
import { zPage } from '../../../contracts/rest.ts';
import { all, type Query, request, toQuery, V1 } from '../api.ts';

export type TreePoint = z.infer<typeof zTreePoint>;
export type Loss = z.infer<typeof zLossTrend>['items'][number];
export type ShareRow = z.infer<typeof zShareRow>;
export type Allocation = z.infer<typeof zAllocation>;

export const lossesApi = {
  list: (site: string, month: string, signal?: AbortSignal) =>
    request(zLossTrend, `${V1}/losses${toQuery({ site, month })}`, { signal }),
  trend: (main: number, month: string, signal?: AbortSignal) =>
    request(zLossTrend, `${V1}/losses/${main}/trend${toQuery({ month })}`, { signal }),
  shares: (main: number, query: Query, signal?: AbortSignal) =>
    request(zPage(zShareRow), `${V1}/losses/${main}/shares${toQuery(query)}`, { signal }),
  tree: (query: Query, signal?: AbortSignal) =>
    all((cursor) =>
      request(zPage(zTreePoint), `${V1}/meter-tree${toQuery({ ...query, cursor, limit: 1000 })}`, { signal }),
    ),
  change: (point: number, body: { main?: number | null; role?: TreePoint['role'] }) =>
    request(z.unknown(), `${V1}/meter-tree/${point}`, { method: 'PATCH', body }),
  allocations: (site: string, signal?: AbortSignal) =>
    all((cursor) =>
      request(zPage(zAllocation), `${V1}/allocations${toQuery({ site, cursor, limit: 1000 })}`, { signal }),
    ),
  allocate: (body: Pick<Allocation, 'fromMonth' | 'what' | 'weight'> & { main: number }) =>
    request(zAllocation, `${V1}/allocations`, { body }),
  takeBack: (allocation: number) =>
    request(z.unknown(), `${V1}/allocations/${allocation}`, { method: 'DELETE' }),
};
