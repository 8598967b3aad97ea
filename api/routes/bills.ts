import { z } from 'zod';
import {
  type Bill,
  zBill,
  zBillDetail,
  zBillQuery,
  zBillRun,
  zBillRunCreate,
  zBillStepResults,
  zBillSteps,
  zBillSums,
  zBillSumsQuery,
} from '../../contracts/bills.ts';
import { zFeeLine, zIdParams, zPage, zPageQuery } from '../../contracts/rest.ts';
import { may } from '../../domain/permissions.ts';
import { readBillDetail } from '../../store/bill-details.ts';
import { listBillRuns, queueBillRun } from '../../store/bill-runs.ts';
import { type StepResult, takeStep } from '../../store/bill-steps.ts';
import { isPeriodClosed, listBills, readBill, sumBills } from '../../store/bills.ts';
import type { Database } from '../../store/database.ts';
import { listFeeLines } from '../../store/fee-lines.ts';
import { readSettings } from '../../store/settings.ts';
import { findSite } from '../../store/sites.ts';
import { transaction } from '../../store/transaction.ts';
import { type Principal, principalOf } from '../access.ts';
import { numberCursor, toPage } from '../pages.ts';
import { noSuchSite, notFound, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

/** A merchant without a party has no bills: no party has this id. */
const NO_PARTY = 0;
/** Whose bills somebody may see; undefined: everyone's. */
export const billPartyOf = ({ role, partyId }: Principal): number | undefined =>
  may(role, 'bills:read') ? undefined : (partyId ?? NO_PARTY);

export const SEEN = ['bills:read', 'bills:read-own'] as const;

/** The bill, where the one who asks may see it. */
export async function visibleBill(db: Database, id: number, who: Principal): Promise<Bill> {
  const bill = await readBill(db.$client, id, billPartyOf(who), new Date());
  if (!bill) throw notFound('bill');
  return bill;
}

const REFUSALS: Record<NonNullable<StepResult['refusal']>, string> = {
  no_such_bill: 'the site has no such bill',
  wrong_status: 'its status does not allow this step (another person may have been first): look at it again',
  drew_it_up: 'with four eyes somebody else than who drew it up must review it',
  reviewed_it: 'with four eyes somebody else than who reviewed it must issue it',
  period_open: 'its period is not closed yet: close the period first',
  wrong_currency: 'its currency is not the site’s: void it and have it drawn up again',
  not_the_sum: 'it is not the sum of its lines any more: void it and have it drawn up again',
};

export const billRoutes: Routes = (app, { db }) => {
  app.get(
    '/bills',
    {
      config: { access: SEEN },
      schema: {
        tags: ['bills'],
        summary: 'Bills, newest first',
        description:
          'A merchant sees their own, once they are issued. `q` is a number, a stall or a merchant.',
        querystring: zBillQuery,
        response: { 200: zPage(zBill) },
      },
    },
    async (request) => {
      const { cursor, limit, ...filter } = request.query;
      const partyId = billPartyOf(principalOf(request));
      const page = { ...filter, partyId, beforeId: numberCursor(cursor), limit: limit + 1 };
      const rows = await listBills(db.$client, page, new Date());
      return toPage(
        rows,
        limit,
        (bill) => bill.id,
        (bill) => bill,
      );
    },
  );

  app.get(
    '/bills/sums',
    {
      config: { access: SEEN },
      schema: {
        tags: ['bills'],
        summary: 'How many bills there are, and what they come to',
        querystring: zBillSumsQuery,
        response: { 200: zBillSums },
      },
    },
    (request) =>
      sumBills(db.$client, { ...request.query, partyId: billPartyOf(principalOf(request)) }, new Date()),
  );

  app.get(
    '/bills/:id',
    {
      config: { access: SEEN },
      schema: {
        tags: ['bills'],
        summary: 'A bill with what became of it',
        description: 'Its lines added up, what was booked on it, credits, disputes, and who did what.',
        params: zIdParams,
        response: { 200: zBillDetail },
      },
    },
    async (request) => {
      const party = billPartyOf(principalOf(request));
      const detail = await readBillDetail(db.$client, request.params.id, party, new Date());
      if (!detail) throw notFound('bill');
      return detail;
    },
  );

  app.get(
    '/bills/:id/lines',
    {
      config: { access: SEEN },
      schema: {
        tags: ['bills'],
        summary: 'The fee lines of a bill, newest first',
        params: zIdParams,
        querystring: zPageQuery,
        response: { 200: zPage(zFeeLine) },
      },
    },
    async (request) => {
      const { cursor, limit } = request.query;
      const bill = await visibleBill(db, request.params.id, principalOf(request));
      const rows = await listFeeLines(db, {
        bill: bill.id,
        beforeId: numberCursor(cursor),
        limit: limit + 1,
      });
      return toPage(
        rows,
        limit,
        (line) => line.id,
        (line) => line,
      );
    },
  );

  app.post(
    '/bills/steps',
    {
      config: { access: 'bills:write' },
      schema: {
        tags: ['bills'],
        summary: 'Review, return, issue or void bills',
        description:
          'At most 200 at once, in one transaction; each answers for itself. With four eyes two people take part. ' +
          'Issuing gives the number and books the receivable; it cannot be taken back, only credited.',
        body: zBillSteps,
        response: { 200: zBillStepResults },
      },
    },
    async (request) => {
      const { site: siteId, step, bills, reason } = request.body;
      const site = await findSite(db, siteId);
      if (!site) throw noSuchSite();
      const { actor } = principalOf(request);
      const results = await transaction(db, async (tx) =>
        takeStep(tx, {
          site,
          settings: await readSettings(tx.orm, siteId),
          step,
          billIds: bills,
          actor,
          at: new Date(),
          reason,
        }),
      );
      return {
        results: results.map(({ billId, refusal }) => ({
          bill: billId,
          done: refusal === undefined,
          refusal: refusal === undefined ? null : { code: refusal, detail: REFUSALS[refusal] },
        })),
      };
    },
  );

  app.post(
    '/bills/runs',
    {
      config: { access: 'bills:write' },
      schema: {
        tags: ['bills'],
        summary: 'Draw up the bills of a closed month',
        description:
          'It happens by itself when a month is closed; this is for bills that were voided. Drawing up again makes none twice.',
        body: zBillRunCreate,
        response: { 202: zBillRun },
      },
    },
    async (request, reply) => {
      const { site: siteId, period } = request.body;
      if (!(await findSite(db, siteId))) throw noSuchSite();
      if (!(await isPeriodClosed(db.$client, siteId, period)))
        throw unprocessable('body.period', 'is not closed yet: bills are drawn up from closed months', {
          code: 'period_not_closed',
        });
      const { actor } = principalOf(request);
      const id = await queueBillRun(db.$client, { site: siteId, period, requestedBy: actor, at: new Date() });
      const [run] = await listBillRuns(db.$client, { id, limit: 1 });
      if (!run) throw new Error('the queued run was not found');
      return reply.code(202).send(run);
    },
  );

  app.get(
    '/bills/runs',
    {
      config: { access: 'bills:read' },
      schema: {
        tags: ['bills'],
        summary: 'Drawings up of bills, newest first, and how far they are',
        querystring: zPageQuery.extend({ site: z.string().optional() }),
        response: { 200: zPage(zBillRun) },
      },
    },
    async ({ query: { cursor, limit, site } }) => {
      const rows = await listBillRuns(db.$client, { site, beforeId: numberCursor(cursor), limit: limit + 1 });
      return toPage(
        rows,
        limit,
        (run) => run.id,
        (run) => run,
      );
    },
  );
};
