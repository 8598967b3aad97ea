import type { z } from 'zod';
import {
  zBalance,
  zBalanceDetail,
  zBalanceEntry,
  zBalanceNotice,
  zSupplyEvent,
  zTold,
} from '../../../contracts/balances.ts';
import { zPage } from '../../../contracts/rest.ts';
import type { ManualSupplyStep } from '../../../domain/supply.ts';
import { type Query, request, toQuery, V1 } from '../api.ts';

export type Balance = z.infer<typeof zBalance>;
export type BalanceDetail = z.infer<typeof zBalanceDetail>;
export type BalanceEntry = z.infer<typeof zBalanceEntry>;
export type BalanceNotice = z.infer<typeof zBalanceNotice>;
export type SupplyEvent = z.infer<typeof zSupplyEvent>;

export const prepaidApi = {
  list: (query: Query, signal?: AbortSignal) =>
    request(zPage(zBalance), `${V1}/balances${toQuery(query)}`, { signal }),
  one: (lease: number, signal?: AbortSignal) =>
    request(zBalanceDetail, `${V1}/balances/${lease}`, { signal }),
  statement: (lease: number, query: Query, signal?: AbortSignal) =>
    request(zPage(zBalanceEntry), `${V1}/balances/${lease}/statement${toQuery(query)}`, { signal }),
  notices: (query: Query, signal?: AbortSignal) =>
    request(zPage(zBalanceNotice), `${V1}/balance-notices${toQuery(query)}`, { signal }),
  told: (lease: number) => request(zTold, `${V1}/balances/${lease}/told`, { method: 'POST' }),
  events: (lease: number, signal?: AbortSignal) =>
    request(zPage(zSupplyEvent), `${V1}/supplies/${lease}/events${toQuery({ limit: 20 })}`, { signal }),
  step: (lease: number, step: ManualSupplyStep, reason: string) =>
    request(zSupplyEvent, `${V1}/supplies/${lease}/steps`, { body: { step, reason } }),
  protect: (lease: number, isProtected: boolean, reason: string) =>
    request(zBalance.shape.supply, `${V1}/supplies/${lease}/protection`, {
      method: 'PUT',
      body: { isProtected, reason },
    }),
};
