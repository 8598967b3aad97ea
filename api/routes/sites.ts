import type { z } from 'zod';
import { zFloor, zFloorQuery, zPage, zPageQuery, zSite } from '../../contracts/rest.ts';
import { zSiteCreate } from '../../contracts/setup.ts';
import { listPlaces, type Place } from '../../store/places.ts';
import { createSite, listSites } from '../../store/sites.ts';
import { numberCursor, textCursor, toPage } from '../pages.ts';
import { unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

const EMPTY_PLAN = { width: 0, height: 0, walls: [], labels: [] };

const viewFloor = (floor: Place): z.input<typeof zFloor> => ({
  id: floor.id,
  site: floor.siteId,
  code: floor.code,
  name: floor.name,
  plan: {
    ...EMPTY_PLAN,
    ...floor.plan,
    walls: (floor.plan?.walls ?? []).map(([x1, y1, x2, y2]) => [x1, y1, x2, y2]),
    labels: [...(floor.plan?.labels ?? [])],
  },
});

export const siteRoutes: Routes = (app, { db }) => {
  app.get(
    '/sites',
    {
      config: { access: 'signed-in' },
      schema: {
        tags: ['places'],
        summary: 'Sites',
        querystring: zPageQuery,
        response: { 200: zPage(zSite) },
      },
    },
    async ({ query: { cursor, limit } }) => {
      const rows = await listSites(db, { after: textCursor(cursor), limit: limit + 1 });
      return toPage(
        rows,
        limit,
        (site) => site.id,
        ({ id, name, timeZone, currency }) => ({ id, name, timeZone, currency }),
      );
    },
  );

  app.post(
    '/sites',
    {
      config: { access: 'sites:write' },
      schema: {
        tags: ['places'],
        summary: 'Create a site',
        description:
          'Creates the operator’s party and the house lease with it: the house pays for vacant time.',
        body: zSiteCreate,
        response: { 201: zSite },
      },
    },
    async ({ body }, reply) => {
      if (!isTimeZone(body.timeZone))
        throw unprocessable('body.timeZone', 'is not an IANA time zone', 'time_zone_unknown');
      const { id, name, timeZone, currency } = await createSite(db, body);
      return reply.code(201).send({ id, name, timeZone, currency });
    },
  );

  app.get(
    '/floors',
    {
      config: { access: 'floor:read' },
      schema: {
        tags: ['places'],
        summary: 'Floors with their plans',
        querystring: zFloorQuery,
        response: { 200: zPage(zFloor) },
      },
    },
    async ({ query: { cursor, limit, site } }) => {
      const rows = await listPlaces(db, {
        kind: 'floor',
        site,
        after: numberCursor(cursor),
        limit: limit + 1,
      });
      return toPage(rows, limit, (floor) => floor.id, viewFloor);
    },
  );
};

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
