import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { zPeriodName, zRunDifferences } from '../../contracts/periods.ts';
import { zBillingRun, zBillingRunCreate, zIdParams, zPage, zPageQuery } from '../../contracts/rest.ts';
import { periodRefusal } from '../../domain/periods.ts';
import { type BillingRunView, listRuns, queueRunOnce, readRun } from '../../store/billing-runs.ts';
import type { Database } from '../../store/database.ts';
import { listShadowDifferences, readShadowSum } from '../../store/shadow-totals.ts';
import { findSite } from '../../store/sites.ts';
import { principalOf } from '../access.ts';
import { encodeCursor, numberCursor, toPage } from '../pages.ts';
import { missing, noSuchSite, notFound, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

const WAIT_S_MAX = 60;
const POLL_MS = 200;

const hasEnded = (run: BillingRunView): boolean => run.status === 'succeeded' || run.status === 'failed';

/** Seconds of `Prefer: wait=N` (RFC 7240), 0 without it. */
function waitOf(prefer: string | string[] | undefined): number {
  const seconds = Number(/(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})/i.exec(String(prefer ?? ''))?.[1] ?? 0);
  return Math.min(seconds, WAIT_S_MAX);
}

async function untilEnded(
  db: Database,
  id: number,
  seconds: number,
  gone: () => boolean,
): Promise<BillingRunView> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const run = await readRun(db, id);
    if (!run) throw notFound('billing_run');
    if (hasEnded(run) || performance.now() >= deadline || gone()) return run;
    await sleep(POLL_MS);
  }
}

export const billingRunRoutes: Routes = (app, { db }) => {
  app.post(
    '/billing/runs',
    {
      config: { access: 'billing:run' },
      handlerTimeout: (WAIT_S_MAX + 10) * 1000,
      schema: {
        tags: ['billing'],
        summary: 'Charge a site’s month or day',
        description:
          'Queues a run and answers 202 with it; `Prefer: wait=30` (at most 60) waits for its end and then answers 200. ' +
          'A run that has not ended is answered instead of a second one. A run after a run posts nothing. With kind ' +
          '`shadow` nothing is posted at all: see `differences`. Of a closed period only adjustments are posted, on the ' +
          'next open one.',
        body: zBillingRunCreate,
        response: { 200: zBillingRun, 202: zBillingRun },
      },
    },
    async (request, reply) => {
      const { site: siteId, period, kind } = request.body;
      const site = await findSite(db, siteId);
      if (!site) throw noSuchSite();
      const refusal = periodRefusal(period, site.timeZone, Date.now());
      if (refusal === 'no_such_period')
        throw unprocessable('body.period', 'there is no such month or day', missing('period'));
      if (refusal === 'not_over') {
        throw unprocessable('body.period', `is not over in ${site.timeZone}`, { code: 'period_not_over' });
      }
      const id = await queueRunOnce(db, {
        ...{ site: siteId, period, kind, requestedBy: principalOf(request).actor },
      });
      const wait = waitOf(request.headers.prefer);
      if (wait > 0) void reply.header('preference-applied', `wait=${wait}`);
      const run = await untilEnded(db, id, wait, () => request.raw.socket.destroyed);
      return reply
        .code(hasEnded(run) ? 200 : 202)
        .header('location', `/api/v1/billing/runs/${id}`)
        .send(run);
    },
  );

  app.get(
    '/billing/runs',
    {
      config: { access: 'fee-lines:read' },
      schema: {
        tags: ['billing'],
        summary: 'Billing runs, newest first',
        querystring: zPageQuery.extend({ site: z.string().optional(), period: zPeriodName.optional() }),
        response: { 200: zPage(zBillingRun) },
      },
    },
    async ({ query: { cursor, limit, site, period } }) => {
      const rows = await listRuns(db, { site, period, beforeId: numberCursor(cursor), limit: limit + 1 });
      return toPage(
        rows,
        limit,
        (run) => run.id,
        (run) => run,
      );
    },
  );

  app.get(
    '/billing/runs/:id',
    {
      config: { access: 'fee-lines:read' },
      schema: {
        tags: ['billing'],
        summary: 'A billing run and how far it is',
        params: zIdParams,
        response: { 200: zBillingRun },
      },
    },
    async ({ params: { id } }) => {
      const run = await readRun(db, id);
      if (!run) throw notFound('billing_run');
      return run;
    },
  );

  app.get(
    '/billing/runs/:id/differences',
    {
      config: { access: 'fee-lines:read' },
      schema: {
        tags: ['billing'],
        summary: 'What a dry run would change, by lease and component',
        description:
          'Compared with the run of the period before it: another dry run, or what is posted. The largest difference first.',
        params: zIdParams,
        querystring: zPageQuery,
        response: { 200: zRunDifferences },
      },
    },
    async ({ params: { id }, query: { cursor, limit } }) => {
      const run = await readRun(db, id);
      if (run?.kind !== 'shadow') throw notFound('dry_run');
      const offset = numberCursor(cursor) ?? 0;
      const sum = await readShadowSum(db.$client, id);
      const rows = await listShadowDifferences(db.$client, id, { offset, limit: limit + 1 });
      return {
        items: rows.slice(0, limit).map(({ leaseId, party, stall, component, amount, amountBefore }) => ({
          ...{ lease: { id: leaseId, party, stall }, component },
          ...{ amount: `${amount}`, amountBefore: `${amountBefore}`, difference: `${amount - amountBefore}` },
        })),
        nextCursor: rows.length > limit ? encodeCursor(offset + limit) : null,
        comparedRunId: run.comparedRunId,
        ...{ amount: `${sum.amount}`, amountBefore: `${sum.amountBefore}`, count: sum.different },
      };
    },
  );
};
