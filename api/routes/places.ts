import type { z } from 'zod';
import { zPage } from '../../contracts/rest.ts';
import { zPlace, zPlaceCreate, zPlaceQuery } from '../../contracts/setup.ts';
import type { PlaceKind } from '../../domain/places.ts';
import { createPlace, findPlace, listPlaces, type Place } from '../../store/places.ts';
import { findSite } from '../../store/sites.ts';
import { numberCursor, toPage } from '../pages.ts';
import { noSuchSite, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

/** In what a place may lie; `null`: in the site itself. */
const PARENTS: Readonly<Record<PlaceKind, readonly (PlaceKind | null)[]>> = {
  hall: [null],
  floor: [null, 'hall'],
  zone: ['floor'],
  stall: ['floor', 'zone'],
  gate_lane: [null, 'hall', 'floor'],
  warehouse: [null, 'hall', 'floor', 'zone'],
};

const viewPlace = (place: Place): z.output<typeof zPlace> => ({
  id: place.id,
  site: place.siteId,
  kind: place.kind,
  code: place.code,
  name: place.name,
  parentId: place.parentId,
  rect: place.rect,
  areaM2: place.areaM2,
});

export const placeRoutes: Routes = (app, { db }) => {
  app.get(
    '/places',
    {
      config: { access: 'floor:read' },
      schema: {
        tags: ['places'],
        summary: 'Places of one kind',
        querystring: zPlaceQuery,
        response: { 200: zPage(zPlace) },
      },
    },
    async ({ query: { cursor, limit, ...query } }) => {
      const rows = await listPlaces(db, { ...query, after: numberCursor(cursor), limit: limit + 1 });
      return toPage(rows, limit, (place) => place.id, viewPlace);
    },
  );

  app.post(
    '/places',
    {
      config: { access: 'places:write' },
      schema: {
        tags: ['places'],
        summary: 'Create a place',
        description:
          'A floor takes a `plan`; a stall lies on a floor or in a zone of one and takes a `rect` on it. `parent` is ' +
          'the id or the code of a place of the same site.',
        body: zPlaceCreate,
        response: { 201: zPlace },
      },
    },
    async ({ body }, reply) => {
      const [site, parent] = await Promise.all([
        findSite(db, body.site),
        body.parent === undefined ? undefined : findPlace(db, body.site, body.parent),
      ]);
      if (!site) throw noSuchSite();
      if (body.parent !== undefined && !parent)
        throw unprocessable('body.parent', 'the site has no such place', 'no_such_place');
      const allowed = PARENTS[body.kind];
      if (!allowed.includes(parent?.kind ?? null)) {
        const kinds = allowed.map((kind) => kind ?? 'the site itself').join(' or ');
        throw unprocessable('body.parent', `a ${body.kind} lies in ${kinds}`, 'place_within');
      }
      const place = await createPlace(db, {
        siteId: site.id,
        parentId: parent?.id ?? null,
        kind: body.kind,
        code: body.code,
        name: body.name ?? body.code,
        rect: body.rect ?? null,
        plan: body.plan ?? null,
        areaM2: body.areaM2 ?? null,
      });
      return reply.code(201).send(viewPlace(place));
    },
  );
};
