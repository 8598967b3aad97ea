import { zPage } from '../../contracts/rest.ts';
import { zParty, zPartyCreate, zPartyQuery } from '../../contracts/setup.ts';
import { createParty, listParties } from '../../store/parties.ts';
import { numberCursor, toPage } from '../pages.ts';
import type { Routes } from '../routes.ts';

export const partyRoutes: Routes = (app, { db }) => {
  app.get(
    '/parties',
    {
      config: { access: 'leases:read' },
      schema: {
        tags: ['leases'],
        summary: 'Merchants, owners, integrators and operators',
        querystring: zPartyQuery,
        response: { 200: zPage(zParty) },
      },
    },
    async ({ query: { cursor, limit, ...query } }) => {
      const rows = await listParties(db, { ...query, after: numberCursor(cursor), limit: limit + 1 });
      return toPage(
        rows,
        limit,
        (party) => party.id,
        (party) => party,
      );
    },
  );

  app.post(
    '/parties',
    {
      config: { access: 'leases:write' },
      schema: { tags: ['leases'], summary: 'Create a party', body: zPartyCreate, response: { 201: zParty } },
    },
    async ({ body: { phone, ...party } }, reply) =>
      reply.code(201).send(await createParty(db, { ...party, phone: phone ?? null })),
  );
};
