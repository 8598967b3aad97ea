import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { zCommandCreate, zCommandView, zDeviceIdParams, zPage, zPageQuery } from '../../contracts/rest.ts';
import {
  type CommandKey,
  type CommandRow,
  countOpenCommands,
  findCommand,
  listCommands,
  queueCommand,
} from '../../store/commands.ts';
import { findDevice } from '../../store/devices.ts';
import { principalOf } from '../access.ts';
import { badCursor, textCursor, toPage } from '../pages.ts';
import { notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

/** A device that does not answer does not gather commands for ever. */
const OPEN_COMMANDS_MAX = 100;
const ARGS_BYTES_MAX = 16 * 1024;

const viewCommand = (row: CommandRow): z.output<typeof zCommandView> => ({
  id: row.id,
  device: row.deviceId,
  op: row.op,
  args: row.args,
  reason: row.reason,
  requestedBy: row.requestedBy,
  status: row.status,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  sentAt: row.sentAt?.toISOString() ?? null,
  finishedAt: row.finishedAt?.toISOString() ?? null,
  result: row.result ?? null,
});

const zKey = z.object({ createdAt: z.string().regex(/^[\d: .+-]{10,40}$/), id: z.uuid() });

function keyOf(cursor: string | undefined): CommandKey | undefined {
  const text = textCursor(cursor);
  if (text === undefined) return undefined;
  const [createdAt, id] = text.split('|');
  const key = zKey.safeParse({ createdAt, id });
  if (!key.success) throw badCursor();
  return key.data;
}

export const commandRoutes: Routes = (app, { db }) => {
  app.post(
    '/devices/:id/commands',
    {
      config: { access: 'commands:send' },
      schema: {
        tags: ['devices'],
        summary: 'Send a command to a device',
        description:
          'It is sent as soon as the device is connected and expires after `expiresInS`. Ask for its `status` until it ' +
          'is succeeded, failed or expired.',
        params: zDeviceIdParams,
        body: zCommandCreate,
        response: { 202: zCommandView },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const device = await findDevice(db, params.id);
      if (!device) throw notFound('device');
      if (!device.profile.commands.includes(body.op)) {
        const known = device.profile.commands.join(', ') || 'none';
        throw unprocessable('body.op', `${device.profile.id} takes ${known}`, {
          code: 'command_unknown',
          values: { known },
        });
      }
      if (Buffer.byteLength(JSON.stringify(body.args)) > ARGS_BYTES_MAX) {
        throw unprocessable('body.args', `are larger than ${ARGS_BYTES_MAX} bytes`, 'too_large');
      }
      if (!device.enabled) throw new Problem(409, 'the device is disabled', 'device_disabled');
      if ((await countOpenCommands(db, device.id)) >= OPEN_COMMANDS_MAX) {
        throw new Problem(
          429,
          `${OPEN_COMMANDS_MAX} commands for this device have not ended`,
          'commands_waiting',
        );
      }
      const now = Date.now();
      const command = await queueCommand(db, {
        id: randomUUID(),
        deviceId: device.id,
        op: body.op,
        args: body.args,
        reason: body.reason ?? null,
        requestedBy: principalOf(request).actor,
        createdAt: new Date(now),
        expiresAt: new Date(now + body.expiresInS * 1000),
      });
      return reply.code(202).header('location', `/api/v1/commands/${command.id}`).send(viewCommand(command));
    },
  );

  app.get(
    '/devices/:id/commands',
    {
      config: { access: 'devices:read' },
      schema: {
        tags: ['devices'],
        summary: 'A device’s commands, newest first',
        params: zDeviceIdParams,
        querystring: zPageQuery,
        response: { 200: zPage(zCommandView) },
      },
    },
    async ({ params: { id }, query: { cursor, limit } }) => {
      if (!(await findDevice(db, id))) throw notFound('device');
      const rows = await listCommands(db, { device: id, before: keyOf(cursor), limit: limit + 1 });
      return toPage(rows, limit, (row) => `${row.key}|${row.id}`, viewCommand);
    },
  );

  app.get(
    '/commands/:id',
    {
      config: { access: 'devices:read' },
      schema: {
        tags: ['devices'],
        summary: 'A command and what came of it',
        params: z.object({ id: z.uuid() }),
        response: { 200: zCommandView },
      },
    },
    async ({ params: { id } }) => {
      const command = await findCommand(db, id);
      if (!command) throw notFound('command');
      return viewCommand(command);
    },
  );
};
