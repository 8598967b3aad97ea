import type { z } from 'zod';
import { zPeriod, zPeriodParams, zPeriodQuery } from '../../contracts/periods.ts';
import { zBillingRun, zPage } from '../../contracts/rest.ts';
import type { SiteSettings } from '../../contracts/settings.ts';
import {
  periodAfter,
  periodKindOf,
  periodRange,
  periodRefusal,
  periodsBefore,
} from '../../domain/periods.ts';
import { queueRunOnce, readRun } from '../../store/billing-runs.ts';
import type { Database } from '../../store/database.ts';
import { type PeriodRow, readFirstMonth, readPeriods } from '../../store/period-views.ts';
import { readClosedPeriod } from '../../store/periods.ts';
import { readSettings } from '../../store/settings.ts';
import { findSite, type Site } from '../../store/sites.ts';
import { principalOf } from '../access.ts';
import { encodeCursor, textCursor } from '../pages.ts';
import { noSuchSite, notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

const HOUR_MS = 3_600_000;

export const periodRoutes: Routes = (app, { db }) => {
  app.get(
    '/periods',
    {
      config: { access: 'fee-lines:read' },
      schema: {
        tags: ['billing'],
        summary: 'Months or days of a site, newest first, with whether they are closed',
        querystring: zPeriodQuery,
        response: { 200: zPage(zPeriod) },
      },
    },
    async ({ query: { site: siteId, kind, cursor, limit } }) => {
      const site = await siteOf(db, siteId);
      const after = textCursor(cursor);
      const before = after === undefined ? undefined : periodRange(after, site.timeZone);
      if (after !== undefined && (!before || periodKindOf(after) !== kind)) {
        throw unprocessable('query.cursor', `is no ${kind} of a page before`, 'bad_cursor');
      }
      const first = (await readFirstMonth(db.$client, siteId)) ?? '';
      const past = periodsBefore(kind, site.timeZone, before?.from ?? Date.now(), limit);
      const [newest] = past;
      const names = before || newest === undefined ? past : [periodAfter(newest), ...past.slice(0, -1)];
      const shown = names.filter((name) => name.slice(0, first.length) >= first);
      const { billing } = await readSettings(db, siteId);
      const rows = await readPeriods(db.$client, siteId, shown);
      const last = shown.length === limit ? shown.at(-1) : undefined;
      return {
        items: rows.map((row) => viewPeriod(site, billing, row)),
        nextCursor: last === undefined ? null : encodeCursor(last),
      };
    },
  );

  app.get(
    '/periods/:site/:period',
    {
      config: { access: 'fee-lines:read' },
      schema: {
        tags: ['billing'],
        summary: 'A month or day of a site',
        params: zPeriodParams,
        response: { 200: zPeriod },
      },
    },
    async ({ params: { site: siteId, period } }) => {
      const site = await siteOf(db, siteId);
      if (!periodRange(period, site.timeZone)) throw notFound('period');
      const { billing } = await readSettings(db, siteId);
      const [row] = await readPeriods(db.$client, siteId, [period]);
      if (!row) throw notFound('period');
      return viewPeriod(site, billing, row);
    },
  );

  app.post(
    '/periods/:site/:period/close',
    {
      config: { access: 'billing:run' },
      schema: {
        tags: ['billing'],
        summary: 'Close a month or day before its grace is over',
        description:
          'Queues the run that closes it and answers 202 with the run: what no reading has come for is estimated, and no ' +
          'line is put on the period any more. It cannot be undone. Without this a period closes by itself once every ' +
          'meter has reported past its end, or its grace is over.',
        params: zPeriodParams,
        response: { 202: zBillingRun },
      },
    },
    async (request, reply) => {
      const { site: siteId, period } = request.params;
      const site = await siteOf(db, siteId);
      const refusal = periodRefusal(period, site.timeZone, Date.now());
      if (refusal === 'no_such_period') throw notFound('period');
      if (refusal === 'not_over') {
        throw unprocessable(
          'params.period',
          `is not over in ${site.timeZone}: it can be closed after its end`,
          { code: 'period_not_over' },
        );
      }
      if (await readClosedPeriod(db.$client, siteId, period)) {
        throw new Problem(
          409,
          `${period} is closed: what comes late is put on the next open period by its run`,
          { code: 'period_closed', values: { period } },
        );
      }
      const requestedBy = principalOf(request).actor;
      const id = await queueRunOnce(db, { site: siteId, period, requestedBy, kind: 'close', isForced: true });
      const run = await readRun(db, id);
      if (!run) throw notFound('billing_run');
      return reply.code(202).header('location', `/api/v1/billing/runs/${id}`).send(run);
    },
  );
};

async function siteOf(db: Database, id: string): Promise<Site> {
  const site = await findSite(db, id);
  if (!site) throw noSuchSite();
  return site;
}

function viewPeriod(
  { id, timeZone }: Site,
  billing: SiteSettings['billing'],
  row: PeriodRow,
): z.input<typeof zPeriod> {
  const { period, closed, lastRun, awaiting, amount, ...rest } = row;
  const range = periodRange(period, timeZone);
  if (!range) throw new Error(`no such period: ${period}`);
  const hours = periodKindOf(period) === 'month' ? billing.monthGraceHours : billing.dayGraceHours;
  const isOver = Date.now() >= range.to;
  return {
    ...{ ...rest, site: id, period, awaiting, amount: `${amount}` },
    status: closed ? 'closed' : !isOver ? 'running' : awaiting > 0 ? 'awaiting' : 'open',
    from: new Date(range.from).toISOString(),
    to: new Date(range.to).toISOString(),
    graceEndsAt: new Date(range.to + hours * HOUR_MS).toISOString(),
    lastRun: lastRun && { ...lastRun, at: lastRun.at?.toISOString() ?? null },
    closed: closed && { ...closed, at: closed.at.toISOString() },
  };
}
