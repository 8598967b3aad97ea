import type { z } from 'zod';
import { zIdParams, zPage, zReading, zReadingQuery } from '../../contracts/rest.ts';
import { listReadings, type StoredReading } from '../../store/readings.ts';
import { findRegister } from '../../store/registers.ts';
import { numberCursor, toPage } from '../pages.ts';
import { notFound } from '../problems.ts';
import type { Routes } from '../routes.ts';

/** As far as `timestamptz` and our partitions go. */
const FOREVER_MS = Date.UTC(9999, 0);

const viewReading =
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
};
