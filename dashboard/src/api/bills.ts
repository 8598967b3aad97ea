import type { z } from 'zod';
import {
  zBill,
  zBillDetail,
  zBillRun,
  zBillStepResults,
  zBillSums,
  zDispute,
  zDunningNotice,
} from '../../../contracts/bills.ts';
import { zFeeLine, zPage } from '../../../contracts/rest.ts';
import { all, type Query, request, toQuery, V1 } from '../api.ts';

export type BillRun = z.infer<typeof zBillRun>;
export type BillStepResult = z.infer<typeof zBillStepResults>['results'][number];
export type TakenStep = 'review' | 'return' | 'issue' | 'void';

/** As many bills as one request may name. */
export const BILLS_AT_ONCE = 200;

export const billsApi = {
  list: (query: Query, signal?: AbortSignal) =>
    request(zPage(zBill), `${V1}/bills${toQuery(query)}`, { signal }),
  sums: (query: Query, signal?: AbortSignal) =>
    request(zBillSums, `${V1}/bills/sums${toQuery(query)}`, { signal }),
  one: (id: number, signal?: AbortSignal) => request(zBillDetail, `${V1}/bills/${id}`, { signal }),
  lines: (id: number, signal?: AbortSignal) =>
    all((cursor) =>
      request(zPage(zFeeLine), `${V1}/bills/${id}/lines${toQuery({ cursor, limit: 1000 })}`, { signal }),
    ),
  step: (body: { site: string; step: TakenStep; bills: readonly number[]; reason?: string }) =>
    request(zBillStepResults, `${V1}/bills/steps`, { body }),
  runs: (query: Query, signal?: AbortSignal) =>
    request(zPage(zBillRun), `${V1}/bills/runs${toQuery(query)}`, { signal }),
  drawUp: (body: { site: string; period: string }) => request(zBillRun, `${V1}/bills/runs`, { body }),

  credit: (id: number, body: { amount: string; reason: string }) =>
    request(zBillDetail, `${V1}/bills/${id}/credit-notes`, { body }),
  writeOff: (id: number, body: { amount: string; reason: string }) =>
    request(zBillDetail, `${V1}/bills/${id}/write-offs`, { body }),
  decideWriteOff: (id: number, approve: boolean) =>
    request(zBillDetail, `${V1}/write-offs/${id}/decision`, { body: { approve } }),
  payFromBalance: (id: number) => request(zBillDetail, `${V1}/bills/${id}/balance`, { body: {} }),
  payFromDeposit: (id: number, amount: string) =>
    request(zBillDetail, `${V1}/bills/${id}/deposit`, { body: { amount } }),

  dispute: (id: number, body: { lines: readonly number[]; reason: string }) =>
    request(zDispute, `${V1}/bills/${id}/disputes`, { body }),
  oneDispute: (id: number, signal?: AbortSignal) => request(zDispute, `${V1}/disputes/${id}`, { signal }),
  decide: (
    id: number,
    body: { outcome: 'rejected'; note: string } | { outcome: 'upheld'; note: string; amount: string },
  ) => request(zDispute, `${V1}/disputes/${id}/decision`, { body }),

  dunning: (query: Query, signal?: AbortSignal) =>
    request(zPage(zDunningNotice), `${V1}/dunning${toQuery(query)}`, { signal }),
  sent: (id: number) => request(zDunningNotice, `${V1}/dunning/${id}/sent`, { body: {} }),
};
