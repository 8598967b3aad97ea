import { z } from 'zod';
import { zPage, zPageQuery } from '../../contracts/rest.ts';
import {
  PREVIEW_BODY_BYTES_MAX,
  zTariff,
  zTariffCreate,
  zTariffCreated,
  zTariffExample,
  zTariffExport,
  zTariffPreview,
  zTariffPreviewResult,
} from '../../contracts/tariffs.ts';
import { TARIFF_EXAMPLES } from '../../domain/tariffs/examples.ts';
import { inOrder } from '../../domain/tariffs/in-order.ts';
import {
  type ClosedAt,
  createTariff,
  findTariffVersion,
  listTariffs,
  type TariffRefusal,
  type TariffRow,
  type TariffVersionRow,
} from '../../store/tariffs.ts';
import { numberCursor, toPage } from '../pages.ts';
import { previewTariff } from '../preview-tariff.ts';
import { noSuchSite, notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

const viewVersion = ({ effectiveFrom, ...version }: TariffVersionRow) => ({
  ...version,
  effectiveFrom: effectiveFrom.toISOString(),
  definition: version.definition as z.output<typeof zTariff>['versions'][number]['definition'],
});

const REFUSALS: Readonly<Record<TariffRefusal, (closed?: ClosedAt) => Problem>> = {
  unknown_site: () => noSuchSite(),
  other_commodity: () =>
    new Problem(409, 'the code belongs to a tariff for another commodity', 'tariff_commodity'),
  effective_from_taken: () =>
    new Problem(409, 'a version of the tariff takes effect at that instant', 'tariff_versions_from'),
  already_charged: () =>
    new Problem(
      409,
      'usage after that instant has been charged with this tariff: choose a later one',
      'tariff_charged',
    ),
  period_closed: (closed) =>
    new Problem(
      409,
      `that instant lies in the closed period ${closed?.period}: the earliest is ${closed?.earliest}`,
      {
        code: 'tariff_period_closed',
        values: { period: `${closed?.period}`, earliest: `${closed?.earliest}` },
      },
    ),
  rounding_below_minor: () =>
    unprocessable(
      'body.definition',
      'a component rounds finer than the currency’s smallest unit',
      'tariff_rounding',
    ),
};

const exported = (
  { code, name, commodity }: Pick<TariffRow, 'code' | 'name' | 'commodity'>,
  row: TariffVersionRow,
) => ({
  ...{ code, name, commodity },
  definition: inOrder(row.definition) as z.output<typeof zTariffExport>['definition'],
});

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
      if (!made.ok) throw REFUSALS[made.reason](made.closed);
      return reply.code(201).send({ ...made.tariff, version: viewVersion(made.version) });
    },
  );

  app.get(
    '/tariffs/examples',
    {
      config: { access: 'tariffs:read' },
      schema: {
        tags: ['billing'],
        summary: 'Ready-made tariffs to begin with',
        response: { 200: z.object({ items: z.array(zTariffExample) }) },
      },
    },
    async () => ({ items: TARIFF_EXAMPLES as z.output<typeof zTariffExample>[] }),
  );

  app.get(
    '/tariffs/:id/export',
    {
      config: { access: 'tariffs:read' },
      schema: {
        tags: ['billing'],
        summary: 'A tariff as a file',
        description:
          'Its keys are always in the same order. POST it to /tariffs with a site and an instant to import it.',
        params: z.object({ id: z.coerce.number().int().min(1) }),
        querystring: z.object({ version: z.coerce.number().int().min(1).optional() }),
        response: { 200: zTariffExport },
      },
    },
    async ({ params, query }, reply) => {
      const found = await findTariffVersion(db, params.id, query.version);
      if (!found) throw notFound('tariff');
      const { tariff, version } = found;
      const file = `${tariff.code}-v${version.version}.json`;
      return reply
        .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file)}`)
        .send(exported(tariff, version));
    },
  );

  app.post(
    '/tariffs/preview',
    {
      config: { access: 'tariffs:read' },
      bodyLimit: PREVIEW_BODY_BYTES_MAX,
      schema: {
        tags: ['billing'],
        summary: 'What usage would cost',
        description:
          'Rates totals, bands, a series of intervals or a past period of a stall with the code that charges, and stores nothing. A series is rated month by month, as if a lease began with it.',
        body: zTariffPreview,
        response: { 200: zTariffPreviewResult },
      },
    },
    async ({ body }) => previewTariff(db, body, new Date()),
  );
};
