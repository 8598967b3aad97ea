import type { z } from 'zod';
import { zDeadLetter, zDeadLetterQuery, zIdParams, zPage } from '../../contracts/rest.ts';
import { type DeadLetterRow, listDeadLetters } from '../../store/dead-letters.ts';
import { numberCursor, toPage } from '../pages.ts';
import { notFound } from '../problems.ts';
import type { Routes } from '../routes.ts';

const viewDeadLetter = (row: DeadLetterRow): z.output<typeof zDeadLetter> => ({
  id: row.id,
  site: row.siteId,
  device: row.deviceId,
  topic: row.topic,
  reason: row.reason,
  detail: row.detail,
  receivedAt: row.receivedAt.toISOString(),
  payloadBase64: row.payload.toString('base64'),
});

export const deadLetterRoutes: Routes = (app, { db }) => {
  app.get(
    '/dead-letters',
    {
      config: { access: 'dead-letters:read' },
      schema: {
        tags: ['devices'],
        summary: 'Refused messages, newest first',
        description: 'Each with why it was refused and its raw bytes.',
        querystring: zDeadLetterQuery,
        response: { 200: zPage(zDeadLetter) },
      },
    },
    async ({ query: { cursor, limit, ...query } }) => {
      const rows = await listDeadLetters(db, { ...query, before: numberCursor(cursor), limit: limit + 1 });
      return toPage(rows, limit, (row) => row.id, viewDeadLetter);
    },
  );

  app.get(
    '/dead-letters/:id',
    {
      config: { access: 'dead-letters:read' },
      schema: {
        tags: ['devices'],
        summary: 'A refused message',
        params: zIdParams,
        response: { 200: zDeadLetter },
      },
    },
    async ({ params: { id } }) => {
      const [row] = await listDeadLetters(db, { id, limit: 1 });
      if (!row) throw notFound('dead_letter');
      return viewDeadLetter(row);
    },
  );
};
