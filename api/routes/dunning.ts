import { zDunningNotice, zDunningQuery } from '../../contracts/bills.ts';
import { zIdParams, zPage } from '../../contracts/rest.ts';
import { recordAction } from '../../store/actions.ts';
import { findDunningSite, listDunning, markSent } from '../../store/dunning.ts';
import { transaction } from '../../store/transaction.ts';
import { principalOf } from '../access.ts';
import { numberCursor, toPage } from '../pages.ts';
import { notFound, Problem } from '../problems.ts';
import type { Routes } from '../routes.ts';

export const dunningRoutes: Routes = (app, { db }) => {
  app.get(
    '/dunning',
    {
      config: { access: 'bills:read' },
      schema: {
        tags: ['bills'],
        summary: 'Messages about overdue bills: to be sent, or sent',
        description:
          'The platform sends no text messages itself. What is paid or in dispute meanwhile is not listed any more.',
        querystring: zDunningQuery,
        response: { 200: zPage(zDunningNotice) },
      },
    },
    async ({ query: { site, sent = false, cursor, limit } }) => {
      const page = { site, sent, afterId: numberCursor(cursor), limit: limit + 1 };
      return toPage(
        await listDunning(db.$client, page),
        limit,
        (notice) => notice.id,
        (notice) => notice,
      );
    },
  );

  app.post(
    '/dunning/:id/sent',
    {
      config: { access: 'bills:write' },
      schema: {
        tags: ['bills'],
        summary: 'Note that a message was sent, with its words',
        params: zIdParams,
        response: { 200: zDunningNotice },
      },
    },
    async (request) => {
      const { id } = request.params;
      const by = { actor: principalOf(request).actor, at: new Date() };
      return transaction(db, async (tx) => {
        const site = await findDunningSite(tx, id);
        if (site === undefined) throw notFound('message');
        const [notice] = await listDunning(tx, { site, sent: false, id, limit: 1 });
        if (!notice || !(await markSent(tx, notice, by)))
          throw new Problem(
            409,
            'it is not to be sent any more: it was sent, or the bill was paid or disputed',
            'message_done',
          );
        await recordAction(tx.orm, {
          siteId: site,
          ...by,
          action: `dunning.${notice.step}`,
          subject: `bill ${notice.bill.id}`,
        });
        return { ...notice, sentAt: by.at.toISOString(), sentBy: by.actor };
      });
    },
  );
};
