import { Temporal } from 'temporal-polyfill';
import type { z } from 'zod';
import {
  zMonthlyPassCreate,
  zMonthlyPassEnd,
  zVehicle,
  zVehicleCreate,
  zVehiclePatch,
  zVehicleQuery,
} from '../../contracts/passes.ts';
import { zId, zIdParams, zPage } from '../../contracts/rest.ts';
import { normalizePlate } from '../../domain/passes.ts';
import { periodRange } from '../../domain/periods.ts';
import { recordAction } from '../../store/actions.ts';
import { findLease } from '../../store/leases.ts';
import { findSite } from '../../store/sites.ts';
import { type Transaction, transaction } from '../../store/transaction.ts';
import {
  addMonthlyPass,
  changeVehicle,
  createVehicle,
  endMonthlyPass,
  listVehicles,
  setPayer,
  type VehicleRow,
} from '../../store/vehicles.ts';
import { principalOf } from '../access.ts';
import { numberCursor, toPage } from '../pages.ts';
import { missing, noSuchSite, notFound, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

/** A monthly pass is for two years at most. */
const PASS_DAYS_MAX = 731;
const zPassParams = zIdParams.extend({ pass: zId });

const viewVehicle = ({ siteId, ...vehicle }: VehicleRow): z.output<typeof zVehicle> => ({
  ...vehicle,
  payer: vehicle.payer && { ...vehicle.payer },
  monthlyPasses: [...vehicle.monthlyPasses],
});

export const vehicleRoutes: Routes = (app, { db }) => {
  async function find(id: number): Promise<VehicleRow> {
    const [row] = await listVehicles(db.$client, { id, limit: 1, now: new Date() });
    if (!row) throw notFound('vehicle');
    return row;
  }
  async function leaseOf(siteId: string, id: number): Promise<number> {
    const lease = await findLease(db, id);
    if (lease?.siteId !== siteId)
      throw unprocessable('body.lease', 'the site has no such lease', missing('lease'));
    if (lease.kind !== 'merchant')
      throw unprocessable('body.lease', 'is no merchant’s: leave it out', 'lease_not_merchant');
    return lease.id;
  }
  /** Does it, and records who did. */
  async function act(
    request: Parameters<typeof principalOf>[0],
    siteId: string,
    done: { readonly action: string; readonly subject: string; readonly detail: Record<string, unknown> },
    work: (tx: Transaction, by: { readonly actor: string; readonly at: Date }) => Promise<unknown>,
  ): Promise<void> {
    const by = { actor: principalOf(request).actor, at: new Date() };
    await transaction(db, async (tx) => {
      await work(tx, by);
      await recordAction(tx.orm, { siteId, ...by, ...done });
    });
  }
  /** The local days, both included, as instants. */
  async function daysOf(siteId: string, from: string, to: string): Promise<{ from: number; to: number }> {
    const site = await findSite(db, siteId);
    const [first, last] = site
      ? [periodRange(from, site.timeZone), periodRange(to, site.timeZone)]
      : [undefined, undefined];
    if (!first || !last) throw unprocessable('body.from', 'is no day', missing('period'));
    return { from: first.from, to: last.to };
  }

  app.get(
    '/vehicles',
    {
      config: { access: 'gates:read' },
      schema: {
        tags: ['gates'],
        summary: 'Vehicles that are known by name, who pays for them, and their monthly passes',
        querystring: zVehicleQuery,
        response: { 200: zPage(zVehicle) },
      },
    },
    async ({ query: { cursor, limit, site, plate } }) => {
      const rows = await listVehicles(db.$client, {
        ...{ site, after: numberCursor(cursor), limit: limit + 1, now: new Date() },
        plate: plate === undefined ? undefined : normalizePlate(plate),
      });
      return toPage(rows, limit, ({ id }) => id, viewVehicle);
    },
  );

  app.post(
    '/vehicles',
    {
      config: { access: 'gates:write' },
      schema: {
        tags: ['gates'],
        summary: 'Register a vehicle',
        description: 'From now on `lease` pays for its passes. Its class goes before what a gate sees.',
        body: zVehicleCreate,
        response: { 201: zVehicle },
      },
    },
    async (request, reply) => {
      const { body } = request;
      if (!(await findSite(db, body.site))) throw noSuchSite();
      const plate = normalizePlate(body.plate);
      if (plate === '') throw unprocessable('body.plate', 'is not a plate', 'plate_wrong');
      const leaseId = body.lease === undefined ? null : await leaseOf(body.site, body.lease);
      let id = 0;
      const done = { action: 'vehicle.register', subject: `vehicle ${plate}`, detail: { ...body } };
      await act(request, body.site, done, async (tx, { actor, at }) => {
        const vehicle = { siteId: body.site, plate, class: body.class, note: body.note ?? null };
        id = await createVehicle(tx, { ...vehicle, leaseId, by: actor, at });
      });
      return reply.code(201).send(viewVehicle(await find(id)));
    },
  );

  app.patch(
    '/vehicles/:id',
    {
      config: { access: 'gates:write' },
      schema: {
        tags: ['gates'],
        summary: 'Change a vehicle’s class, its note, or who pays for it from an instant on',
        params: zIdParams,
        body: zVehiclePatch,
        response: { 200: zVehicle },
      },
    },
    async (request) => {
      const { body } = request;
      const vehicle = await find(request.params.id);
      const leaseId = typeof body.lease === 'number' ? await leaseOf(vehicle.siteId, body.lease) : null;
      const done = { action: 'vehicle.change', subject: `vehicle ${vehicle.plate}`, detail: { ...body } };
      await act(request, vehicle.siteId, done, async (tx, { at }) => {
        await changeVehicle(tx, vehicle.id, body);
        if (body.lease !== undefined) {
          await setPayer(tx, vehicle.id, leaseId, body.from === undefined ? at : new Date(body.from));
        }
      });
      return viewVehicle(await find(vehicle.id));
    },
  );

  app.post(
    '/vehicles/:id/monthly-passes',
    {
      config: { access: 'gates:write' },
      schema: {
        tags: ['gates'],
        summary: 'Give a vehicle a monthly pass',
        description: 'Local days, both included. What it goes out by in that time costs nothing.',
        params: zIdParams,
        body: zMonthlyPassCreate,
        response: { 201: zVehicle },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const vehicle = await find(request.params.id);
      const days = Temporal.PlainDate.from(body.from).until(body.to).days + 1;
      if (days < 1) throw unprocessable('body.to', 'is before the first day', 'days_reversed');
      if (days > PASS_DAYS_MAX)
        throw unprocessable('body.to', `a pass is for at most ${PASS_DAYS_MAX} days`, {
          code: 'pass_days_max',
          values: { max: `${PASS_DAYS_MAX}` },
        });
      const range = await daysOf(vehicle.siteId, body.from, body.to);
      const done = { action: 'monthly-pass.add', subject: `vehicle ${vehicle.plate}`, detail: { ...body } };
      await act(request, vehicle.siteId, done, (tx, by) => addMonthlyPass(tx, vehicle.id, range, by));
      return reply.code(201).send(viewVehicle(await find(vehicle.id)));
    },
  );

  app.patch(
    '/vehicles/:id/monthly-passes/:pass',
    {
      config: { access: 'gates:write' },
      schema: {
        tags: ['gates'],
        summary: 'Extend or shorten a monthly pass',
        description: 'To the end of the local day `to`; a day before its first takes the pass away.',
        params: zPassParams,
        body: zMonthlyPassEnd,
        response: { 200: zVehicle },
      },
    },
    async (request) => {
      const vehicle = await find(request.params.id);
      const { to } = request.body;
      const range = await daysOf(vehicle.siteId, to, to);
      const detail = { pass: request.params.pass, to };
      const done = { action: 'monthly-pass.end', subject: `vehicle ${vehicle.plate}`, detail };
      await act(request, vehicle.siteId, done, async (tx) => {
        if (!(await endMonthlyPass(tx, vehicle.id, request.params.pass, range.to))) {
          throw notFound('monthly_pass');
        }
      });
      return viewVehicle(await find(vehicle.id));
    },
  );
};
