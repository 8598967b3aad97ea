import { z } from 'zod';
import { zId, zIdParams, zPage, zPageQuery } from '../../contracts/rest.ts';
import { zInstallation, zInstallationCreate, zInstallationEnd } from '../../contracts/setup.ts';
import type { BaseUnit, MeteredCommodity } from '../../domain/commodities.ts';
import { recordAction } from '../../store/actions.ts';
import type { Database } from '../../store/database.ts';
import {
  createInstallation,
  createMeteringPoint,
  endInstallation,
  findInstallation,
  findMeteringPoints,
  type InstallationRow,
  listInstallations,
  type MeteringPoint,
} from '../../store/installations.ts';
import { judgeRegisters } from '../../store/judge-readings.ts';
import { type By, doubtOf, vouch } from '../../store/manual-readings.ts';
import { findPlace } from '../../store/places.ts';
import { pointSubject } from '../../store/point-history.ts';
import { findRegister } from '../../store/registers.ts';
import { type Transaction, transaction } from '../../store/transaction.ts';
import { principalOf } from '../access.ts';
import { isExplained, refuseDoubt } from '../manual-readings.ts';
import { numberCursor, toPage } from '../pages.ts';
import { missing, notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

const COMMODITY_OF = { Wh: 'electricity', L: 'water' } as const satisfies Record<BaseUnit, MeteredCommodity>;
/** What a stall's supply delivers at most behind a meter without transformers: 100 kW, 10 m³/h. */
const MAX_RATE_DEFAULT = { electricity: 100_000, water: 10_000 } as const satisfies Record<
  MeteredCommodity,
  number
>;
const POINT_SUFFIX = { electricity: 'E', water: 'W' } as const satisfies Record<MeteredCommodity, string>;

export const viewInstallation = (row: InstallationRow): z.output<typeof zInstallation> => ({
  id: row.id,
  register: row.registerId,
  meteringPoint: row.point,
  startsAt: row.startsAt.toISOString(),
  startValue: String(row.startValue),
  endsAt: row.endsAt?.toISOString() ?? null,
  endValue: row.endValue === null ? null : String(row.endValue),
  multiplier: row.multiplier,
});

/** The metering point that is meant; made when there is none. */
async function pointFor(
  db: Database,
  site: string,
  commodity: MeteredCommodity,
  body: z.output<typeof zInstallationCreate>,
): Promise<MeteringPoint> {
  const { stall: ref, point: code } = body;
  const stall = ref === undefined ? undefined : await findPlace(db, site, ref);
  if (ref !== undefined && stall?.kind !== 'stall')
    throw unprocessable('body.stall', 'the site has no such stall', missing('stall'));
  const placeId = stall?.id ?? null;
  if (code === undefined && placeId === null)
    throw unprocessable('body', 'name a stall, or a point, or both', 'place_unnamed');
  const found = await findMeteringPoints(
    db,
    site,
    code !== undefined ? { code } : { placeId: placeId ?? 0, commodity },
  );
  const [point] = found;
  if (found.length > 1)
    throw unprocessable(
      'body.point',
      `the stall has several points for ${commodity}: name one`,
      'points_several',
    );
  if (!point) {
    const [main] = body.main === undefined ? [] : await findMeteringPoints(db, site, { code: body.main });
    if (body.main !== undefined && main?.commodity !== commodity)
      throw unprocessable(
        'body.main',
        `the site has no such point for ${commodity}`,
        missing('metering_point'),
      );
    return createMeteringPoint(db, {
      mainId: main?.id ?? null,
      siteId: site,
      placeId,
      commodity,
      code: code ?? `${stall?.code}-${POINT_SUFFIX[commodity]}`,
      maxRate: body.maxRate ?? Math.ceil(MAX_RATE_DEFAULT[commodity] * Number(body.multiplier)),
    });
  }
  if (point.commodity !== commodity)
    throw unprocessable('body.point', `is a point for ${point.commodity}`, 'register_commodity');
  if (ref !== undefined && point.placeId !== placeId)
    throw unprocessable('body.point', 'is not the stall’s', 'point_elsewhere');
  return point;
}

/** What the register says after its end is nobody's usage: only what came before can be at odds with the end value. */
async function refuseDoubtfulEnd(
  tx: Transaction,
  end: { readonly registerId: number; readonly ts: number; readonly value: bigint },
  given: Pick<z.output<typeof zInstallationEnd>, 'confirm' | 'note'>,
  by: By,
): Promise<void> {
  const doubt = await doubtOf(tx, end);
  if (!doubt || !('side' in doubt) || doubt.side === 'after') return;
  if (!isExplained(given)) refuseDoubt(doubt, given, { value: 'body.endValue', at: 'body.endsAt' });
  await vouch(tx, end, by);
}

export const installationRoutes: Routes = (app, { db }) => {
  app.get(
    '/installations',
    {
      config: { access: 'readings:read' },
      schema: {
        tags: ['readings'],
        summary: 'Which register served which metering point when',
        querystring: zPageQuery.extend({
          site: z.string().optional(),
          register: zId.optional(),
          stall: zId.optional(),
        }),
        response: { 200: zPage(zInstallation) },
      },
    },
    async ({ query: { cursor, limit, ...query } }) => {
      const rows = await listInstallations(db, { ...query, after: numberCursor(cursor), limit: limit + 1 });
      return toPage(rows, limit, (row) => row.id, viewInstallation);
    },
  );

  app.post(
    '/installations',
    {
      config: { access: 'devices:write' },
      schema: {
        tags: ['readings'],
        summary: 'Install a meter',
        description:
          'From `startsAt` on, what the register counts (times the multiplier) is used at the stall’s metering point, ' +
          'which is made if there is none. Values are in base units (Wh, L).',
        body: zInstallationCreate,
        response: { 201: zInstallation },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const register = await findRegister(db, body.register);
      if (!register) throw unprocessable('body.register', 'there is no such register', missing('register'));
      const startValue = BigInt(body.startValue);
      if (startValue < 0n || startValue >= register.modulus) {
        throw unprocessable(
          'body.startValue',
          `the register shows 0 to ${register.modulus - 1n} ${register.unit}`,
          'reading_beyond_dial',
        );
      }
      if (Number(body.multiplier) === 0) throw unprocessable('body.multiplier', 'is zero', 'multiplier_zero');
      const point = await pointFor(db, register.siteId, COMMODITY_OF[register.unit], body);
      const startsAt = new Date(body.startsAt);
      const by = { actor: principalOf(request).actor, at: new Date() };
      const id = await transaction(db, async (tx) => {
        const made = await createInstallation(tx.orm, {
          ...{ registerId: register.id, meteringPointId: point.id, startsAt, startValue },
          multiplier: body.multiplier,
        });
        await recordAction(tx.orm, {
          ...{ siteId: register.siteId, at: by.at, actor: by.actor, action: 'installation.start' },
          subject: pointSubject(point.id),
          detail: { register: register.id, startsAt: startsAt.toISOString(), startValue: body.startValue },
        });
        await judgeRegisters(tx, [{ registerId: register.id, from: startsAt.getTime() }], by.at);
        return made;
      });
      const made = await findInstallation(db, id);
      if (!made) throw notFound('installation');
      return reply.code(201).send(viewInstallation(made));
    },
  );

  app.post(
    '/installations/:id/end',
    {
      config: { access: 'devices:write' },
      schema: {
        tags: ['readings'],
        summary: 'Take a meter out',
        description:
          'Its last value is charged; the next meter is a new installation at the same point. A value that does not fit to ' +
          'the last reading needs `confirm: true` and a `note` that says why.',
        params: zIdParams,
        body: zInstallationEnd,
        response: { 200: zInstallation },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { body } = request;
      const row = await findInstallation(db, id);
      if (!row) throw notFound('installation');
      const register = await findRegister(db, row.registerId);
      const [endsAt, endValue] = [new Date(body.endsAt), BigInt(body.endValue)];
      if (endsAt <= row.startsAt)
        throw unprocessable('body.endsAt', 'is not after the start', 'installation_end_early');
      if (endValue < 0n || (register && endValue >= register.modulus)) {
        throw unprocessable('body.endValue', 'is not what the register can show', 'reading_beyond_dial');
      }
      const by = { actor: principalOf(request).actor, at: new Date() };
      const isEnded = await transaction(db, async (tx) => {
        await refuseDoubtfulEnd(
          tx,
          { registerId: row.registerId, ts: endsAt.getTime(), value: endValue },
          body,
          by,
        );
        if (!(await endInstallation(tx.orm, id, { endsAt, endValue }))) return false;
        if (!register) return true;
        await recordAction(tx.orm, {
          ...{ siteId: register.siteId, at: by.at, actor: by.actor, action: 'installation.end' },
          subject: pointSubject(row.point.id),
          detail: { ...body, register: register.id, endsAt: endsAt.toISOString() },
        });
        await judgeRegisters(tx, [{ registerId: register.id, from: endsAt.getTime() }], by.at);
        return true;
      });
      if (!isEnded) {
        throw new Problem(409, 'the installation has ended', { code: 'installation_ended' });
      }
      return viewInstallation({ ...row, endsAt, endValue });
    },
  );
};
