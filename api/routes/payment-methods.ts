import { zPaymentMethodPut, zPayOptions, zPayOptionsQuery } from '../../contracts/charges.ts';
import { zIdParams } from '../../contracts/rest.ts';
import { findPayingLease, findPaymentMethod, putPaymentMethod } from '../../store/charge-views.ts';
import type { Database } from '../../store/database.ts';
import { readBalance } from '../../store/ledger.ts';
import { transaction } from '../../store/transaction.ts';
import { principalOf } from '../access.ts';
import { offeredTo, partyOf, record } from '../paying.ts';
import { notFound, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

export const paymentMethodRoutes: Routes = (app, { db, providers }) => {
  app.get(
    '/payment-options',
    {
      config: { access: ['payments:read', 'payments:pay-own'] },
      schema: {
        tags: ['payments'],
        summary: 'How a lease can pay, its balance and its deposit',
        querystring: zPayOptionsQuery,
        response: { 200: zPayOptions },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const { lease } = request.query;
      const paying = await ownLease(db, lease, partyOf(principal, 'payments:read'));
      const held = async (kind: 'prepaid' | 'deposit') =>
        String(-(await readBalance(db.$client, paying.siteId, { kind, leaseId: lease })));
      return {
        providers: offeredTo(principal, paying.currency, providers),
        balance: await held('prepaid'),
        deposit: await held('deposit'),
        currency: paying.currency,
        method: await findPaymentMethod(db.$client, lease),
      };
    },
  );

  app.put(
    '/leases/:id/payment-method',
    {
      config: { access: ['payments:write', 'payments:pay-own'] },
      schema: {
        tags: ['payments'],
        summary: 'How a lease’s bills are paid by themselves on the due date',
        params: zIdParams,
        body: zPaymentMethodPut,
        response: { 200: zPayOptions.shape.method },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const { id } = request.params;
      const own = partyOf(principal, 'payments:write');
      const paying = await ownLease(db, id, own);
      const { provider, payer } = request.body;
      if (!offeredTo(principal, paying.currency, providers).includes(provider))
        throw unprocessable(
          'body.provider',
          'is not offered: GET /api/v1/payment-options lists those that are',
          'provider_not_offered',
        );
      // Whose card it is, the operator has to know.
      if (own !== undefined && provider !== 'balance')
        throw unprocessable('body.provider', 'ask the operator to set this up', 'provider_by_operator');
      if (provider === 'stripe' && !(payer['customer'] && payer['paymentMethod']))
        throw unprocessable('body.payer', 'Stripe needs customer and paymentMethod', 'stripe_payer');
      const at = new Date();
      await transaction(db, async (tx) => {
        await putPaymentMethod(tx, id, request.body, { actor: principal.actor, at });
        await record(tx, principal, {
          ...{ siteId: paying.siteId, at, action: 'payment-method.set', subject: `lease ${id}` },
          detail: { provider, autopay: request.body.autopay },
        });
      });
      return findPaymentMethod(db.$client, id);
    },
  );
};

async function ownLease(db: Database, id: number, party: number | undefined) {
  const lease = await findPayingLease(db.$client, id);
  if (!lease || (party !== undefined && lease.partyId !== party)) throw notFound('lease');
  return lease;
}
