import { z } from 'zod';
import { zAroundQuery, zManualReading, zReadingsAround } from '../../contracts/readings.ts';
import { zIdParams, zPage, zReading, zReadingQuery } from '../../contracts/rest.ts';
import { recordAction } from '../../store/actions.ts';
import { enterReading, readPhoto } from '../../store/manual-readings.ts';
import { monthPartitions } from '../../store/partitions.ts';
import { pointSubject } from '../../store/point-history.ts';
import {
  findRegisterAt,
  readAround,
  readConflicts,
  readUsualADay,
  suggestValue,
} from '../../store/reading-views.ts';
import { listReadings, type StoredReading } from '../../store/readings.ts';
import { findRegister } from '../../store/registers.ts';
import { transaction } from '../../store/transaction.ts';
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
import { notFound } from '../problems.ts';
import type { Routes } from '../routes.ts';

/** As far as `timestamptz` and our partitions go. */
const FOREVER_MS = Date.UTC(9999, 0);

export const viewReading =
  (unit: string) =>
  ({ ts, value, quality, source, receivedAt }: StoredReading): z.output<typeof zReading> => ({
    ts: new Date(ts).toISOString(),
    value: String(value),
    unit,
    quality,
    source,
    receivedAt: new Date(receivedAt).toISOString(),
  });

export const readingRoutes: Routes = (app, { db }) => {
  const partitions = monthPartitions('readings');

  app.get(
    '/registers/:id/readings',
    {
      config: { access: 'readings:read' },
      schema: {
        tags: ['readings'],
        summary: 'A register’s readings, newest first',
        description: 'Of every quality, in base units (Wh, L). `from` is included, `to` is not.',
        params: zIdParams,
        querystring: zReadingQuery,
        response: { 200: zPage(zReading) },
      },
    },
    async ({ params: { id }, query: { cursor, limit, from, to } }) => {
      const register = await findRegister(db, id);
      if (!register) throw notFound('register');
      const rows = await listReadings(db.$client, {
        registerId: id,
        from: from === undefined ? 0 : Date.parse(from),
        to: Math.min(numberCursor(cursor) ?? FOREVER_MS, to === undefined ? FOREVER_MS : Date.parse(to)),
        limit: limit + 1,
      });
      return toPage(rows, limit, (reading) => reading.ts, viewReading(register.unit));
    },
  );

  app.get(
    '/registers/:id/around',
    {
      config: { access: 'readings:read' },
      schema: {
        tags: ['readings'],
        summary: 'What a register said around an instant',
        description:
          'Its readings of every quality before, at and after `ts`, other values that came for that instant, which of ' +
          'them fits to both sides, and what it usually counts.',
        params: zIdParams,
        querystring: zAroundQuery,
        response: { 200: zReadingsAround },
      },
    },
    async ({ params: { id }, query: { ts, limit } }) => {
      const at = new Date(ts);
      const register = await findRegisterAt(db.$client, id, at);
      if (!register) throw notFound('register');
      const [readings, conflicts, usual] = await Promise.all([
        readAround(db.$client, id, at, limit),
        readConflicts(db.$client, id, at),
        readUsualADay(db.$client, id, at),
      ]);
      const standing = readings.find((reading) => reading.ts === at.getTime());
      const values = [...(standing ? [standing] : []), ...conflicts].map(({ value }) => value);
      const suggestion = values.length > 1 ? await suggestValue(db.$client, id, at, values) : null;
      return {
        register,
        readings: readings.map(viewReading(register.unit)),
        conflicts: conflicts.map((one) => ({
          value: String(one.value),
          receivedAt: one.receivedAt.toISOString(),
          decidedAt: one.decidedAt?.toISOString() ?? null,
          decidedBy: one.decidedBy,
        })),
        suggestion: suggestion === null ? null : String(suggestion),
        usualADay: usual === null ? null : String(usual),
      };
    },
  );

  app.post(
    '/registers/:id/readings',
    {
      config: { access: 'readings:write' },
      bodyLimit: PHOTO_BODY_BYTES_MAX,
      schema: {
        tags: ['readings'],
        summary: 'Enter a reading by hand',
        description:
          'What the dial shows, in kWh or m³, with a picture of it as evidence. A value that does not fit to the readings ' +
          'around it is answered with 422 on `body.confirm`: send `confirm: true` to vouch for it.',
        params: zIdParams,
        body: zManualReading,
        response: { 201: zReading },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { body } = request;
      const now = new Date();
      const by = { actor: principalOf(request).actor, at: now };
      const ts = pastInstant(body.ts, now, 'body.ts');
      const register = await findRegisterAt(db.$client, id, ts);
      if (!register) throw notFound('register');
      const value = baseUnitsOf(body.value);
      await partitions.ensure(db.$client, [{ ts: ts.getTime() }]);
      await transaction(db, async (tx) => {
        const photoId = await keepPhotoOf(tx, register.site, body.photo, by);
        const entered = {
          registerId: id,
          ts: ts.getTime(),
          value,
          purpose: 'reading',
          note: body.note,
          photoId,
        } as const;
        refuseDoubt(await enterReading(tx, entered, by, isExplained(body)), body);
        await recordAction(tx.orm, {
          ...{ siteId: register.site, at: now, actor: by.actor, action: 'reading.enter' },
          subject: pointSubject(register.meteringPoint?.id ?? 0),
          detail: {
            register: id,
            ts: ts.toISOString(),
            value: String(value),
            confirmed: body.confirm,
            ...(body.note ? { note: body.note } : {}),
          },
        });
      });
      return reply.code(201).send({
        ...{ ts: ts.toISOString(), value: String(value), unit: register.unit as 'Wh' | 'L' },
        ...{ quality: 'good', source: 'manual', receivedAt: now.toISOString() },
      });
    },
  );

  app.get(
    '/reading-photos/:id',
    {
      config: { access: 'readings:read' },
      schema: {
        tags: ['readings'],
        summary: 'The picture of a dial',
        params: zIdParams,
        response: { 200: z.string().describe('A JPEG, PNG or WebP picture') },
      },
      // The picture is sent as it is.
      serializerCompiler: () => (data) => data as string,
    },
    async ({ params: { id } }, reply) => {
      const photo = await readPhoto(db.$client, id);
      if (!photo) throw notFound('picture');
      return reply
        .type(photo.type)
        .header('x-content-type-options', 'nosniff')
        .header('cache-control', 'private, max-age=86400, immutable')
        .header('content-disposition', 'inline')
        .header('etag', `"${photo.sha256}"`)
        .send(photo.bytes as unknown as string);
    },
  );
};
