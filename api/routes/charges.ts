import {
  zCharge,
  zChargeCreate,
  zChargeDetail,
  zChargeQuery,
  zChargeSettle,
  zHandOutcomeDecision,
  zRefundCreate,
} from '../../contracts/charges.ts';
import { zIdParams, zPage } from '../../contracts/rest.ts';
import { applyOutcome } from '../../store/charge-outcomes.ts';
import { findPayingLease, listCharges, readCharge } from '../../store/charge-views.ts';
import { type Created, cancelCharge, countOpenTopUps, createCharge, lookNow } from '../../store/charges.ts';
import type { Database } from '../../store/database.ts';
import { findHandOutcome } from '../../store/hand-outcomes.ts';
import { createRefund } from '../../store/refunds.ts';
import { readSettings } from '../../store/settings.ts';
import { decideByHand, type HandRefusal, settleByHand } from '../../store/settle-by-hand.ts';
import { transaction } from '../../store/transaction.ts';
import { principalOf } from '../access.ts';
import { numberCursor, toPage } from '../pages.ts';
import { offeredTo, partyOf, record } from '../paying.ts';
import { missing, notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

const OPEN_TOP_UPS_MAX = 5;

export const chargeRoutes: Routes = (app, { db, providers }) => {
  app.get(
    '/charges',
    {
      config: { access: ['payments:read', 'payments:pay-own'] },
      schema: {
        tags: ['payments'],
        summary: 'Charges, newest first',
        description: 'Money asked of a payer. A merchant sees those of their own leases.',
        querystring: zChargeQuery,
        response: { 200: zPage(zCharge) },
      },
    },
    async (request) => {
      const { cursor, limit, ...query } = request.query;
      const rows = await listCharges(db.$client, {
        ...query,
        partyId: partyOf(principalOf(request), 'payments:read'),
        beforeId: numberCursor(cursor),
        limit: limit + 1,
      });
      return toPage(
        rows,
        limit,
        (charge) => charge.id,
        (charge) => charge,
      );
    },
  );

  app.get(
    '/charges/:id',
    {
      config: { access: ['payments:read', 'payments:pay-own'] },
      schema: {
        tags: ['payments'],
        summary: 'A charge and its history',
        description: 'Ask again while its status is created, submitted or unknown: it changes by itself.',
        params: zIdParams,
        response: { 200: zChargeDetail },
      },
    },
    async (request) => ownCharge(db, request.params.id, partyOf(principalOf(request), 'payments:read')),
  );

  app.post(
    '/charges',
    {
      config: { access: ['payments:write', 'payments:pay-own'] },
      schema: {
        tags: ['payments'],
        summary: 'Pay a bill, or money onto a lease’s balance',
        description:
          'Answers 201 with the charge before its provider is asked: what the payer needs (`payWith`) and what became of it come with GET /api/v1/charges/{id}. Cash is entered with its receipt number and succeeds at once. A bill has one open charge at most.',
        body: zChargeCreate,
        response: { 201: zChargeDetail },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { purpose, lease, bill, provider, amount, receiptNo } = request.body;
      const own = partyOf(principal, 'payments:write');
      const at = new Date();
      const id = await transaction(db, async (tx) => {
        const paying = await findPayingLease(tx, lease);
        if (!paying || (own !== undefined && paying.partyId !== own))
          throw unprocessable('body.lease', 'there is no such lease', missing('lease'));
        if (!offeredTo(principal, paying.currency, providers).includes(provider))
          throw unprocessable(
            'body.provider',
            'is not offered: GET /api/v1/payment-options lists those that are',
            'provider_not_offered',
          );
        if (provider === 'balance' && purpose !== 'bill')
          throw unprocessable('body.provider', 'the balance pays bills only', 'balance_bills_only');
        if (purpose === 'deposit' && own !== undefined)
          throw unprocessable('body.purpose', 'deposits are entered by the operator', 'deposit_by_operator');
        if ((provider === 'cash') !== (receiptNo !== undefined))
          throw unprocessable(
            'body.receiptNo',
            'cash has a receipt number, and nothing else has',
            'receipt_cash',
          );
        if (purpose !== 'bill' && (await countOpenTopUps(tx, lease)) >= OPEN_TOP_UPS_MAX)
          throw new Problem(
            409,
            'too many payments of this lease are open: finish or cancel one of them first',
            'open_payments',
          );
        const created = await createCharge(tx, {
          ...{ leaseId: lease, billId: bill, purpose, provider, at },
          amount: BigInt(amount),
          requestedBy: principal.actor,
          ...(receiptNo === undefined ? {} : { payWith: { receiptNo } }),
        });
        if (!created.ok) throw refusalOf(created);
        if (provider === 'cash') {
          await applyOutcome(
            tx,
            created.id,
            { status: 'succeeded', providerRef: receiptNo, paid: BigInt(amount), currency: paying.currency },
            { actor: principal.actor, at },
          );
        }
        await record(tx, principal, {
          ...{ siteId: created.siteId, at, action: 'charge.create', subject: `charge ${created.id}` },
          detail: {
            purpose,
            lease,
            amount,
            provider,
            ...(bill === undefined ? {} : { bill }),
            ...(receiptNo === undefined ? {} : { receiptNo }),
          },
        });
        return created.id;
      });
      void reply.code(201).header('location', `/api/v1/charges/${id}`);
      return ownCharge(db, id, undefined);
    },
  );

  app.post(
    '/charges/:id/cancel',
    {
      config: { access: ['payments:write', 'payments:pay-own'] },
      schema: {
        tags: ['payments'],
        summary: 'Stop asking for a charge',
        description:
          'The provider is asked once more and told to close it; only then it has failed. If it was paid meanwhile, it has succeeded.',
        params: zIdParams,
        response: { 200: zChargeDetail },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const { id } = request.params;
      const party = partyOf(principal, 'payments:write');
      const charge = await ownCharge(db, id, party);
      const at = new Date();
      await transaction(db, async (tx) => {
        if (!(await cancelCharge(tx, id, principal.actor, at)))
          throw new Problem(409, `the charge has ${charge.status} and cannot be cancelled`, 'charge_ended');
        await record(tx, principal, {
          siteId: charge.site,
          at,
          action: 'charge.cancel',
          subject: `charge ${id}`,
        });
      });
      return ownCharge(db, id, party);
    },
  );

  app.post(
    '/charges/:id/look',
    {
      config: { access: 'payments:write' },
      schema: {
        tags: ['payments'],
        summary: 'Ask the provider now what became of a charge',
        params: zIdParams,
        response: { 200: zChargeDetail },
      },
    },
    async (request) => {
      const { id } = request.params;
      const charge = await ownCharge(db, id, undefined);
      const asked = await transaction(db, (tx) => lookNow(tx, id, new Date()));
      if (!asked)
        throw new Problem(409, `the charge has ${charge.status}: there is nothing to ask`, 'charge_ended');
      return ownCharge(db, id, undefined);
    },
  );

  app.post(
    '/charges/:id/settle',
    {
      config: { access: 'payments:write' },
      schema: {
        tags: ['payments'],
        summary: 'Say by hand what became of an unknown charge or refund',
        description:
          'For a provider that gives no clear answer: look into its own books first. With four eyes somebody else approves it (`POST /api/v1/hand-outcomes/{id}/decision`). Money of a charge said to have failed is still booked if the provider reports it later; whatever contradicts what was said opens a case.',
        params: zIdParams,
        body: zChargeSettle,
        response: { 200: zChargeDetail },
      },
    },
    async (request) => {
      const { actor } = principalOf(request);
      const { id } = request.params;
      const { as, note, refund: refundId = null } = request.body;
      const { site } = await ownCharge(db, id, undefined);
      await transaction(db, async (tx) => {
        const { fourEyes } = (await readSettings(tx.orm, site)).billing;
        const of = { chargeId: id, refundId };
        const refusal = await settleByHand(tx, of, { as, note, fourEyes, actor, at: new Date() });
        if (refusal) throw handProblem(refusal);
      });
      return ownCharge(db, id, undefined);
    },
  );

  app.post(
    '/hand-outcomes/:id/decision',
    {
      config: { access: 'payments:write' },
      schema: {
        tags: ['payments'],
        summary: 'Approve what somebody said by hand of a charge or refund, or drop it',
        description: 'With four eyes it cannot be approved by who said it.',
        params: zIdParams,
        body: zHandOutcomeDecision,
        response: { 200: zChargeDetail },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { actor } = principalOf(request);
      const known = await findHandOutcome(db.$client, id);
      if (!known) throw notFound('hand_outcome');
      await transaction(db, async (tx) => {
        const { fourEyes } = (await readSettings(tx.orm, known.siteId)).billing;
        const { approve } = request.body;
        const refusal = await decideByHand(tx, id, { approve, fourEyes, actor, at: new Date() });
        if (refusal) throw handProblem(refusal);
      });
      return ownCharge(db, known.chargeId, undefined);
    },
  );

  app.post(
    '/charges/:id/refunds',
    {
      config: { access: 'payments:write' },
      schema: {
        tags: ['payments'],
        summary: 'Give money back',
        description:
          'In parts if need be, together at most what came in. Cash and transfers are given back by hand before this is called.',
        params: zIdParams,
        body: zRefundCreate,
        response: { 201: zChargeDetail },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { id } = request.params;
      const { amount, reason } = request.body;
      const charge = await ownCharge(db, id, undefined);
      const at = new Date();
      await transaction(db, async (tx) => {
        const created = await createRefund(tx, {
          ...{ chargeId: id, amount: BigInt(amount), reason, requestedBy: principal.actor, at },
        });
        if (!created.ok) {
          if (created.reason === 'no_such_charge') throw notFound('charge');
          if (created.reason === 'not_succeeded')
            throw new Problem(409, 'only a charge that succeeded can be refunded', 'refund_unpaid');
          const why =
            created.reason === 'above_paid' ? 'of what came in' : 'on the lease’s balance or deposit';
          throw unprocessable(
            'body.amount',
            `is above the ${created.left} minor units that are left ${why}`,
            { code: 'refund_max', values: { left: `${created.left}` } },
          );
        }
        await record(tx, principal, {
          ...{ siteId: charge.site, at, action: 'charge.refund', subject: `charge ${id}` },
          detail: { refund: created.id, amount, reason },
        });
      });
      void reply.code(201);
      return ownCharge(db, id, undefined);
    },
  );
};

async function ownCharge(db: Database, id: number, party: number | undefined) {
  const charge = await readCharge(db.$client, id);
  if (!charge || (party !== undefined && charge.partyId !== party)) throw notFound('charge');
  return charge.view;
}

function handProblem(refusal: HandRefusal): Problem {
  switch (refusal.reason) {
    case 'no_such_charge':
      return notFound('charge');
    case 'no_such_refund':
      return unprocessable('body.refund', 'the charge has no such refund', missing('refund'));
    case 'not_open':
      return new Problem(
        409,
        `it has ${refusal.status}: only what is unknown is settled by hand`,
        'charge_ended',
      );
    case 'above_paid':
      return new Problem(
        409,
        `only ${refusal.left} minor units of what came in are left: other refunds have taken the rest, so this one is not booked; ask for the money back, and close its case`,
        { code: 'refund_unbooked', values: { left: `${refusal.left}` } },
      );
    case 'proposed_already':
      return new Problem(
        409,
        'somebody has said what became of it: approve that, or drop it first',
        'outcome_proposed',
      );
    case 'decided_already':
      return new Problem(409, 'it is decided already', 'decided_already');
    case 'proposed_it':
      return new Problem(409, 'with four eyes somebody else has to approve it', 'four_eyes');
  }
}

function refusalOf(created: Extract<Created, { ok: false }>): Problem {
  switch (created.reason) {
    case 'no_such_lease':
      return unprocessable('body.lease', 'there is no such lease', missing('lease'));
    case 'no_such_bill':
      return unprocessable('body.bill', 'the lease has no such bill', missing('bill'));
    case 'not_issued':
      return unprocessable('body.bill', 'is not issued yet', 'bill_not_issued');
    case 'above_due':
      return unprocessable('body.amount', `is above the ${created.due} minor units that are due`, {
        code: 'above_due',
        values: { due: `${created.due}` },
      });
    case 'open_charge':
      return new Problem(
        409,
        `another payment of this bill is open (charge ${created.chargeId}): finish or cancel it first`,
        { code: 'payment_open', values: { charge: `${created.chargeId}` } },
        { headers: { location: `/api/v1/charges/${created.chargeId}` } },
      );
  }
}
