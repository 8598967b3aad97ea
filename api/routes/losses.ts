import type { z } from 'zod';
import {
  type zLoss,
  zLossQuery,
  zLossTrend,
  zLossTrendQuery,
  zShareQuery,
  zShareRow,
} from '../../contracts/meter-tree.ts';
import { zIdParams, zPage } from '../../contracts/rest.ts';
import { monthsUpTo, periodRange } from '../../domain/periods.ts';
import { type Loss, listShares, readLosses } from '../../store/losses.ts';
import type { TreePoint } from '../../store/meter-tree.ts';
import { findSite } from '../../store/sites.ts';
import { findPointSite } from '../../store/usage-inputs.ts';
import { encodeCursor, numberCursor } from '../pages.ts';
import { missing, notFound, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

const TREND_MONTHS = 12;
/** Of the points that lack a value, or have an estimated one, this many are named. */
const NAMED_MAX = 200;

const nameOf = ({ id, code }: TreePoint): { id: number; code: string } => ({ id, code });

const viewLoss = (loss: Loss): z.output<typeof zLoss> => ({
  main: nameOf(loss.main),
  commodity: loss.main.commodity,
  period: loss.period,
  usage: loss.usage === null ? null : `${loss.usage}`,
  stalls: loss.breakdown && `${loss.breakdown.stalls}`,
  common: loss.breakdown && `${loss.breakdown.common}`,
  loss: loss.breakdown && `${loss.breakdown.loss}`,
  lossPercent: loss.breakdown && percent(loss.breakdown.loss, loss.breakdown.main),
  residual: loss.residual === null ? null : `${loss.residual}`,
  what: loss.rule?.what ?? 'nothing',
  weight: loss.rule?.weight ?? null,
  allocated: `${loss.allocated}`,
  missing: loss.missing.slice(0, NAMED_MAX).map(nameOf),
  estimated: loss.estimated.slice(0, NAMED_MAX).map(nameOf),
});

/** With two decimals, cut off; null of nothing. */
function percent(part: bigint, whole: bigint): string | null {
  if (whole === 0n) return null;
  const hundredths = (part * 10_000n) / whole;
  const digits = `${hundredths < 0n ? -hundredths : hundredths}`.padStart(3, '0');
  return `${hundredths < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

export const lossRoutes: Routes = (app, { db }) => {
  async function siteOf(id: string): Promise<{ id: string; timeZone: string }> {
    const site = await findSite(db, id);
    if (!site) throw notFound('site');
    return site;
  }
  const monthOf = (name: string, timeZone: string) => {
    const range = periodRange(name, timeZone);
    if (!range) throw unprocessable('querystring.month', 'is no month', missing('period'));
    return { ...range, name };
  };
  async function siteOfMain(id: number): Promise<{ id: string; timeZone: string }> {
    const siteId = await findPointSite(db.$client, id);
    if (siteId === undefined) throw notFound('main');
    return siteOf(siteId);
  }

  app.get(
    '/losses',
    {
      config: { access: 'readings:read' },
      schema: {
        tags: ['billing'],
        summary: 'Where the usage of each main went in a month: stalls, common areas, loss',
        description:
          'main = stalls + common + loss, over all levels behind it. Null until every value is known.',
        querystring: zLossQuery,
        response: { 200: zLossTrend },
      },
    },
    async ({ query }) => {
      const site = await siteOf(query.site);
      return {
        items: (await readLosses(db.$client, site.id, monthOf(query.month, site.timeZone))).map(viewLoss),
      };
    },
  );

  app.get(
    '/losses/:id/trend',
    {
      config: { access: 'readings:read' },
      schema: {
        tags: ['billing'],
        summary: `A main’s ${TREND_MONTHS} months up to one, the oldest first`,
        params: zIdParams,
        querystring: zLossTrendQuery,
        response: { 200: zLossTrend },
      },
    },
    async ({ params: { id }, query }) => {
      const site = await siteOfMain(id);
      monthOf(query.month, site.timeZone);
      const items: z.output<typeof zLoss>[] = [];
      for (const name of monthsUpTo(query.month, TREND_MONTHS)) {
        const losses = await readLosses(db.$client, site.id, monthOf(name, site.timeZone), id);
        items.push(...losses.map(viewLoss));
      }
      return { items };
    },
  );

  app.get(
    '/losses/:id/shares',
    {
      config: { access: 'readings:read' },
      schema: {
        tags: ['billing'],
        summary: 'To whom a main’s residual of a month was allocated',
        params: zIdParams,
        querystring: zShareQuery,
        response: { 200: zPage(zShareRow) },
      },
    },
    async ({ params: { id }, query: { month, cursor, limit } }) => {
      await siteOfMain(id);
      const offset = numberCursor(cursor) ?? 0;
      const rows = await listShares(db.$client, { mainId: id, period: month, offset, limit: limit + 1 });
      return {
        items: rows.slice(0, limit).map(({ pointId, code, from, to, ...row }) => ({
          ...row,
          point: { id: pointId, code },
          serviceFrom: new Date(from).toISOString(),
          serviceTo: new Date(to).toISOString(),
        })),
        nextCursor: rows.length > limit ? encodeCursor(offset + limit) : null,
      };
    },
  );
};
