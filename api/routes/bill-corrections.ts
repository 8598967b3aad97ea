import { z } from 'zod';
import {
  zBillDetail,
  zCreditNoteCreate,
  zDeposit,
  zDepositReturn,
  zWriteOffCreate,
  zWriteOffDecision,
} from '../../contracts/bills.ts';
import { zIdParams } from '../../contracts/rest.ts';
import type { RefusalCode } from '../../domain/refusals.ts';
import { readBillDetail } from '../../store/bill-details.ts';
import { type LockedBill, lockBill } from '../../store/bill-due.ts';
import { applyBalance } from '../../store/bill-settling.ts';
import { issueCreditNote } from '../../store/credit-notes.ts';
import { applyDeposit, returnDeposit } from '../../store/deposits.ts';
import { findLease } from '../../store/leases.ts';
import { readSettings } from '../../store/settings.ts';
import { findSite } from '../../store/sites.ts';
import { type Transaction, transaction } from '../../store/transaction.ts';
import {
  decideWriteOff,
  findWriteOffBill,
  proposeWriteOff,
  type WriteOffRefusal,
} from '../../store/write-offs.ts';
import { principalOf } from '../access.ts';
import { missing, noSuchSite, notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

type Detail = z.infer<typeof zBillDetail>;

const WRITE_OFF_REFUSALS: Record<WriteOffRefusal, readonly [detail: string, code: RefusalCode]> = {
  not_issued: ['only an issued bill has something to write off', 'bill_not_issued'],
  above_due: [
    'more than is due on the bill: look at it again, part of it may have been paid',
    'write_off_above_due',
  ],
  proposed_already: ['a write-off of this bill waits for a decision: decide it first', 'write_off_proposed'],
  decided_already: ['it was decided before', 'decided_already'],
  proposed_it: ['with four eyes somebody else than who proposed it must approve it', 'four_eyes'],
};

export const notIssued = (): Problem =>
  new Problem(409, 'the bill is not issued: before that, return or void it instead', 'bill_not_issued');

/** What takes back, forgives or pays a bill from what the lease has. */
export const billCorrectionRoutes: Routes = (app, { db }) => {
  async function onBill(
    id: number,
    work: (tx: Transaction, bill: LockedBill, at: Date) => Promise<void>,
  ): Promise<Detail> {
    const at = new Date();
    await transaction(db, async (tx) => {
      const bill = await lockBill(tx, id);
      if (!bill) throw notFound('bill');
      await work(tx, bill, at);
    });
    const detail = await readBillDetail(db.$client, id, undefined, at);
    if (!detail) throw notFound('bill');
    return detail;
  }
  async function siteOf(tx: Transaction, id: string) {
    const site = await findSite(tx.orm, id);
    if (!site) throw noSuchSite();
    return { ...site, settings: await readSettings(tx.orm, id) };
  }

  app.post(
    '/bills/:id/credit-notes',
    {
      config: { access: 'bills:write' },
      schema: {
        tags: ['bills'],
        summary: 'Credit a part of an issued bill',
        description:
          'Gets a number of its own and cannot be taken back. Of a bill that is paid, it goes to the lease’s balance.',
        params: zIdParams,
        body: zCreditNoteCreate,
        response: { 201: zBillDetail },
      },
    },
    async (request, reply) => {
      const { amount, reason } = request.body;
      const { actor } = principalOf(request);
      const detail = await onBill(request.params.id, async (tx, bill, at) => {
        if (bill.number === null || (bill.status !== 'issued' && bill.status !== 'paid')) throw notIssued();
        const site = await siteOf(tx, bill.siteId);
        const done = await issueCreditNote(tx, bill, site, { amount: BigInt(amount), reason, actor, at });
        if ('creditable' in done)
          throw unprocessable(
            'body.amount',
            `at most ${done.creditable} can still be credited on this bill`,
            { code: 'credit_max', values: { most: `${done.creditable}` } },
          );
      });
      return reply.code(201).send(detail);
    },
  );

  app.post(
    '/bills/:id/write-offs',
    {
      config: { access: 'bills:write' },
      schema: {
        tags: ['bills'],
        summary: 'Propose to write off what will not be paid',
        description: 'With four eyes somebody else approves it.',
        params: zIdParams,
        body: zWriteOffCreate,
        response: { 201: zBillDetail },
      },
    },
    async (request, reply) => {
      const { amount, reason } = request.body;
      const { actor } = principalOf(request);
      const detail = await onBill(request.params.id, async (tx, bill, at) => {
        const { fourEyes } = (await readSettings(tx.orm, bill.siteId)).billing;
        const done = await proposeWriteOff(tx, bill, { amount: BigInt(amount), reason, fourEyes, actor, at });
        if (typeof done === 'string') throw new Problem(409, ...WRITE_OFF_REFUSALS[done]);
      });
      return reply.code(201).send(detail);
    },
  );

  app.post(
    '/write-offs/:id/decision',
    {
      config: { access: 'bills:write' },
      schema: {
        tags: ['bills'],
        summary: 'Approve a write-off, or drop it',
        params: zIdParams,
        body: zWriteOffDecision,
        response: { 200: zBillDetail },
      },
    },
    async (request) => {
      const { id } = request.params;
      const billId = await findWriteOffBill(db.$client, id);
      if (billId === undefined) throw notFound('write_off');
      const { actor } = principalOf(request);
      return onBill(billId, async (tx, bill, at) => {
        const { fourEyes } = (await readSettings(tx.orm, bill.siteId)).billing;
        const refusal = await decideWriteOff(tx, id, { approve: request.body.approve, fourEyes, actor, at });
        if (refusal) throw new Problem(409, ...WRITE_OFF_REFUSALS[refusal]);
      });
    },
  );

  app.post(
    '/bills/:id/balance',
    {
      config: { access: 'bills:write' },
      schema: {
        tags: ['bills'],
        summary: 'Pay a bill from the lease’s balance, as far as there is one',
        params: zIdParams,
        response: { 200: zBillDetail },
      },
    },
    (request) => {
      const { actor } = principalOf(request);
      return onBill(request.params.id, async (tx, bill, at) => {
        if (bill.status !== 'issued') throw notIssued();
        if ((await applyBalance(tx, bill.id, at, actor)) === 0n)
          throw new Problem(409, 'the lease has no balance, or nothing is due', 'nothing_to_take');
      });
    },
  );

  app.post(
    '/bills/:id/deposit',
    {
      config: { access: 'bills:write' },
      schema: {
        tags: ['bills'],
        summary: 'Pay a bill from the lease’s deposit',
        params: zIdParams,
        body: zDeposit,
        response: { 200: zBillDetail },
      },
    },
    (request) => {
      const { actor } = principalOf(request);
      return onBill(request.params.id, async (tx, bill, at) => {
        if (bill.status !== 'issued') throw notIssued();
        const refusal = await applyDeposit(tx, bill, { amount: BigInt(request.body.amount), actor, at });
        if (refusal)
          throw unprocessable('body.amount', `at most ${refusal.most} can be taken from the deposit`, {
            code: 'deposit_max',
            values: { most: `${refusal.most}` },
          });
      });
    },
  );

  app.post(
    '/deposits/returns',
    {
      config: { access: 'bills:write' },
      schema: {
        tags: ['bills'],
        summary: 'Book a deposit that was paid back',
        body: zDepositReturn,
        response: { 200: z.object({ lease: z.number().int() }) },
      },
    },
    async (request) => {
      const { lease: leaseId, amount, reason } = request.body;
      const { actor } = principalOf(request);
      const lease = await findLease(db, leaseId);
      if (!lease) throw unprocessable('body.lease', 'there is no such lease', missing('lease'));
      await transaction(db, async (tx) => {
        const { id: siteId, currency } = await siteOf(tx, lease.siteId);
        const one = { siteId, currency, leaseId, amount: BigInt(amount), reason, actor, at: new Date() };
        const refusal = await returnDeposit(tx, one);
        if (refusal)
          throw unprocessable('body.amount', `the lease has left a deposit of ${refusal.most}`, {
            code: 'deposit_max',
            values: { most: `${refusal.most}` },
          });
      });
      return { lease: leaseId };
    },
  );
};
