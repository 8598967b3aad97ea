import type { z } from 'zod';
import {
  zCase,
  zCaseDetail,
  zCaseDismiss,
  zCaseQuery,
  zCaseSummary,
  zCaseSummaryQuery,
} from '../../contracts/cases.ts';
import { zIdParams, zPage } from '../../contracts/rest.ts';
import { mayDismiss } from '../../domain/cases.ts';
import {
  type CaseRow,
  countOpenCases,
  decideCase,
  findCase,
  listCases,
  listDecisions,
} from '../../store/cases.ts';
import type { Database } from '../../store/database.ts';
import { transaction } from '../../store/transaction.ts';
import { principalOf } from '../access.ts';
import { openCaseOf } from '../case-decisions.ts';
import { numberCursor, toPage } from '../pages.ts';
import { notFound, Problem } from '../problems.ts';
import type { Routes } from '../routes.ts';

const viewCase = (row: CaseRow): z.output<typeof zCase> => ({
  id: row.id,
  site: row.siteId,
  kind: row.kind,
  status: row.status,
  key: row.key,
  subject: row.subject,
  count: row.count,
  openedAt: row.openedAt.toISOString(),
  lastSeenAt: row.lastSeenAt.toISOString(),
  closedAt: row.closedAt?.toISOString() ?? null,
  closedBy: row.closedBy,
  resolution: row.resolution,
  note: row.note,
});

/** A case as `GET /cases/:id` shows it: what a decision answers. */
export async function caseDetail(db: Database, id: number): Promise<z.output<typeof zCaseDetail>> {
  const row = await findCase(db, id);
  if (!row) throw notFound('case');
  const decisions = await listDecisions(db, row);
  return {
    ...viewCase(row),
    decisions: decisions.map(({ siteId: _, ...action }) => ({ ...action, at: action.at.toISOString() })),
  };
}

export const caseRoutes: Routes = (app, { db }) => {
  app.get(
    '/cases',
    {
      config: { access: 'cases:read' },
      schema: {
        tags: ['cases'],
        summary: 'What a person must decide, newest first',
        querystring: zCaseQuery,
        response: { 200: zPage(zCase) },
      },
    },
    async ({ query: { cursor, limit, ...query } }) => {
      const rows = await listCases(db, { ...query, before: numberCursor(cursor), limit: limit + 1 });
      return toPage(rows, limit, (row) => row.id, viewCase);
    },
  );

  app.get(
    '/cases/summary',
    {
      config: { access: 'cases:read' },
      schema: {
        tags: ['cases'],
        summary: 'How many cases are open',
        querystring: zCaseSummaryQuery,
        response: { 200: zCaseSummary },
      },
    },
    async ({ query: { site } }) => {
      const kinds = await countOpenCases(db, site);
      return { open: kinds.reduce((sum, { open }) => sum + open, 0), kinds };
    },
  );

  app.get(
    '/cases/:id',
    {
      config: { access: 'cases:read' },
      schema: {
        tags: ['cases'],
        summary: 'A case with what was decided',
        params: zIdParams,
        response: { 200: zCaseDetail },
      },
    },
    ({ params: { id } }) => caseDetail(db, id),
  );

  app.post(
    '/cases/:id/dismiss',
    {
      config: { access: 'cases:decide' },
      schema: {
        tags: ['cases'],
        summary: 'Close a case with a note',
        description:
          'For what was settled elsewhere. Kinds with a decision of their own are closed by that alone.',
        params: zIdParams,
        body: zCaseDismiss,
        response: { 200: zCaseDetail },
      },
    },
    async (request) => {
      const { id } = request.params;
      await transaction(db, async (tx) => {
        const one = await openCaseOf(tx, id);
        if (!mayDismiss(one.kind)) {
          throw new Problem(
            409,
            `a case of kind ${one.kind} is closed by deciding it`,
            'case_needs_decision',
          );
        }
        await decideCase(tx.orm, one, {
          actor: principalOf(request).actor,
          at: new Date(),
          resolution: 'dismissed',
          note: request.body.note,
        });
      });
      return caseDetail(db, id);
    },
  );
};
