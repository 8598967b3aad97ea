import type { z } from 'zod';
import { zAccount, zLedgerEntry, zLedgerTransaction, zTrialBalance } from '../../../contracts/ledger.ts';
import { zPage } from '../../../contracts/rest.ts';
import { type Query, request, toQuery, V1 } from '../api.ts';

export type LedgerEntry = z.infer<typeof zLedgerEntry>;

export const ledgerApi = {
  accounts: (query: Query, signal?: AbortSignal) =>
    request(zPage(zAccount), `${V1}/ledger/accounts${toQuery(query)}`, { signal }),
  account: (id: number, signal?: AbortSignal) => request(zAccount, `${V1}/ledger/accounts/${id}`, { signal }),
  entries: (id: number, query: Query, signal?: AbortSignal) =>
    request(zPage(zLedgerEntry), `${V1}/ledger/accounts/${id}/entries${toQuery(query)}`, { signal }),
  transaction: (id: number, signal?: AbortSignal) =>
    request(zLedgerTransaction, `${V1}/ledger/transactions/${id}`, { signal }),
  trialBalance: (query: Query, signal?: AbortSignal) =>
    request(zTrialBalance, `${V1}/ledger/trial-balance${toQuery(query)}`, { signal }),
};
