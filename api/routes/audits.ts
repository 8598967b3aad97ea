import type { z } from 'zod';
import { zAudit, zAuditCreate, zAuditDetail, zAuditQuery } from '../../contracts/audits.ts';
import { zIdParams, zPage } from '../../contracts/rest.ts';
import { periodRefusal } from '../../domain/periods.ts';
import { recordAction } from '../../store/actions.ts';
import {
  type AuditRun,
  findAudit,
  listAudits,
  type NewAudit,
  OPEN_AUDITS_MAX,
  queueAudit,
} from '../../store/audit-runs.ts';
import { lockBill } from '../../store/bill-due.ts';
import { findSite } from '../../store/sites.ts';
import { type Transaction, transaction } from '../../store/transaction.ts';
import { principalOf } from '../access.ts';
import { numberCursor, toPage } from '../pages.ts';
import { missing, noSuchSite, notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

const TOO_MANY = `${OPEN_AUDITS_MAX} audits of this site have not ended: wait for one of them`;

export const auditRoutes: Routes = (app, { db }) => {
  app.post(
    '/audits',
    {
      config: { access: 'audit:run' },
      schema: {
        tags: ['audit'],
        summary: 'Check the invariants of a month or day, or compute a bill again',
        description:
          'Queues it and answers 202; poll `GET /audits/{id}`. Nothing is changed: a violation opens a case of kind ' +
          '`audit_violation`. The same audit that has not ended is answered instead of a second one.',
        body: zAuditCreate,
        response: { 202: zAudit },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const at = new Date();
      const requestedBy = principalOf(request).actor;
      const id = await transaction(db, async (tx) => {
        const about =
          'bill' in body ? await ofBill(tx, body.bill) : { ...body, siteId: body.site, billId: null };
        const { siteId, period, billId } = about;
        const site = await findSite(tx.orm, siteId);
        if (!site) throw noSuchSite();
        const refusal = periodRefusal(period, site.timeZone, at.getTime());
        if (refusal === 'no_such_period')
          throw unprocessable('body.period', 'there is no such month or day', missing('period'));
        if (refusal === 'not_over') {
          throw unprocessable('body.period', `is not over in ${site.timeZone}`, { code: 'period_not_over' });
        }
        const audit = await queueAudit(tx, { siteId, period, billId, requestedBy, at });
        if (audit === undefined) throw new Problem(429, TOO_MANY, { code: 'audits_waiting' });
        const subject = billId === null ? `period ${period}` : `bill ${billId}`;
        await recordAction(tx.orm, {
          siteId,
          at,
          actor: requestedBy,
          action: 'audit.run',
          subject,
          detail: { audit },
        });
        return audit;
      });
      const run = await findAudit(db.$client, id);
      if (!run) throw notFound('audit');
      return reply.code(202).header('location', `/api/v1/audits/${id}`).send(viewAudit(run));
    },
  );

  app.get(
    '/audits',
    {
      config: { access: 'audit:read' },
      schema: {
        tags: ['audit'],
        summary: 'Audits of a site, the newest first; with `bill`, that bill’s',
        querystring: zAuditQuery,
        response: { 200: zPage(zAudit) },
      },
    },
    async ({ query: { cursor, limit, ...query } }) => {
      const beforeId = numberCursor(cursor);
      const rows = await listAudits(db.$client, { ...query, beforeId, limit: limit + 1 });
      return toPage(rows, limit, ({ id }) => id, viewAudit);
    },
  );

  app.get(
    '/audits/:id',
    {
      config: { access: 'audit:read' },
      schema: {
        tags: ['audit'],
        summary: 'An audit with what it checked and found',
        params: zIdParams,
        response: { 200: zAuditDetail },
      },
    },
    async ({ params: { id } }) => {
      const run = await findAudit(db.$client, id);
      if (!run) throw notFound('audit');
      const isBill = run.billId !== null;
      return {
        ...viewAudit(run),
        seen: run.seen as z.infer<typeof zAuditDetail>['seen'],
        findings: isBill ? null : (run.result as z.infer<typeof zAuditDetail>['findings']),
        replay: isBill ? (run.result as z.infer<typeof zAuditDetail>['replay']) : null,
      };
    },
  );
};

async function ofBill(
  tx: Transaction,
  billId: number,
): Promise<Pick<NewAudit, 'siteId' | 'period' | 'billId'>> {
  const bill = await lockBill(tx, billId);
  if (!bill) throw unprocessable('body.bill', 'there is no such bill', missing('bill'));
  return { siteId: bill.siteId, period: bill.period, billId };
}

const viewAudit = ({ siteId: site, billId: bill, ...run }: AuditRun): z.infer<typeof zAudit> => ({
  id: run.id,
  site,
  period: run.period,
  bill,
  status: run.status,
  requestedBy: run.requestedBy,
  requestedAt: run.requestedAt.toISOString(),
  finishedAt: run.finishedAt?.toISOString() ?? null,
  progress: run.progress,
  violations: run.violations,
  error: run.error,
});
