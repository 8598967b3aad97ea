import type { z } from 'zod';
import type { zBankImportCreate, zBankRowSettle } from '../../../contracts/bank-statements.ts';
import { zBankImportResult, zBankRow } from '../../../contracts/bank-statements.ts';
import { zCharge, type zChargeCreate, zChargeDetail, zPayOptions } from '../../../contracts/charges.ts';
import { zReconciliation } from '../../../contracts/reconciliation.ts';
import { zPage } from '../../../contracts/rest.ts';
import { type Query, request, toQuery, V1 } from '../api.ts';

export type Charge = z.infer<typeof zCharge>;
export type ChargeDetail = z.infer<typeof zChargeDetail>;
export type BankRow = z.infer<typeof zBankRow>;
export type BankImportResult = z.infer<typeof zBankImportResult>;
export type Reconciliation = z.infer<typeof zReconciliation>;

export const paymentsApi = {
  charges: (query: Query, signal?: AbortSignal) =>
    request(zPage(zCharge), `${V1}/charges${toQuery(query)}`, { signal }),
  charge: (id: number, signal?: AbortSignal) => request(zChargeDetail, `${V1}/charges/${id}`, { signal }),
  pay: (body: z.input<typeof zChargeCreate>) => request(zChargeDetail, `${V1}/charges`, { body }),
  cancel: (id: number) => request(zChargeDetail, `${V1}/charges/${id}/cancel`, { body: {} }),
  look: (id: number) => request(zChargeDetail, `${V1}/charges/${id}/look`, { body: {} }),
  refund: (id: number, body: { amount: string; reason: string }) =>
    request(zChargeDetail, `${V1}/charges/${id}/refunds`, { body }),
  options: (lease: number, signal?: AbortSignal) =>
    request(zPayOptions, `${V1}/payment-options${toQuery({ lease })}`, { signal }),
  importBank: (body: z.input<typeof zBankImportCreate>) =>
    request(zBankImportResult, `${V1}/bank-statements`, { body }),
  bankRows: (query: Query, signal?: AbortSignal) =>
    request(zPage(zBankRow), `${V1}/bank-rows${toQuery(query)}`, { signal }),
  settleBankRow: (id: number, body: z.input<typeof zBankRowSettle>) =>
    request(zBankRow, `${V1}/bank-rows/${id}/settle`, { body }),
  reconciliations: (query: Query, signal?: AbortSignal) =>
    request(zPage(zReconciliation), `${V1}/reconciliations${toQuery(query)}`, { signal }),
};
