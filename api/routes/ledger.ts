import {
  zAccount,
  zAccountQuery,
  zEntryQuery,
  zLedgerEntry,
  zLedgerTransaction,
  zTrialBalance,
  zTrialBalanceQuery,
} from '../../contracts/ledger.ts';
import { zIdParams, zPage } from '../../contracts/rest.ts';
import { listAccounts, listEntries, readTransaction, readTrialBalance } from '../../store/ledger-accounts.ts';
import { numberCursor, toPage } from '../pages.ts';
import { notFound } from '../problems.ts';
import type { Routes } from '../routes.ts';

export const ledgerRoutes: Routes = (app, { db }) => {
  app.get(
    '/ledger/accounts',
    {
      config: { access: 'ledger:read' },
      schema: {
        tags: ['ledger'],
        summary: 'A site’s accounts with their balances',
        description:
          'Minor units, debits positive: what a lease owes is positive, what it has paid in advance negative.',
        querystring: zAccountQuery,
        response: { 200: zPage(zAccount) },
      },
    },
    async ({ query: { cursor, limit, ...filter } }) => {
      const page = { ...filter, afterId: numberCursor(cursor), limit: limit + 1 };
      return toPage(
        await listAccounts(db.$client, page),
        limit,
        (account) => account.id,
        (account) => account,
      );
    },
  );

  app.get(
    '/ledger/accounts/:id',
    {
      config: { access: 'ledger:read' },
      schema: {
        tags: ['ledger'],
        summary: 'An account with its balance',
        params: zIdParams,
        response: { 200: zAccount },
      },
    },
    async ({ params: { id } }) => {
      const [account] = await listAccounts(db.$client, { id, limit: 1 });
      if (!account) throw notFound('account');
      return account;
    },
  );

  app.get(
    '/ledger/accounts/:id/entries',
    {
      config: { access: 'ledger:read' },
      schema: {
        tags: ['ledger'],
        summary: 'The entries of an account, newest first, with the balance after each',
        params: zIdParams,
        querystring: zEntryQuery,
        response: { 200: zPage(zLedgerEntry) },
      },
    },
    async ({ params: { id }, query: { cursor, limit, ...range } }) => {
      const page = { ...range, account: id, beforeId: numberCursor(cursor), limit: limit + 1 };
      return toPage(
        await listEntries(db.$client, page),
        limit,
        (entry) => entry.id,
        (entry) => entry,
      );
    },
  );

  app.get(
    '/ledger/transactions/:id',
    {
      config: { access: 'ledger:read' },
      schema: {
        tags: ['ledger'],
        summary: 'A transaction with its entries and what it is about',
        params: zIdParams,
        response: { 200: zLedgerTransaction },
      },
    },
    async ({ params: { id } }) => {
      const one = await readTransaction(db.$client, id);
      if (!one) throw notFound('transaction');
      return one;
    },
  );

  app.get(
    '/ledger/trial-balance',
    {
      config: { access: 'ledger:read' },
      schema: {
        tags: ['ledger'],
        summary: 'Debits and credits by kind of account; they add up to zero',
        querystring: zTrialBalanceQuery,
        response: { 200: zTrialBalance },
      },
    },
    ({ query }) => readTrialBalance(db.$client, query),
  );
};
