import type { z } from 'zod';
import {
  zBalance,
  zBalanceDetail,
  zBalanceEntry,
  zBalanceNotice,
  zBalanceNoticeQuery,
  zBalanceQuery,
  zTold,
} from '../../contracts/balances.ts';
import { zIdParams, zPage, zPageQuery } from '../../contracts/rest.ts';
import { may } from '../../domain/permissions.ts';
import { recordAction } from '../../store/actions.ts';
import { listNotices, markTold } from '../../store/balance-notices.ts';
import { type BalanceView, listBalanceEntries, listBalances } from '../../store/balance-views.ts';
import type { Database } from '../../store/database.ts';
import { readSettings } from '../../store/settings.ts';
import { readSupplies } from '../../store/supply.ts';
import { transaction } from '../../store/transaction.ts';
import { type Principal, principalOf } from '../access.ts';
import { badCursor, numberCursor, textCursor, toPage } from '../pages.ts';
import { notFound } from '../problems.ts';
import type { Routes } from '../routes.ts';

/** A merchant without a party has no leases: no party has this id. */
const NO_PARTY = 0;
const HOUR_MS = 3_600_000;
/** Whose balances somebody may see; undefined: everyone's. */
const partyOf = ({ role, partyId }: Principal): number | undefined =>
  may(role, 'payments:read') ? undefined : (partyId ?? NO_PARTY);

/** A lease's balance, if its reader may see it. @throws Problem 404 */
export async function seenBalance(db: Database, leaseId: number, reader: Principal): Promise<BalanceView> {
  const query = { leaseId, partyId: partyOf(reader), now: new Date(), limit: 1 };
  const [view] = await listBalances(db.$client, query);
  if (!view) throw notFound('prepaid_lease');
  return view;
}

function viewBalance(view: BalanceView): z.output<typeof zBalance> {
  const { usedDays } = view;
  const days = BigInt(usedDays);
  // Half up; a mean below zero (only reversals) says nothing about the days to come.
  const average = usedDays === 0 ? null : (2n * view.used + days) / (2n * days);
  const isRunningOut = average !== null && average > 0n;
  return {
    lease: { id: view.leaseId, party: view.party, stall: view.stall },
    site: view.siteId,
    currency: view.currency,
    balance: `${view.balance}`,
    averageDaily: average === null ? null : `${average}`,
    daysLeft: isRunningOut ? (view.balance <= 0n ? 0 : Number(view.balance / average)) : null,
    chargedTo: view.chargedTo,
    notices: [...view.notices],
    supply: {
      state: view.state,
      since: view.since?.toISOString() ?? null,
      isProtected: view.isProtected,
      protectedReason: view.protectedReason,
    },
    hasEnded: view.hasEnded,
  };
}

function afterOf(cursor: string | undefined): { balance: bigint; leaseId: number } | undefined {
  const key = /^(-?\d{1,18})\|(\d{1,15})$/.exec(textCursor(cursor) ?? '');
  if (key) return { balance: BigInt(key[1] ?? 0), leaseId: Number(key[2]) };
  if (cursor === undefined) return undefined;
  throw badCursor();
}

export const balanceRoutes: Routes = (app, { db }) => {
  app.get(
    '/balances',
    {
      config: { access: ['payments:read', 'payments:pay-own'] },
      schema: {
        tags: ['prepaid'],
        summary: 'Balances of prepaid leases, the lowest first',
        description: 'A merchant sees those of their own leases.',
        querystring: zBalanceQuery,
        response: { 200: zPage(zBalance) },
      },
    },
    async (request) => {
      const { cursor, limit, ...query } = request.query;
      const partyId = partyOf(principalOf(request));
      const about = { ...query, partyId, after: afterOf(cursor), now: new Date(), limit: limit + 1 };
      const rows = await listBalances(db.$client, about);
      return toPage(rows, limit, (row) => `${row.balance}|${row.leaseId}`, viewBalance);
    },
  );

  app.get(
    '/balances/:id',
    {
      config: { access: ['payments:read', 'payments:pay-own'] },
      schema: {
        tags: ['prepaid'],
        summary: 'The balance of a lease',
        description: '`id` is the lease’s.',
        params: zIdParams,
        response: { 200: zBalanceDetail },
      },
    },
    async (request) => {
      const view = await seenBalance(db, request.params.id, principalOf(request));
      const { siteId, leaseId, notifiedAt } = view;
      const { prepaid } = await readSettings(db, siteId);
      const about = { siteId, leaseId, at: new Date(), cutOff: prepaid.cutOff, afterLease: 0, limit: 1 };
      const [supply] = await readSupplies(db.$client, about);
      const isNotified = view.state === 'notified' || view.state === 'cut_due';
      return {
        ...viewBalance(view),
        obstacle: supply ? supply.facts.obstacle : ('no_meter' as const),
        cutFrom:
          isNotified && notifiedAt
            ? new Date(notifiedAt.getTime() + prepaid.noticeHours * HOUR_MS).toISOString()
            : null,
        cutOff: prepaid.cutOff,
      };
    },
  );

  app.get(
    '/balances/:id/statement',
    {
      config: { access: ['payments:read', 'payments:pay-own'] },
      schema: {
        tags: ['prepaid'],
        summary: 'What was booked on a lease’s balance, newest first',
        params: zIdParams,
        querystring: zPageQuery,
        response: { 200: zPage(zBalanceEntry) },
      },
    },
    async (request) => {
      const { leaseId } = await seenBalance(db, request.params.id, principalOf(request));
      const { cursor, limit } = request.query;
      const query = { leaseId, beforeId: numberCursor(cursor), limit: limit + 1 };
      const rows = await listBalanceEntries(db.$client, query);
      return toPage(
        rows,
        limit,
        (row) => row.id,
        (row) => ({
          ...row,
          at: row.at.toISOString(),
          amount: `${row.amount}`,
          balance: `${row.balance}`,
        }),
      );
    },
  );

  app.get(
    '/balance-notices',
    {
      config: { access: ['payments:read', 'payments:pay-own'] },
      schema: {
        tags: ['prepaid'],
        summary: 'Low balances and cut-offs to tell merchants of, newest first',
        description: 'Those that hold still. A merchant sees their own.',
        querystring: zBalanceNoticeQuery,
        response: { 200: zPage(zBalanceNotice) },
      },
    },
    async (request) => {
      const { cursor, limit, ...query } = request.query;
      const rows = await listNotices(db.$client, {
        ...query,
        partyId: partyOf(principalOf(request)),
        beforeId: numberCursor(cursor),
        limit: limit + 1,
      });
      return toPage(
        rows,
        limit,
        (row) => row.id,
        (row) => ({
          id: row.id,
          lease: { id: row.leaseId, party: row.party, stall: row.stall },
          phone: row.phone,
          level: row.level,
          threshold: `${row.threshold}`,
          balanceThen: `${row.balanceThen}`,
          balance: `${row.balance}`,
          currency: row.currency,
          at: row.at.toISOString(),
          toldAt: row.toldAt?.toISOString() ?? null,
          toldBy: row.toldBy,
        }),
      );
    },
  );

  app.post(
    '/balances/:id/told',
    {
      config: { access: 'payments:write' },
      schema: {
        tags: ['prepaid'],
        summary: 'The merchant was told of a lease’s low balance',
        description: 'Marks the notices that hold now. A fall after the next top-up is told anew.',
        params: zIdParams,
        response: { 200: zTold },
      },
    },
    async (request) => {
      const { leaseId, siteId, notices } = await seenBalance(db, request.params.id, principalOf(request));
      const { actor } = principalOf(request);
      const at = new Date();
      return transaction(db, async (tx) => {
        const told = await markTold(tx, { leaseId, by: actor, at });
        if (told > 0) {
          const action = { siteId, at, actor, action: 'balance.told', subject: `lease ${leaseId}` };
          await recordAction(tx.orm, { ...action, detail: { notices } });
        }
        return { told };
      });
    },
  );
};
