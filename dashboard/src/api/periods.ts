import type { z } from 'zod';
import { zPeriod, zRunDifferences } from '../../../contracts/periods.ts';
import { zBillingRun, zPage } from '../../../contracts/rest.ts';
import { type Query, request, toQuery, V1 } from '../api.ts';

export type Period = z.infer<typeof zPeriod>;
export type RunDifferences = z.infer<typeof zRunDifferences>;

export const periodsApi = {
  list: (query: Query, signal?: AbortSignal) =>
    request(zPage(zPeriod), `${V1}/periods${toQuery(query)}`, { signal }),
  close: (site: string, period: string) =>
    request(zBillingRun, `${V1}/periods/${site}/${period}/close`, { body: {} }),
  startRun: (body: { site: string; period: string; kind: 'charge' | 'shadow' }) =>
    request(zBillingRun, `${V1}/billing/runs`, { body }),
  differences: (run: number, query: Query, signal?: AbortSignal) =>
    request(zRunDifferences, `${V1}/billing/runs/${run}/differences${toQuery(query)}`, { signal }),
};
