import type { z } from 'zod';
import { zIdParams, zPage } from '../../contracts/rest.ts';
import { zLease, zLeaseCreate, zLeasePatch, zLeaseQuery, zLeaseTariffCreate } from '../../contracts/setup.ts';
import type { Database } from '../../store/database.ts';
import {
  addLeaseTariff,
  createLease,
  findLease,
  findTariffId,
  type LeaseRow,
  listLeases,
  type NewLeaseTariff,
} from '../../store/leases.ts';
import { findParty } from '../../store/parties.ts';
import { findPlace } from '../../store/places.ts';
import { transaction } from '../../store/transaction.ts';
import { principalOf } from '../access.ts';
import { endWithReadings } from '../handover.ts';
import { numberCursor, toPage } from '../pages.ts';
import { missing, notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

export const viewLease = (lease: LeaseRow): z.output<typeof zLease> => ({
  id: lease.id,
  site: lease.siteId,
  kind: lease.kind,
  stall: lease.stall,
  party: lease.party,
  charging: lease.charging,
  trade: lease.trade,
  startsAt: lease.startsAt.toISOString(),
  endsAt: lease.endsAt?.toISOString() ?? null,
  tariffs: lease.tariffs.map(({ commodity, tariff, startsAt, endsAt }) => ({
    commodity,
    tariff,
    startsAt: startsAt.toISOString(),
    endsAt: endsAt?.toISOString() ?? null,
  })),
});

export const ownLease = (): Problem =>
  new Problem(409, 'the site’s own leases do not end', { code: 'lease_own' });
export const endsEarly = (path: string, message: string): Problem =>
  unprocessable(path, message, { code: 'lease_end_early' });

export async function newTariff(
  db: Database,
  site: string,
  leaseFrom: Date,
  { commodity, tariff, startsAt }: z.output<typeof zLeaseTariffCreate>,
  path: string,
): Promise<NewLeaseTariff> {
  const tariffId = await findTariffId(db, site, tariff, commodity);
  if (tariffId === undefined)
    throw unprocessable(path, `the site has no tariff ${tariff} for ${commodity}`, missing('tariff'));
  const from = startsAt === undefined ? leaseFrom : new Date(startsAt);
  if (from < leaseFrom) throw unprocessable(path, 'starts before the lease does', 'tariff_before_lease');
  return { tariffId, commodity, startsAt: from };
}

export const leaseRoutes: Routes = (app, { db }) => {
  const viewOf = async (id: number): Promise<z.output<typeof zLease>> => {
    const lease = await findLease(db, id);
    if (!lease) throw notFound('lease');
    return viewLease(lease);
  };

  app.get(
    '/leases',
    {
      config: { access: 'leases:read' },
      schema: {
        tags: ['leases'],
        summary: 'Leases, the house lease included',
        querystring: zLeaseQuery,
        response: { 200: zPage(zLease) },
      },
    },
    async ({ query: { cursor, limit, ...query } }) => {
      const rows = await listLeases(db, { ...query, after: numberCursor(cursor), limit: limit + 1 });
      return toPage(rows, limit, (lease) => lease.id, viewLease);
    },
  );

  app.get(
    '/leases/:id',
    {
      config: { access: 'leases:read' },
      schema: { tags: ['leases'], summary: 'A lease', params: zIdParams, response: { 200: zLease } },
    },
    ({ params }) => viewOf(params.id),
  );

  app.post(
    '/leases',
    {
      config: { access: 'leases:write' },
      schema: {
        tags: ['leases'],
        summary: 'Lease a stall to a merchant',
        description: 'Who pays for the stall from when, and which tariff they pay for each commodity.',
        body: zLeaseCreate,
        response: { 201: zLease },
      },
    },
    async ({ body }, reply) => {
      const [stall, party] = await Promise.all([
        findPlace(db, body.site, body.stall),
        findParty(db, body.party),
      ]);
      if (stall?.kind !== 'stall')
        throw unprocessable('body.stall', 'the site has no such stall', missing('stall'));
      if (!party) throw unprocessable('body.party', 'there is no such party', missing('party'));
      const startsAt = new Date(body.startsAt);
      const endsAt = body.endsAt === undefined ? null : new Date(body.endsAt);
      if (endsAt && endsAt <= startsAt) throw endsEarly('body.endsAt', 'is not after the start');
      const paid: NewLeaseTariff[] = [];
      for (const [n, tariff] of body.tariffs.entries()) {
        paid.push(await newTariff(db, body.site, startsAt, tariff, `body.tariffs.${n}`));
      }
      const id = await transaction(db, (tx) =>
        createLease(
          tx.orm,
          {
            siteId: body.site,
            placeId: stall.id,
            partyId: party.id,
            charging: body.charging,
            trade: body.trade ?? null,
            startsAt,
            endsAt,
          },
          paid,
        ),
      );
      return reply
        .code(201)
        .header('location', `/api/v1/leases/${id}`)
        .send(await viewOf(id));
    },
  );

  app.patch(
    '/leases/:id',
    {
      config: { access: 'leases:write' },
      schema: {
        tags: ['leases'],
        summary: 'End a merchant’s lease',
        description:
          'The house pays from then on. The end lies in the past, and each meter of the stall has a good reading within 15 ' +
          'minutes of it; with values read by hand: POST /leases/:id/end.',
        params: zIdParams,
        body: zLeasePatch,
        response: { 200: zLease },
      },
    },
    async (request) => {
      const { id } = request.params;
      const lease = await viewOf(id);
      if (lease.kind !== 'merchant') throw ownLease();
      const endsAt = new Date(request.body.endsAt);
      if (endsAt <= new Date(lease.startsAt)) throw endsEarly('body.endsAt', 'is not after the start');
      const by = { actor: principalOf(request).actor, at: new Date() };
      if (endsAt > by.at) {
        // What its meters show then, which a handover needs, can only be known then.
        throw unprocessable('body.endsAt', 'lies ahead: end the lease once it has come', {
          code: 'lease_end_ahead',
        });
      }
      await transaction(db, (tx) => endWithReadings(tx, lease, endsAt, { readings: [], confirm: false }, by));
      return viewOf(id);
    },
  );

  app.post(
    '/leases/:id/tariffs',
    {
      config: { access: 'leases:write' },
      schema: {
        tags: ['leases'],
        summary: 'What a lease pays from an instant on',
        description: 'Also for the house lease. The tariff it paid until then for the commodity ends there.',
        params: zIdParams,
        body: zLeaseTariffCreate,
        response: { 201: zLease },
      },
    },
    async ({ params: { id }, body }, reply) => {
      const lease = await viewOf(id);
      await addLeaseTariff(db, id, await newTariff(db, lease.site, new Date(lease.startsAt), body, 'body'));
      return reply.code(201).send(await viewOf(id));
    },
  );
};
