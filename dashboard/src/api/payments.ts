import { z } from 'zod';
import type { zBankImportCreate, zBankRowSettle } from '../../../contracts/bank-statements.ts';
import { zBankImportResult, zBankRow } from '../../../contracts/bank-statements.ts';
import type { zDepositReturn } from '../../../contracts/bills.ts';
import {
  zCharge,
  type zChargeCreate,
  zChargeDetail,
  type zChargeSettle,
  type zPaymentMethodPut,
  zPayOptions,
} from '../../../contracts/charges.ts';
import { zReconciliation } from '../../../contracts/reconciliation.ts';
import { zPage } from '../../../contracts/rest.ts';
import { type Query, request, toQuery, V1 } from '../api.ts';

const zLeaseRef = z.object({ lease: z.number() });

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
  settle: (id: number, body: z.input<typeof zChargeSettle>) =>
    request(zChargeDetail, `${V1}/charges/${id}/settle`, { body }),
  decideByHand: (id: number, approve: boolean) =>
    request(zChargeDetail, `${V1}/hand-outcomes/${id}/decision`, { body: { approve } }),
  refund: (id: number, body: { amount: string; reason: string }) =>
    request(zChargeDetail, `${V1}/charges/${id}/refunds`, { body }),
  options: (lease: number, signal?: AbortSignal) =>
    request(zPayOptions, `${V1}/payment-options${toQuery({ lease })}`, { signal }),
  putMethod: (lease: number, body: z.input<typeof zPaymentMethodPut>) =>
    request(zPayOptions.shape.method, `${V1}/leases/${lease}/payment-method`, { method: 'PUT', body }),
  returnDeposit: (body: z.input<typeof zDepositReturn>) =>
    request(zLeaseRef, `${V1}/deposits/returns`, { body }),
  importBank: (body: z.input<typeof zBankImportCreate>) =>
    request(zBankImportResult, `${V1}/bank-statements`, { body }),
  bankRows: (query: Query, signal?: AbortSignal) =>
    request(zPage(zBankRow), `${V1}/bank-rows${toQuery(query)}`, { signal }),
  settleBankRow: (id: number, body: z.input<typeof zBankRowSettle>) =>
    request(zBankRow, `${V1}/bank-rows/${id}/settle`, { body }),
  reconciliations: (query: Query, signal?: AbortSignal) =>
    request(zPage(zReconciliation), `${V1}/reconciliations${toQuery(query)}`, { signal }),
};
