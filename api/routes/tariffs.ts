import { z } from 'zod';
import { zPage, zPageQuery } from '../../contracts/rest.ts';
import {
  zTariff,
  zTariffCreate,
  zTariffCreated,
  zTariffPreview,
  zTariffPreviewResult,
} from '../../contracts/tariffs.ts';
import { formatDecimal } from '../../domain/decimal.ts';
import { minorDigits } from '../../domain/money.ts';
import { type PreviewUsage, preview } from '../../domain/rating/preview.ts';
import type { TariffDefinition } from '../../domain/tariffs/definition.ts';
import type { Database } from '../../store/database.ts';
import { findSite } from '../../store/sites.ts';
import {
  createTariff,
  listTariffs,
  readTariffVersion,
  type TariffRefusal,
  type TariffVersionRow,
} from '../../store/tariffs.ts';
import { numberCursor, toPage } from '../pages.ts';
import { noSuchSite, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

const viewVersion = ({ effectiveFrom, ...version }: TariffVersionRow) => ({
  ...version,
  effectiveFrom: effectiveFrom.toISOString(),
  definition: version.definition as z.output<typeof zTariff>['versions'][number]['definition'],
});

const REFUSALS: Readonly<Record<TariffRefusal, () => Problem>> = {
  unknown_site: () => noSuchSite(),
  other_commodity: () => new Problem(409, 'the code belongs to a tariff for another commodity'),
  effective_from_taken: () => new Problem(409, 'a version of the tariff takes effect at that instant'),
  already_charged: () =>
    new Problem(409, 'usage after that instant has been charged with this tariff: choose a later one'),
  rounding_below_minor: () =>
    unprocessable('body.definition', 'a component rounds finer than the currency’s smallest unit'),
};

async function definitionOf(
  db: Database,
  { site, tariff }: z.output<typeof zTariffPreview>,
): Promise<TariffDefinition> {
  if ('definition' in tariff) return tariff.definition;
  const version = await readTariffVersion(db, { site, ...tariff });
  if (!version) throw unprocessable('body.tariff', 'the site has no such tariff or version');
  return version.definition;
}

function usageOf(usage: z.output<typeof zTariffPreview>['usage']): PreviewUsage {
  switch (usage.kind) {
    case 'total':
      return { kind: 'total', quantity: BigInt(usage.quantity) };
    case 'bands':
      return {
        kind: 'bands',
        quantities: Object.fromEntries(
          Object.entries(usage.quantities).map(([band, quantity]) => [band, BigInt(quantity)]),
        ),
      };
    case 'series':
      return {
        kind: 'series',
        intervals: usage.intervals.map(({ from, to, quantity }) => ({
          from: Date.parse(from),
          to: Date.parse(to),
          quantity: BigInt(quantity),
        })),
      };
  }
}

export const tariffRoutes: Routes = (app, { db }) => {
  app.get(
    '/tariffs',
    {
      config: { access: 'tariffs:read' },
      schema: {
        tags: ['billing'],
        summary: 'Tariffs with their versions',
        querystring: zPageQuery.extend({ site: z.string().optional() }),
        response: { 200: zPage(zTariff) },
      },
    },
    async ({ query: { cursor, limit, site } }) => {
      const rows = await listTariffs(db, { site, afterId: numberCursor(cursor) ?? 0, limit: limit + 1 });
      return toPage(
        rows,
        limit,
        (tariff) => tariff.id,
        ({ versions, ...tariff }) => ({ ...tariff, versions: versions.map(viewVersion) }),
      );
    },
  );

  app.post(
    '/tariffs',
    {
      config: { access: 'tariffs:write' },
      schema: {
        tags: ['billing'],
        summary: 'Create a tariff, or its next version',
        description: 'A version that has been charged never changes: a new price is a new version.',
        body: zTariffCreate,
        response: { 201: zTariffCreated },
      },
    },
    async ({ body }, reply) => {
      const made = await createTariff(db, { ...body, effectiveFrom: new Date(body.effectiveFrom) });
      if (!made.ok) throw REFUSALS[made.reason]();
      return reply.code(201).send({ ...made.tariff, version: viewVersion(made.version) });
    },
  );

  app.post(
    '/tariffs/preview',
    {
      config: { access: 'tariffs:read' },
      schema: {
        tags: ['billing'],
        summary: 'What usage would cost',
        description:
          'Rates totals, bands or a series of intervals with the code that charges, and stores nothing.',
        body: zTariffPreview,
        response: { 200: zTariffPreviewResult },
      },
    },
    async ({ body }) => {
      const site = await findSite(db, body.site);
      if (!site) throw noSuchSite();
      const digits = minorDigits(site.currency);
      const result = preview(await definitionOf(db, body), usageOf(body.usage), {
        timeZone: site.timeZone,
        digits,
      });
      if (!result.ok) throw unprocessable('body.usage', result.fault.detail);
      return {
        currency: site.currency,
        digits,
        quantity: String(result.quantity),
        amount: String(result.amount),
        lines: result.lines.map((line) => ({
          component: line.component,
          band: line.band,
          quantity: String(line.quantity),
          unitPrice: line.unitPrice,
          unrounded: formatDecimal(line.unrounded),
          amount: String(line.amount),
        })),
      };
    },
  );
};
