import { z } from 'zod';
import { zHandover, zHandoverQuery, zHandoverState, zLeaseEnd } from '../../contracts/readings.ts';
import { zIdParams } from '../../contracts/rest.ts';
import { zLease } from '../../contracts/setup.ts';
import { recordAction } from '../../store/actions.ts';
import { readStallMeters } from '../../store/handovers.ts';
import {
  createLease,
  findLease,
  type LeaseRow,
  listLeases,
  type NewLeaseTariff,
} from '../../store/leases.ts';
import { findParty } from '../../store/parties.ts';
import { monthPartitions } from '../../store/partitions.ts';
import { findPlaceById, type Place } from '../../store/places.ts';
import { transaction } from '../../store/transaction.ts';
import { principalOf } from '../access.ts';
import { endWithReadings, enterHandover } from '../handover.ts';
import { PHOTO_BODY_BYTES_MAX, pastInstant } from '../manual-readings.ts';
import { missing, notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';
import { endsEarly, newTariff, ownLease, viewLease } from './leases.ts';

/** Pictures of a few meters in one request. */
const BODY_BYTES_MAX = 4 * PHOTO_BODY_BYTES_MAX;

const zHandedOver = z.object({ ended: zLease.nullable(), started: zLease.nullable() });

export const handoverRoutes: Routes = (app, { db }) => {
  const partitions = monthPartitions('readings');

  const leaseOf = async (id: number): Promise<LeaseRow> => {
    const lease = await findLease(db, id);
    if (!lease) throw notFound('lease');
    return lease;
  };
  const stallOf = async (id: number): Promise<Place> => {
    const place = await findPlaceById(db, id);
    if (place?.kind !== 'stall') throw notFound('stall');
    return place;
  };

  app.post(
    '/leases/:id/end',
    {
      config: { access: 'leases:write' },
      bodyLimit: BODY_BYTES_MAX,
      schema: {
        tags: ['leases'],
        summary: 'End a merchant’s lease with what its meters show',
        description:
          'The house pays from then on. Each meter of the stall needs a value (what its dial shows, in kWh or m³), unless ' +
          'its device sent a good reading within 15 minutes of the instant.',
        params: zIdParams,
        body: zLeaseEnd,
        response: { 200: zLease },
      },
    },
    async (request) => {
      const { body } = request;
      const lease = await leaseOf(request.params.id);
      if (lease.kind !== 'merchant') throw ownLease();
      const by = { actor: principalOf(request).actor, at: new Date() };
      const at = pastInstant(body.at, by.at, 'body.at');
      if (at <= lease.startsAt) throw endsEarly('body.at', 'is not after the lease’s start');
      if (lease.endsAt && lease.endsAt < at) {
        throw new Problem(409, 'the lease has ended before', { code: 'lease_ended' });
      }
      await partitions.ensure(db.$client, [{ ts: at.getTime() }]);
      const of = { id: lease.id, site: lease.siteId, stall: lease.stall };
      await transaction(db, (tx) => endWithReadings(tx, of, at, body, by));
      return viewLease(await leaseOf(lease.id));
    },
  );

  app.get(
    '/stalls/:id/handover',
    {
      config: { access: 'leases:read' },
      schema: {
        tags: ['leases'],
        summary: 'What a handover of a stall at an instant needs',
        params: zIdParams,
        querystring: zHandoverQuery,
        response: { 200: zHandoverState },
      },
    },
    async ({ params: { id }, query: { at } }) => {
      const place = await stallOf(id);
      const meters = await readStallMeters(db.$client, id, new Date(at));
      return { stall: { id: place.id, code: place.code }, meters: [...meters] };
    },
  );

  app.post(
    '/stalls/:id/handover',
    {
      config: { access: 'leases:write' },
      bodyLimit: BODY_BYTES_MAX,
      schema: {
        tags: ['leases'],
        summary: 'Hand a stall over',
        description:
          'Ends the merchant’s lease that holds then, if there is one, and starts the new one, if one is given: at one ' +
          'instant, with one value of each meter for both. Between leases the house pays.',
        params: zIdParams,
        body: zHandover,
        response: { 200: zHandedOver },
      },
    },
    async (request) => {
      const { body } = request;
      const place = await stallOf(request.params.id);
      const by = { actor: principalOf(request).actor, at: new Date() };
      const at = pastInstant(body.at, by.at, 'body.at');
      const { newLease } = body;
      const tariffs: NewLeaseTariff[] = [];
      if (newLease) {
        if (!(await findParty(db, newLease.party)))
          throw unprocessable('body.newLease.party', 'there is no such party', missing('party'));
        if (newLease.endsAt && new Date(newLease.endsAt) <= at) {
          throw endsEarly('body.newLease.endsAt', 'is not after the handover');
        }
        for (const [n, tariff] of newLease.tariffs.entries()) {
          tariffs.push(await newTariff(db, place.siteId, at, tariff, `body.newLease.tariffs.${n}`));
        }
      }
      await partitions.ensure(db.$client, [{ ts: at.getTime() }]);
      const result = await transaction(db, async (tx) => {
        const leases = await listLeases(tx.orm, { stall: place.id, limit: 1000 });
        const holding = leases.find(
          ({ startsAt, endsAt }) => startsAt < at && (endsAt === null || endsAt > at),
        );
        if (!holding && !newLease)
          throw new Problem(409, 'nobody leases the stall then, and nobody new is named', {
            code: 'stall_unleased',
          });
        if (holding) {
          const of = { id: holding.id, site: holding.siteId, stall: holding.stall };
          await endWithReadings(tx, of, at, body, by);
        } else await enterHandover(tx, place, at, body, by);
        if (!newLease) return { ended: holding?.id, started: undefined };
        const { party, charging, trade, endsAt } = newLease;
        const started = await createLease(
          tx.orm,
          {
            ...{ siteId: place.siteId, placeId: place.id, partyId: party, charging, trade: trade ?? null },
            ...{ startsAt: at, endsAt: endsAt === undefined ? null : new Date(endsAt) },
          },
          tariffs,
        );
        await recordAction(tx.orm, {
          ...{
            siteId: place.siteId,
            at: by.at,
            actor: by.actor,
            action: 'lease.start',
            subject: `lease ${started}`,
          },
          detail: { stall: place.code, startsAt: at.toISOString() },
        });
        return { ended: holding?.id, started };
      });
      return {
        ended: result.ended === undefined ? null : viewLease(await leaseOf(result.ended)),
        started: result.started === undefined ? null : viewLease(await leaseOf(result.started)),
      };
    },
  );
};
