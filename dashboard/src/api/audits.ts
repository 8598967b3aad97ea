import type { z } from 'zod';
import { zAudit, zAuditDetail } from '../../../contracts/audits.ts';
import { zPage } from '../../../contracts/rest.ts';
import { type Query, request, toQuery, V1 } from '../api.ts';

export type Audit = z.infer<typeof zAudit>;
export type AuditDetail = z.infer<typeof zAuditDetail>;
export type Finding = NonNullable<AuditDetail['findings']>[number];
export type Violation = Finding['violations'][number];
export type BillReplay = NonNullable<AuditDetail['replay']>;

export const auditsApi = {
  list: (query: Query, signal?: AbortSignal) =>
    request(zPage(zAudit), `${V1}/audits${toQuery(query)}`, { signal }),
  one: (id: number, signal?: AbortSignal) => request(zAuditDetail, `${V1}/audits/${id}`, { signal }),
  start: (body: { site: string; period: string } | { bill: number }) =>
    request(zAudit, `${V1}/audits`, { body }),
};
