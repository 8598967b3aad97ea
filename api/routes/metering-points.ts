import type { z } from 'zod';
import { zExchange, zHistoryQuery, zMultiplierChange, zPointHistory } from '../../contracts/readings.ts';
import { zIdParams } from '../../contracts/rest.ts';
import { zInstallation } from '../../contracts/setup.ts';
import { BASE_UNIT, type Commodity } from '../../domain/commodities.ts';
import { recordAction } from '../../store/actions.ts';
import { exchange, findMeteringPoint, lockInstalled, type PointRow } from '../../store/exchanges.ts';
import { listInstallations } from '../../store/installations.ts';
import type { By } from '../../store/manual-readings.ts';
import { pointSubject, readPointHistory } from '../../store/point-history.ts';
import { findRegister } from '../../store/registers.ts';
import { type Transaction, transaction } from '../../store/transaction.ts';
import { principalOf } from '../access.ts';
import {
  baseUnitsOf,
  isExplained,
  keepPhotoOf,
  PHOTO_BODY_BYTES_MAX,
  pastInstant,
  refuseDoubt,
} from '../manual-readings.ts';
import { numberCursor, toPage } from '../pages.ts';
import { missing, notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';
import { viewInstallation } from './installations.ts';

export const meteringPointRoutes: Routes = (app, { db }) => {
  const pointOf = async (id: number): Promise<PointRow> => {
    const point = await findMeteringPoint(db.$client, id);
    if (!point) throw notFound('metering_point');
    return point;
  };

  app.get(
    '/metering-points/:id/history',
    {
      config: { access: 'readings:read' },
      schema: {
        tags: ['readings'],
        summary: 'What happened at a metering point, newest first',
        description:
          'Meters put in and taken out, multipliers, readings entered by hand, and what people decided.',
        params: zIdParams,
        querystring: zHistoryQuery,
        response: { 200: zPointHistory },
      },
    },
    async ({ params: { id }, query: { cursor, limit } }) => {
      const point = await pointOf(id);
      const skip = numberCursor(cursor) ?? 0;
      const rows = await readPointHistory(db.$client, point, { skip, limit: limit + 1 });
      const { items, nextCursor } = toPage(
        rows,
        limit,
        () => skip + limit,
        (row) => ({ ...row, at: row.at.toISOString(), movedFrom: row.movedFrom?.toISOString() ?? null }),
      );
      const { siteId: site, commodity, ...shown } = point;
      return { point: { ...shown, site, commodity: commodity as Commodity }, entries: items, nextCursor };
    },
  );

  /** What is installed at the point, when something may follow it at `at`. */
  async function installedBefore(tx: Transaction, id: number, at: Date) {
    const old = await lockInstalled(tx, id);
    if (!old)
      throw new Problem(409, 'no meter is installed at the metering point: POST /api/v1/installations', {
        code: 'point_without_meter',
      });
    if (at.getTime() <= old.startsAt)
      throw unprocessable('body.at', 'is not after the installation’s start', 'exchange_early');
    return old;
  }

  /** The installation that starts at the instant. */
  async function made(id: number, at: Date): Promise<z.output<typeof zInstallation>> {
    const rows = await listInstallations(db, { point: id, limit: 1000 });
    const row = rows.find(({ startsAt }) => startsAt.getTime() === at.getTime());
    if (!row) throw notFound('installation');
    return viewInstallation(row);
  }

  const record = (
    tx: Transaction,
    point: PointRow,
    action: string,
    by: By,
    detail: Record<string, unknown>,
  ) =>
    recordAction(tx.orm, {
      ...{ siteId: point.siteId, at: by.at, actor: by.actor, action, detail },
      subject: pointSubject(point.id),
    });

  app.post(
    '/metering-points/:id/exchange',
    {
      config: { access: 'readings:write' },
      bodyLimit: PHOTO_BODY_BYTES_MAX,
      schema: {
        tags: ['readings'],
        summary: 'Exchange the meter at a metering point',
        description:
          'Ends what is installed with its last value and starts the next register with its first, in one step. Values are ' +
          'what the dials show, in kWh or m³. A last value that does not fit needs `confirm: true` and a `note` that says why.',
        params: zIdParams,
        body: zExchange,
        response: { 201: zInstallation },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { body } = request;
      const point = await pointOf(id);
      const by = { actor: principalOf(request).actor, at: new Date() };
      const at = pastInstant(body.at, by.at, 'body.at');
      const register = await findRegister(db, body.register);
      if (register?.siteId !== point.siteId)
        throw unprocessable('body.register', 'the site has no such register', missing('register'));
      if (BASE_UNIT[point.commodity as Commodity] !== register.unit) {
        throw unprocessable('body.register', `does not count ${point.commodity}`, 'register_commodity');
      }
      const startValue = baseUnitsOf(body.startValue);
      if (startValue >= register.modulus)
        throw unprocessable('body.startValue', 'is more than the register can show', 'reading_beyond_dial');
      if (body.multiplier !== undefined && Number(body.multiplier) === 0) {
        throw unprocessable('body.multiplier', 'is zero', 'multiplier_zero');
      }
      await transaction(db, async (tx) => {
        const old = await installedBefore(tx, id, at);
        const photoId = await keepPhotoOf(tx, point.siteId, body.photo, by);
        const one = {
          ...{
            pointId: id,
            old,
            at: at.getTime(),
            endValue: baseUnitsOf(body.endValue),
            photoId,
            note: body.note,
          },
          ...{ registerId: register.id, startValue, multiplier: body.multiplier ?? old.multiplier },
          purpose: 'exchange',
        } as const;
        const doubt = await exchange(tx, one, by, isExplained(body));
        refuseDoubt(doubt, body, { value: 'body.endValue', at: 'body.at' });
        const { photo: _, ...detail } = body;
        await record(tx, point, 'installation.exchange', by, { ...detail, from: old.registerId });
      });
      return reply.code(201).send(await made(id, at));
    },
  );

  app.post(
    '/metering-points/:id/multiplier',
    {
      config: { access: 'readings:write' },
      schema: {
        tags: ['readings'],
        summary: 'Change the multiplier from an instant on',
        description:
          'The register goes on; what it shows at the instant is charged with the old ratio up to there.',
        params: zIdParams,
        body: zMultiplierChange,
        response: { 201: zInstallation },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { body } = request;
      const point = await pointOf(id);
      const by = { actor: principalOf(request).actor, at: new Date() };
      const at = pastInstant(body.at, by.at, 'body.at');
      if (Number(body.multiplier) === 0) throw unprocessable('body.multiplier', 'is zero', 'multiplier_zero');
      await transaction(db, async (tx) => {
        const old = await installedBefore(tx, id, at);
        const value = baseUnitsOf(body.value);
        const one = {
          ...{ pointId: id, old, at: at.getTime(), endValue: value, startValue: value, note: body.note },
          ...{ registerId: old.registerId, multiplier: body.multiplier, purpose: 'multiplier' as const },
        };
        const doubt = await exchange(tx, one, by, isExplained(body));
        refuseDoubt(doubt, body, { value: 'body.value', at: 'body.at' });
        await record(tx, point, 'installation.multiplier', by, { ...body, from: old.multiplier });
      });
      return reply.code(201).send(await made(id, at));
    },
  );
};
