import { z } from 'zod';
import { zIdParams, zPage } from '../../contracts/rest.ts';
import {
  zPayout,
  zPayoutCreate,
  zPayoutQuery,
  zSettlementParty,
  zShare,
  zShareQuery,
  zStatement,
  zStatementQuery,
} from '../../contracts/settlement.ts';
import { localDate } from '../../domain/local-days.ts';
import { recordAction } from '../../store/actions.ts';
import type { Database } from '../../store/database.ts';
import { listPayouts, type PayoutView, payOut } from '../../store/settlement-payouts.ts';
import {
  listShares,
  listStandings,
  type PartyStanding,
  readTurnover,
} from '../../store/settlement-statements.ts';
import { findSite, type Site } from '../../store/sites.ts';
import { transaction } from '../../store/transaction.ts';
import { principalOf } from '../access.ts';
import { numberCursor, toPage } from '../pages.ts';
import { missing, notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

export async function siteOf(db: Database, id: string): Promise<Site & { readonly today: string }> {
  const site = await findSite(db, id);
  if (!site) throw notFound('site');
  return { ...site, today: localDate(Date.now(), site.timeZone) };
}

/** The month's first date and the next one's. */
export function datesOf(month: string): { readonly from: string; readonly to: string } {
  const next = new Date(`${month}-01T00:00:00Z`);
  next.setUTCMonth(next.getUTCMonth() + 1);
  return { from: `${month}-01`, to: next.toISOString().slice(0, 10) };
}

function viewStanding(standing: PartyStanding, currency: string): z.output<typeof zSettlementParty> {
  const isOperator = standing.kind === 'operator';
  const shown = (amount: bigint): string => (isOperator ? '0' : `${amount}`);
  return {
    party: { id: standing.partyId, name: standing.name, kind: standing.kind },
    currency,
    held: shown(standing.held),
    waiting: shown(standing.waiting),
    payable: shown(standing.payable),
    isOperator,
    isHeld: standing.isHeld,
  };
}

const viewPayout = ({ amount, createdAt, ...payout }: PayoutView): z.output<typeof zPayout> => ({
  ...payout,
  amount: `${amount}`,
  createdAt: createdAt.toISOString(),
});

export const settlementRoutes: Routes = (app, { db }) => {
  app.get(
    '/settlement/parties',
    {
      config: { access: 'settlement:read' },
      schema: {
        tags: ['settlement'],
        summary: 'The parties that have shares, and where they stand today',
        querystring: z.object({ site: z.string() }),
        response: { 200: zPage(zSettlementParty) },
      },
    },
    async ({ query }) => {
      const site = await siteOf(db, query.site);
      const standings = await listStandings(db.$client, { siteId: site.id, today: site.today });
      return { items: standings.map((one) => viewStanding(one, site.currency)), nextCursor: null };
    },
  );

  app.get(
    '/settlement/parties/:id/statement',
    {
      config: { access: 'settlement:read' },
      schema: {
        tags: ['settlement'],
        summary: 'A party’s month: what it began with, got, was paid, and ended with',
        description: '`held`, `waiting` and `payable` are of today. Its lines: `GET /settlement/shares`.',
        params: zIdParams,
        querystring: zStatementQuery,
        response: { 200: zStatement },
      },
    },
    async ({ params: { id: partyId }, query: { month, site: siteId } }) => {
      const site = await siteOf(db, siteId);
      const about = { siteId: site.id, partyId };
      const [standing] = await listStandings(db.$client, { ...about, today: site.today });
      if (!standing) throw notFound('party_with_shares');
      const { previous, total, paidOut, lines } = await readTurnover(db.$client, {
        ...about,
        ...datesOf(month),
      });
      return {
        ...viewStanding(standing, site.currency),
        ...{ site: site.id, month, lines },
        previous: `${previous}`,
        total: `${total}`,
        paidOut: `${paidOut}`,
        closing: `${previous + total - paidOut}`,
      };
    },
  );

  app.get(
    '/settlement/shares',
    {
      config: { access: 'settlement:read' },
      schema: {
        tags: ['settlement'],
        summary: 'A party’s shares, newest first',
        querystring: zShareQuery,
        response: { 200: zPage(zShare) },
      },
    },
    async ({ query: { cursor, limit, site, party, month } }) => {
      const rows = await listShares(db.$client, {
        ...{ siteId: site, partyId: party, beforeId: numberCursor(cursor), limit: limit + 1 },
        ...(month === undefined ? {} : datesOf(month)),
      });
      return toPage(
        rows,
        limit,
        (row) => row.id,
        (row) => ({ ...row, lineAmount: `${row.lineAmount}`, amount: `${row.amount}` }),
      );
    },
  );

  app.get(
    '/settlement/payouts',
    {
      config: { access: 'settlement:read' },
      schema: {
        tags: ['settlement'],
        summary: 'What was paid out, newest first',
        querystring: zPayoutQuery,
        response: { 200: zPage(zPayout) },
      },
    },
    async ({ query: { cursor, limit, site: siteId, party: partyId } }) => {
      const query = { siteId, partyId, beforeId: numberCursor(cursor), limit: limit + 1 };
      return toPage(await listPayouts(db.$client, query), limit, (row) => row.id, viewPayout);
    },
  );

  app.post(
    '/settlement/payouts',
    {
      config: { access: 'settlement:write' },
      schema: {
        tags: ['settlement'],
        summary: 'Mark all that is payable to a party as paid out',
        description:
          'After the transfer: with its bank number. `amount` is what was payable when it was looked at; if it is another ' +
          'by now, nothing is marked.',
        body: zPayoutCreate,
        response: { 201: zPayout },
      },
    },
    async (request, reply) => {
      const { site: siteId, party: partyId, bankRef, paidOn } = request.body;
      const amount = BigInt(request.body.amount);
      const site = await siteOf(db, siteId);
      if (paidOn > site.today) throw unprocessable('body.paidOn', 'is in the future', 'paid_ahead');
      const [standing] = await listStandings(db.$client, { siteId, today: site.today, partyId });
      if (!standing)
        throw unprocessable('body.party', 'has no shares at this site', missing('party_with_shares'));
      if (standing.kind === 'operator') {
        throw unprocessable(
          'body.party',
          'is the operator: its share stays in the revenue',
          'operator_keeps',
        );
      }
      const { actor } = principalOf(request);
      const at = new Date();
      const about = { siteId, partyId, amount, bankRef, paidOn, actor, at };
      const id = await transaction(db, async (tx) => {
        const made = await payOut(tx, { ...about, currency: site.currency, today: site.today });
        if ('payable' in made) {
          throw new Problem(409, `${made.payable} minor units are payable now: look again before you pay`, {
            code: 'payable_changed',
            values: { payable: `${made.payable}` },
          });
        }
        const detail = { party: partyId, amount: `${amount}`, bankRef, paidOn };
        const subject = `payout ${made.id}`;
        await recordAction(tx.orm, { siteId, at, actor, action: 'settlement.payout', subject, detail });
        return made.id;
      });
      const [payout] = await listPayouts(db.$client, { siteId, id, limit: 1 });
      if (!payout) throw new Error('the payout was not returned');
      return reply.code(201).send(viewPayout(payout));
    },
  );
};
