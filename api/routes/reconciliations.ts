import { zReconciliation, zReconciliationQuery } from '../../contracts/reconciliation.ts';
import { zPage } from '../../contracts/rest.ts';
import { listReconciliations } from '../../store/reconciliation.ts';
import { numberCursor, toPage } from '../pages.ts';
import type { Routes } from '../routes.ts';

export const reconciliationRoutes: Routes = (app, { db }) => {
  app.get(
    '/reconciliations',
    {
      config: { access: 'payments:read' },
      schema: {
        tags: ['payments'],
        summary: 'Providers’ statements against our books, newest first',
        querystring: zReconciliationQuery,
        response: { 200: zPage(zReconciliation) },
      },
    },
    async ({ query: { cursor, limit, site } }) => {
      const rows = await listReconciliations(db.$client, {
        site,
        beforeId: numberCursor(cursor),
        limit: limit + 1,
      });
      return toPage(
        rows,
        limit,
        (row) => row.id,
        (row) => row,
      );
    },
  );
};
