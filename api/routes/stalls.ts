import type { z } from 'zod';
import { zIdParams, zPage, zStall, zStallDetail, zStallQuery } from '../../contracts/rest.ts';
import { isStale } from '../../domain/floor.ts';
import { listPlaceDevices, listStallMeters, listStalls, type StallRow } from '../../store/stalls.ts';
import { numberCursor, toPage } from '../pages.ts';
import { notFound } from '../problems.ts';
import type { Routes } from '../routes.ts';

/** Until a stall has a sensor whose profile says how often it reports. */
const INTERVAL_S_DEFAULT = 60;

const viewStall =
  (now: Date) =>
  (row: StallRow): z.output<typeof zStall> => {
    const state = row.state ?? { occupancy: null, measuredAt: null, seenAt: null };
    const occupancy = state.occupancy ?? 'unknown';
    const live = {
      id: row.id,
      occupancy,
      leased: row.lease !== null,
      measuredAt: state.measuredAt?.getTime() ?? null,
      seenAt: state.seenAt?.getTime() ?? null,
    };
    return {
      id: row.id,
      site: row.siteId,
      floorId: row.floorId,
      code: row.code,
      name: row.name,
      rect: row.rect ?? { x: 0, y: 0, w: 0, h: 0 },
      areaM2: row.areaM2,
      lease:
        row.lease && row.party
          ? {
              id: row.lease.id,
              party: row.party,
              charging: row.lease.charging,
              trade: row.lease.trade,
              startsAt: row.lease.startsAt.toISOString(),
              endsAt: row.lease.endsAt?.toISOString() ?? null,
            }
          : null,
      occupancy,
      measuredAt: state.measuredAt?.toISOString() ?? null,
      seenAt: state.seenAt?.toISOString() ?? null,
      stale: isStale(live, row.intervalS ?? INTERVAL_S_DEFAULT, now.getTime()),
    };
  };

export const stallRoutes: Routes = (app, { db }) => {
  app.get(
    '/stalls',
    {
      config: { access: 'floor:read' },
      schema: {
        tags: ['places'],
        summary: 'Stalls with lease and occupancy',
        description:
          '`lease` is the merchant’s lease that holds now. `occupancy` is what the sensor last said; it keeps its ' +
          'value when the sensor is silent, and `stale` says so.',
        querystring: zStallQuery,
        response: { 200: zPage(zStall) },
      },
    },
    async ({ query: { cursor, limit, ...query } }) => {
      const now = new Date();
      const rows = await listStalls(db, now, { ...query, after: numberCursor(cursor), limit: limit + 1 });
      return toPage(rows, limit, (stall) => stall.id, viewStall(now));
    },
  );

  app.get(
    '/stalls/:id',
    {
      config: { access: 'floor:read' },
      schema: {
        tags: ['places'],
        summary: 'A stall with its meters and devices',
        params: zIdParams,
        response: { 200: zStallDetail },
      },
    },
    async ({ params: { id } }) => {
      const now = new Date();
      const [[stall], meters, devices] = await Promise.all([
        listStalls(db, now, { id, limit: 1 }),
        listStallMeters(db, id, now),
        listPlaceDevices(db, id),
      ]);
      if (!stall) throw notFound('stall');
      return {
        ...viewStall(now)(stall),
        meters: meters.map(({ lastReading, ...meter }) => ({
          ...meter,
          lastReading: lastReading && { ...lastReading, ts: new Date(lastReading.ts).toISOString() },
        })),
        devices,
      };
    },
  );
};
