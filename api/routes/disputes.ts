import { zDispute, zDisputeCreate, zDisputeDecision, zDisputeQuery } from '../../contracts/bills.ts';
import { zIdParams, zPage } from '../../contracts/rest.ts';
import { lockBill } from '../../store/bill-due.ts';
import type { Database } from '../../store/database.ts';
import { type DisputeRefusal, decideDispute, listDisputes, openDispute } from '../../store/disputes.ts';
import { readSettings } from '../../store/settings.ts';
import { findSite } from '../../store/sites.ts';
import { transaction } from '../../store/transaction.ts';
import { principalOf } from '../access.ts';
import { numberCursor, toPage } from '../pages.ts';
import { notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';
import { billPartyOf, SEEN, visibleBill } from './bills.ts';

const REFUSALS: Record<DisputeRefusal, readonly [status: 409 | 422, detail: string]> = {
  not_issued: [
    409,
    'only a bill that is issued and not paid can be disputed; of a paid one, ask for a credit',
  ],
  not_its_line: [422, 'body.lines: a line is not on this bill'],
  disputed_already: [409, 'a line is in dispute already: wait for that decision'],
  nothing_charged: [422, 'body.lines: these lines charge nothing'],
};

export const disputeRoutes: Routes = (app, { db }) => {
  app.post(
    '/bills/:id/disputes',
    {
      config: { access: ['bills:write', 'bills:read-own'] },
      schema: {
        tags: ['bills'],
        summary: 'Dispute lines of an issued bill',
        description:
          'Opens a case. Until it is decided these lines are not dunned and bear no late fees; the rest is due as before.',
        params: zIdParams,
        body: zDisputeCreate,
        response: { 201: zDispute },
      },
    },
    async (request, reply) => {
      const who = principalOf(request);
      const bill = await visibleBill(db, request.params.id, who);
      const id = await transaction(db, async (tx) => {
        const locked = await lockBill(tx, bill.id);
        if (!locked) throw notFound('bill');
        const opened = await openDispute(tx, locked, { ...request.body, actor: who.actor, at: new Date() });
        if (typeof opened === 'string') throw new Problem(...REFUSALS[opened], `dispute_${opened}`);
        return opened;
      });
      return reply.code(201).send(await viewOf(db, id));
    },
  );

  app.get(
    '/disputes',
    {
      config: { access: SEEN },
      schema: {
        tags: ['bills'],
        summary: 'Disputes, newest first',
        querystring: zDisputeQuery,
        response: { 200: zPage(zDispute) },
      },
    },
    async (request) => {
      const { cursor, limit, ...filter } = request.query;
      const partyId = billPartyOf(principalOf(request));
      const page = { ...filter, partyId, beforeId: numberCursor(cursor), limit: limit + 1 };
      return toPage(
        await listDisputes(db.$client, page),
        limit,
        (dispute) => dispute.id,
        (dispute) => (partyId === undefined ? dispute : { ...dispute, decidedBy: null }),
      );
    },
  );

  app.get(
    '/disputes/:id',
    {
      config: { access: 'bills:read' },
      schema: { tags: ['bills'], summary: 'A dispute', params: zIdParams, response: { 200: zDispute } },
    },
    ({ params: { id } }) => viewOf(db, id),
  );

  app.post(
    '/disputes/:id/decision',
    {
      config: { access: 'bills:write' },
      schema: {
        tags: ['bills'],
        summary: 'Reject a dispute, or uphold it with a credit note',
        description: 'The note is shown to the merchant. The dispute’s case is closed.',
        params: zIdParams,
        body: zDisputeDecision,
        response: { 200: zDispute },
      },
    },
    async (request) => {
      const dispute = await viewOf(db, request.params.id);
      const { actor } = principalOf(request);
      const { outcome, note } = request.body;
      const amount = 'amount' in request.body ? request.body.amount : undefined;
      await transaction(db, async (tx) => {
        const site = await findSite(tx.orm, dispute.site);
        if (!site) throw notFound('site');
        const refusal = await decideDispute(
          tx,
          dispute.id,
          { timeZone: site.timeZone, settings: await readSettings(tx.orm, site.id) },
          { outcome, note, amount: amount === undefined ? undefined : BigInt(amount), actor, at: new Date() },
        );
        if (refusal === 'decided_already')
          throw new Problem(409, 'the dispute was decided before', 'decided_already');
        if (refusal)
          throw unprocessable('body.amount', `at most ${refusal.creditable} can be credited for it`, {
            code: 'credit_max',
            values: { most: `${refusal.creditable}` },
          });
      });
      return viewOf(db, dispute.id);
    },
  );
};

async function viewOf(db: Database, id: number) {
  const [dispute] = await listDisputes(db.$client, { id, limit: 1 });
  if (!dispute) throw notFound('dispute');
  return dispute;
}
