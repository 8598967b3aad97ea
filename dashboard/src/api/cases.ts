import type { z } from 'zod';
import { zCase, zCaseDetail, zCaseSummary } from '../../../contracts/cases.ts';
import { zPage } from '../../../contracts/rest.ts';
import { type Query, request, toQuery, V1 } from '../api.ts';

export type Case = z.infer<typeof zCase>;
export type CaseDetail = z.infer<typeof zCaseDetail>;

export const casesApi = {
  list: (query: Query, signal?: AbortSignal) =>
    request(zPage(zCase), `${V1}/cases${toQuery(query)}`, { signal }),
  summary: (site: string, signal?: AbortSignal) =>
    request(zCaseSummary, `${V1}/cases/summary${toQuery({ site })}`, { signal }),
  one: (id: number, signal?: AbortSignal) => request(zCaseDetail, `${V1}/cases/${id}`, { signal }),
  dismiss: (id: number, note: string) =>
    request(zCaseDetail, `${V1}/cases/${id}/dismiss`, { body: { note } }),
  /** A decision of its kind: answers the case as it is then. */
  decide: (id: number, decision: string, body: unknown) =>
    request(zCaseDetail, `${V1}/cases/${id}/${decision}`, { body }),
};
