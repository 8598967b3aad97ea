import { zDeviceIdParams, zTelemetry, zTelemetryQuery } from '../../contracts/rest.ts';
import { findDevice } from '../../store/devices.ts';
import { notFound, unavailable, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

const SAMPLES_MAX = 5_000;
const RANGE_MS_MAX = 400 * 86_400_000;
const UNIT_S: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

const secondsOf = (every: string): number => Number(every.slice(0, -1)) * (UNIT_S[every.slice(-1)] ?? 1);

export const telemetryRoutes: Routes = (app, { db, telemetry }) => {
  app.get(
    '/devices/:id/telemetry',
    {
      config: { access: 'devices:read' },
      schema: {
        tags: ['devices'],
        summary: 'What a device measured at one of its points',
        description:
          'Oldest first; `from` is included, `to` is not. With `every` (such as `15m`) the means over windows of that ' +
          `length. At most ${SAMPLES_MAX} samples: \`truncated\` says that there were more.`,
        params: zDeviceIdParams,
        querystring: zTelemetryQuery,
        response: { 200: zTelemetry },
      },
    },
    async ({ params: { id }, query }) => {
      const device = await findDevice(db, id);
      if (!device) throw notFound('device');
      const point = device.profile.points.find(({ name }) => name === query.point);
      if (!point)
        throw unprocessable('querystring.point', `${device.profile.id} has no such point`, 'point_unknown');
      if (query.every !== undefined && point.type !== 'number') {
        throw unprocessable('querystring.every', `there is no mean of a ${point.type}`, 'point_without_mean');
      }
      const [from, to] = [Date.parse(query.from), Date.parse(query.to)];
      if (from >= to) throw unprocessable('querystring.to', 'is not after from', 'days_reversed');
      if (to - from > RANGE_MS_MAX)
        throw unprocessable('querystring.from', 'is more than 400 days before to', 'too_many_days');
      const samples = await telemetry
        .query({
          site: device.siteId,
          device: id,
          point: point.name,
          from,
          to,
          ...(query.every === undefined ? {} : { everyS: secondsOf(query.every) }),
          limit: SAMPLES_MAX + 1,
        })
        .catch((error: unknown) => {
          throw unavailable('the telemetry store cannot be reached', error);
        });
      return {
        point: point.name,
        unit: point.unit ?? null,
        samples: samples
          .slice(0, SAMPLES_MAX)
          .map(({ ts, value }) => ({ ts: new Date(ts).toISOString(), value })),
        truncated: samples.length > SAMPLES_MAX,
      };
    },
  );
};
