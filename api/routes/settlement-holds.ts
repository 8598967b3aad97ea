import type { z } from 'zod';
import { zIdParams, zPage } from '../../contracts/rest.ts';
import {
  zHold,
  zHoldCreate,
  zHoldQuery,
  zHoldRelease,
  zSettlementRun,
  zSettlementRunCreate,
  zSettlementRunQuery,
} from '../../contracts/settlement.ts';
import { recordAction } from '../../store/actions.ts';
import { findParty } from '../../store/parties.ts';
import { createHold, type HoldView, listHolds, releaseHold } from '../../store/settlement-holds.ts';
import { listSettlements, queueSettlement, type SettlementRun } from '../../store/settlement-runs.ts';
import { findSite } from '../../store/sites.ts';
import { transaction } from '../../store/transaction.ts';
import { principalOf } from '../access.ts';
import { numberCursor, toPage } from '../pages.ts';
import { missing, noSuchSite, notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

const viewHold = (hold: HoldView): z.output<typeof zHold> => ({
  ...hold,
  createdAt: hold.createdAt.toISOString(),
  releasedAt: hold.releasedAt?.toISOString() ?? null,
});
const viewRun = ({ siteId, ...run }: SettlementRun): z.output<typeof zSettlementRun> => ({
  ...run,
  site: siteId,
  requestedAt: run.requestedAt.toISOString(),
  finishedAt: run.finishedAt?.toISOString() ?? null,
  amount: `${run.amount}`,
});

export const settlementHoldRoutes: Routes = (app, { db }) => {
  const holdOf = async (id: number): Promise<z.output<typeof zHold>> => {
    const [hold] = await listHolds(db.$client, { id, limit: 1 });
    if (!hold) throw notFound('hold');
    return viewHold(hold);
  };

  app.get(
    '/settlement/holds',
    {
      config: { access: 'settlement:read' },
      schema: {
        tags: ['settlement'],
        summary: 'What is held back from payouts, newest first',
        description:
          'Disputed lines are held too, as long as their dispute is open, without being listed here.',
        querystring: zHoldQuery,
        response: { 200: zPage(zHold) },
      },
    },
    async ({ query: { cursor, limit, site } }) => {
      const query = { siteId: site, beforeId: numberCursor(cursor), limit: limit + 1 };
      return toPage(await listHolds(db.$client, query), limit, (row) => row.id, viewHold);
    },
  );

  app.post(
    '/settlement/holds',
    {
      config: { access: 'settlement:write' },
      schema: {
        tags: ['settlement'],
        summary: 'Hold back what a party gets, or the shares of one fee line',
        body: zHoldCreate,
        response: { 201: zHold },
      },
    },
    async (request, reply) => {
      const { site: siteId, party, feeLine, reason } = request.body;
      if (!(await findSite(db, siteId))) throw noSuchSite();
      if (party !== undefined && !(await findParty(db, party))) {
        throw unprocessable('body.party', 'there is no such party', missing('party'));
      }
      const { actor } = principalOf(request);
      const at = new Date();
      const about = { siteId, partyId: party ?? null, feeLineId: feeLine ?? null, reason, actor, at };
      const id = await transaction(db, async (tx) => {
        const made = await createHold(tx, about);
        if (made === undefined)
          throw unprocessable('body.feeLine', 'the site has no such fee line', missing('fee_line'));
        const detail = { party, feeLine, reason };
        const subject = `hold ${made}`;
        await recordAction(tx.orm, { siteId, at, actor, action: 'settlement.hold', subject, detail });
        return made;
      });
      return reply.code(201).send(await holdOf(id));
    },
  );

  app.post(
    '/settlement/holds/:id/release',
    {
      config: { access: 'settlement:write' },
      schema: {
        tags: ['settlement'],
        summary: 'Let go of what was held',
        params: zIdParams,
        body: zHoldRelease,
        response: { 200: zHold },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { reason } = request.body;
      const { actor } = principalOf(request);
      const at = new Date();
      await holdOf(id);
      await transaction(db, async (tx) => {
        const siteId = await releaseHold(tx, { id, actor, reason, at });
        if (siteId === undefined) throw new Problem(409, 'it was released before', 'hold_released');
        const subject = `hold ${id}`;
        await recordAction(tx.orm, {
          ...{ siteId, at, actor, action: 'settlement.release', subject, detail: { reason } },
        });
      });
      return holdOf(id);
    },
  );

  app.get(
    '/settlement/runs',
    {
      config: { access: 'settlement:read' },
      schema: {
        tags: ['settlement'],
        summary: 'When shares were worked out, newest first',
        querystring: zSettlementRunQuery,
        response: { 200: zPage(zSettlementRun) },
      },
    },
    async ({ query: { cursor, limit, site } }) => {
      const query = { site, beforeId: numberCursor(cursor), limit: limit + 1 };
      return toPage(await listSettlements(db.$client, query), limit, (row) => row.id, viewRun);
    },
  );

  app.post(
    '/settlement/runs',
    {
      config: { access: 'settlement:write' },
      schema: {
        tags: ['settlement'],
        summary: 'Share out now what was paid',
        description: 'It also happens once a day. A run after a run books nothing.',
        body: zSettlementRunCreate,
        response: { 202: zSettlementRun },
      },
    },
    async (request, reply) => {
      const { site } = request.body;
      if (!(await findSite(db, site))) throw noSuchSite();
      const { actor } = principalOf(request);
      const at = new Date();
      const id = await transaction(db, (tx) => queueSettlement(tx, { siteId: site, requestedBy: actor, at }));
      const [run] = await listSettlements(db.$client, { id, limit: 1 });
      if (!run) throw new Error('the run was not returned');
      return reply.code(202).send(viewRun(run));
    },
  );
};
