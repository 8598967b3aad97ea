import { zBalance, zProtection, zSupplyEvent, zSupplyStepCreate } from '../../contracts/balances.ts';
import { zIdParams, zPage, zPageQuery } from '../../contracts/rest.ts';
import type { RefusalCode } from '../../domain/refusals.ts';
import {
  MANUAL_SUPPLY_STEPS,
  type ManualSupplyStep,
  orderExpiry,
  type SupplyFacts,
  type SupplyState,
} from '../../domain/supply.ts';
import { recordAction } from '../../store/actions.ts';
import {
  holdBalance,
  listSupplyEvents,
  lockSupplies,
  readSupplies,
  setProtected,
} from '../../store/supply.ts';
import { takeSupplyStep } from '../../store/supply-steps.ts';
import { transaction } from '../../store/transaction.ts';
import { principalOf } from '../access.ts';
import { numberCursor, toPage } from '../pages.ts';
import { notFound, Problem } from '../problems.ts';
import type { Routes } from '../routes.ts';
import { seenBalance } from './balances.ts';

/** Why a person may not take a step now; null when they may. */
function refusal(
  step: ManualSupplyStep,
  state: SupplyState,
  facts: SupplyFacts,
): [string, RefusalCode] | null {
  const { from, when } = MANUAL_SUPPLY_STEPS[step];
  if (!(from as readonly SupplyState[]).includes(state)) return [`the supply is ${state}`, 'supply_state'];
  if (when(facts)) return null;
  if (facts.isProtected) return ['the lease is protected: take that back first', 'supply_protected'];
  if (facts.balance > 0n) return ['there is money on the balance', 'supply_paid'];
  if (facts.hasEnded) return ['the lease is over', 'supply_over'];
  return [`its power cannot be cut alone: ${facts.obstacle}`, 'supply_obstacle'];
}

export const supplyRoutes: Routes = (app, { db }) => {
  app.get(
    '/supplies/:id/events',
    {
      config: { access: ['payments:read', 'payments:pay-own'] },
      schema: {
        tags: ['prepaid'],
        summary: 'Every step of a lease’s supply, newest first',
        description: '`id` is the lease’s.',
        params: zIdParams,
        querystring: zPageQuery,
        response: { 200: zPage(zSupplyEvent) },
      },
    },
    async (request) => {
      const { leaseId } = await seenBalance(db, request.params.id, principalOf(request));
      const { cursor, limit } = request.query;
      const query = { leaseId, beforeId: numberCursor(cursor), limit: limit + 1 };
      return toPage(
        await listSupplyEvents(db.$client, query),
        limit,
        (row) => row.id,
        (row) => ({ ...row, at: row.at.toISOString(), balance: `${row.balance}` }),
      );
    },
  );

  app.post(
    '/supplies/:id/steps',
    {
      config: { access: 'commands:send' },
      schema: {
        tags: ['prepaid'],
        summary: 'Cut or give back a stall’s power by hand',
        description:
          'Hours and notice are yours to answer for; a protected lease, one with money, and a meter that others use ' +
          'are never cut. The state is `cut` or `connected` once every meter has acknowledged.',
        params: zIdParams,
        body: zSupplyStepCreate,
        response: { 202: zSupplyEvent },
      },
    },
    async (request, reply) => {
      const { step, reason } = request.body;
      const { actor } = principalOf(request);
      const { leaseId, siteId } = await seenBalance(db, request.params.id, principalOf(request));
      const at = new Date();
      await transaction(db, async (tx) => {
        await lockSupplies(tx, siteId);
        await holdBalance(tx, leaseId);
        const [supply] = await readSupplies(tx, {
          ...{ siteId, at, cutOff: false, leaseId, afterLease: 0, limit: 1 },
        });
        if (!supply) throw notFound('stall');
        const refused = refusal(step, supply.state, supply.facts);
        if (refused !== null) throw new Problem(409, ...refused);
        const { to, op } = MANUAL_SUPPLY_STEPS[step];
        if (op !== null && supply.devices.length === 0)
          throw new Problem(409, 'no meter has a relay here', 'supply_no_relay');
        const order = op && { op, expiresAt: new Date(orderExpiry(op, at.getTime(), null)) };
        await takeSupplyStep(tx, supply, { name: step, to, actor, reason, order });
      });
      const [event] = await listSupplyEvents(db.$client, { leaseId, limit: 1 });
      if (!event) throw new Error('the step left no event');
      return reply.code(202).send({ ...event, at: event.at.toISOString(), balance: `${event.balance}` });
    },
  );

  app.put(
    '/supplies/:id/protection',
    {
      config: { access: 'leases:write' },
      schema: {
        tags: ['prepaid'],
        summary: 'Protect a lease from ever being cut off (保电), or no longer',
        description: 'A stall that is cut gets its power back at once.',
        params: zIdParams,
        body: zProtection,
        response: { 200: zBalance.shape.supply },
      },
    },
    async (request) => {
      const { body } = request;
      const { actor } = principalOf(request);
      const { leaseId, siteId } = await seenBalance(db, request.params.id, principalOf(request));
      const at = new Date();
      await transaction(db, async (tx) => {
        await lockSupplies(tx, siteId);
        await setProtected(tx, { siteId, leaseId, ...body, at });
        const action = body.isProtected ? 'supply.protect' : 'supply.unprotect';
        const subject = `lease ${leaseId}`;
        await recordAction(tx.orm, { siteId, at, actor, action, subject, detail: { reason: body.reason } });
      });
      const { state, since, isProtected, protectedReason } = await seenBalance(
        db,
        leaseId,
        principalOf(request),
      );
      return { state, since: since?.toISOString() ?? null, isProtected, protectedReason };
    },
  );
};
