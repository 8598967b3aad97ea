import type { z } from 'zod';
import { topicOf } from '../../contracts/mqtt.ts';
import {
  zDevice,
  zDeviceCreate,
  zDeviceCreated,
  zDeviceDetail,
  zDeviceIdParams,
  zDevicePatch,
  zDeviceQuery,
  zPage,
  zSecretRotate,
  zSecretRotated,
} from '../../contracts/rest.ts';
import {
  createDevice,
  type DeviceRow,
  findDevice,
  listDevices,
  listRegisters,
  newSecret,
  rotateSecret,
  setDeviceEnabled,
} from '../../store/devices.ts';
import { findPlace } from '../../store/places.ts';
import { findProfile } from '../../store/profiles.ts';
import { findSite } from '../../store/sites.ts';
import { textCursor, toPage } from '../pages.ts';
import { missing, noSuchSite, notFound, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';
import { viewPoints } from './profiles.ts';

const viewDevice =
  (now: number) =>
  (row: DeviceRow): z.output<typeof zDevice> => ({
    id: row.id,
    site: row.siteId,
    serial: row.serial,
    profile: row.profile.id,
    profileRevision: row.profile.revision,
    kind: row.profile.kind,
    place: row.place,
    enabled: row.enabled,
    online: row.online,
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
    measuredAt: row.measuredAt?.toISOString() ?? null,
    firmware: row.firmware,
    stale: row.lastSeenAt === null || now - row.lastSeenAt.getTime() > 2 * row.profile.intervalS * 1000,
    createdAt: row.createdAt.toISOString(),
  });

const mqttOf = (site: string, id: string) => ({
  clientId: `${site}/${id}`,
  username: `${site}/${id}`,
  topic: topicOf(site, id, 'up'),
});

export const deviceRoutes: Routes = (app, { db, telemetry }) => {
  app.get(
    '/devices',
    {
      config: { access: 'devices:read' },
      schema: {
        tags: ['devices'],
        summary: 'Devices with their state',
        querystring: zDeviceQuery,
        response: { 200: zPage(zDevice) },
      },
    },
    async ({ query: { cursor, limit, ...query } }) => {
      const rows = await listDevices(db, { ...query, after: textCursor(cursor), limit: limit + 1 });
      return toPage(rows, limit, (device) => device.id, viewDevice(Date.now()));
    },
  );

  app.post(
    '/devices',
    {
      config: { access: 'devices:write' },
      schema: {
        tags: ['devices'],
        summary: 'Register a device',
        description: 'Answers what to enter into the device. The secret is shown this once.',
        body: zDeviceCreate,
        response: { 201: zDeviceCreated },
      },
    },
    async ({ body }, reply) => {
      const [site, profile, place] = await Promise.all([
        findSite(db, body.site),
        findProfile(db, body.profile),
        body.place === undefined ? undefined : findPlace(db, body.site, body.place),
      ]);
      if (!site) throw noSuchSite();
      if (!profile)
        throw unprocessable(
          'body.profile',
          'there is no such profile: GET /api/v1/profiles lists them',
          missing('profile'),
        );
      if (body.place !== undefined && !place)
        throw unprocessable('body.place', 'the site has no such place', { code: 'no_such_place' });
      const { secret, hash } = newSecret();
      const { id, registers } = await createDevice(db, {
        site: site.id,
        serial: body.serial,
        profile,
        placeId: place?.id,
        secretHash: hash,
      });
      const device = await findDevice(db, id);
      if (!device) throw notFound('device');
      return reply
        .code(201)
        .header('location', `/api/v1/devices/${id}`)
        .header('cache-control', 'no-store')
        .send({ ...viewDevice(Date.now())(device), secret, mqtt: mqttOf(site.id, id), registers });
    },
  );

  app.get(
    '/devices/:id',
    {
      config: { access: 'devices:read' },
      schema: {
        tags: ['devices'],
        summary: 'A device with its points and what it last measured',
        description: '`latest` is null when nothing was measured in the last 7 days.',
        params: zDeviceIdParams,
        response: { 200: zDeviceDetail },
      },
    },
    async ({ params: { id }, log }) => {
      const device = await findDevice(db, id);
      if (!device) throw notFound('device');
      const [registers, latest] = await Promise.all([
        listRegisters(db, id),
        // Charts may be away while everything else is here: the device is still shown.
        telemetry.latest(device.siteId, [id]).catch((err: unknown) => {
          log.warn({ err }, 'latest telemetry is not available');
          return undefined;
        }),
      ]);
      const row = latest?.get(id);
      return {
        ...viewDevice(Date.now())(device),
        points: viewPoints(device.profile),
        commands: [...device.profile.commands],
        intervalS: device.profile.intervalS,
        registers,
        latest: row ? { ts: new Date(row.ts).toISOString(), values: { ...row.values } } : null,
      };
    },
  );

  app.patch(
    '/devices/:id',
    {
      config: { access: 'devices:write' },
      schema: {
        tags: ['devices'],
        summary: 'Let a device connect, or no longer',
        params: zDeviceIdParams,
        body: zDevicePatch,
        response: { 200: zDevice },
      },
    },
    async ({ params: { id }, body }) => {
      await setDeviceEnabled(db, id, body.enabled);
      const device = await findDevice(db, id);
      if (!device) throw notFound('device');
      return viewDevice(Date.now())(device);
    },
  );

  app.post(
    '/devices/:id/secret',
    {
      config: { access: 'devices:write' },
      schema: {
        tags: ['devices'],
        summary: 'Give a device a new secret',
        description:
          'The old one stays good for `overlapS` seconds, so that the device can be changed without an outage.',
        params: zDeviceIdParams,
        body: zSecretRotate,
        response: { 200: zSecretRotated },
      },
    },
    async ({ params: { id }, body }, reply) => {
      const device = await findDevice(db, id);
      if (!device) throw notFound('device');
      const { secret, hash } = newSecret();
      const previousUntil = new Date(Date.now() + body.overlapS * 1000);
      await rotateSecret(db, id, hash, previousUntil);
      return reply
        .header('cache-control', 'no-store')
        .send({ secret, mqtt: mqttOf(device.siteId, id), previousUntil: previousUntil.toISOString() });
    },
  );
};
