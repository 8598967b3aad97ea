import type { z } from 'zod';
import {
  zCollect,
  zPass,
  zPassDay,
  zPassDayQuery,
  zPassQuery,
  zWalkIn,
  zWalkInPut,
} from '../../contracts/passes.ts';
import { zIdParams, zPage } from '../../contracts/rest.ts';
import { normalizePlate, stayMinutes } from '../../domain/passes.ts';
import { periodRange } from '../../domain/periods.ts';
import { recordAction } from '../../store/actions.ts';
import { addLeaseTariff, findLease, findTariffId } from '../../store/leases.ts';
import { type ListedPass, listPasses, readPassDays } from '../../store/pass-list.ts';
import { findPassSite } from '../../store/passes.ts';
import { readSettings } from '../../store/settings.ts';
import { findSite } from '../../store/sites.ts';
import { transaction } from '../../store/transaction.ts';
import { collectAtGate, createWalkIn, findWalkIn, readWalkInBalance } from '../../store/walk-in.ts';
import { principalOf } from '../access.ts';
import { badCursor, encodeCursor, textCursor } from '../pages.ts';
import { missing, noSuchSite, notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

const HOUR_MS = 3_600_000;
const zDays = zPage(zPassDay).pick({ items: true });

/** `lostBefore`: an entry from before this instant should have gone out by now. */
function viewPass(pass: ListedPass, lostBefore: number): z.output<typeof zPass> {
  const { at, partnerAt, ...rest } = pass;
  const stay = partnerAt && Math.abs(at.getTime() - partnerAt.getTime());
  const isOpen = pass.direction === 'in' && at.getTime() > lostBefore;
  return {
    ...rest,
    at: at.toISOString(),
    partnerAt: partnerAt?.toISOString() ?? null,
    minutes: stay === null ? null : stayMinutes(0, stay),
    pairing: partnerAt ? 'paired' : isOpen ? 'open' : 'lost',
  };
}

const dateOf = (text: string | undefined): Date | undefined =>
  text === undefined ? undefined : new Date(text);

export const passRoutes: Routes = (app, { db }) => {
  const lostBeforeOf = async (siteId: string): Promise<number> => {
    const { gates } = await readSettings(db, siteId);
    return Date.now() - gates.lostAfterHours * HOUR_MS;
  };

  app.get(
    '/passes',
    {
      config: { access: 'gates:read' },
      schema: {
        tags: ['gates'],
        summary: 'Vehicles at gates, the newest first',
        description:
          '`lost`: exits without an entry, and entries without an exit after the site’s `gates.lostAfterHours`.',
        querystring: zPassQuery,
        response: { 200: zPage(zPass) },
      },
    },
    async ({ query: { cursor, limit, lost, plate, from, to, ...query } }) => {
      const lostBefore = await lostBeforeOf(query.site);
      const [at, id] = textCursor(cursor)?.split(' ').map(Number) ?? [];
      if (cursor !== undefined && !(Number.isSafeInteger(at) && Number.isSafeInteger(id))) {
        throw badCursor();
      }
      const rows = await listPasses(db.$client, {
        ...{ ...query, from: dateOf(from), to: dateOf(to), limit: limit + 1 },
        plate: plate === undefined ? undefined : normalizePlate(plate),
        lostBefore: lost ? new Date(lostBefore) : undefined,
        before: at === undefined || id === undefined ? undefined : { at: new Date(at), id },
      });
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        items: shown.map((row) => viewPass(row, lostBefore)),
        nextCursor: rows.length > limit && last ? encodeCursor(`${last.at.getTime()} ${last.id}`) : null,
      };
    },
  );

  app.get(
    '/passes/days',
    {
      config: { access: 'gates:read' },
      schema: {
        tags: ['gates'],
        summary: 'Passes of a month by day and class: how many, what they cost, what was collected',
        querystring: zPassDayQuery,
        response: { 200: zDays },
      },
    },
    async ({ query }) => {
      const site = await findSite(db, query.site);
      if (!site) throw notFound('site');
      const range = periodRange(query.month, site.timeZone);
      if (!range) throw unprocessable('querystring.month', 'is no month', missing('period'));
      const rows = await readPassDays(db.$client, site, {
        from: new Date(range.from),
        to: new Date(range.to),
      });
      const days = new Map<string, z.output<typeof zPassDay>>();
      for (const { day, ...row } of rows) {
        const one = days.get(day) ?? { day, classes: [] };
        one.classes.push(row);
        days.set(day, one);
      }
      return { items: [...days.values()] };
    },
  );

  app.post(
    '/passes/:id/collection',
    {
      config: { access: 'gates:write' },
      schema: {
        tags: ['gates'],
        summary: 'Record what was taken at the gate for an exit',
        description: 'Once a pass. It goes to the walk-in balance, from which the pass is charged by day.',
        params: zIdParams,
        body: zCollect,
        response: { 201: zPass },
      },
    },
    async (request, reply) => {
      const passId = request.params.id;
      const siteId = await findPassSite(db.$client, passId);
      const site = siteId === undefined ? undefined : await findSite(db, siteId);
      const read = async (): Promise<ListedPass | undefined> =>
        site && (await listPasses(db.$client, { site: site.id, id: passId, limit: 1 }))[0];
      const pass = await read();
      if (!site || !pass) throw notFound('pass');
      if (pass.direction !== 'out')
        throw unprocessable('params.id', 'is an entry: money is taken at the exit', 'pass_entry');
      if (pass.payer)
        throw unprocessable('params.id', `${pass.payer.party} pays for it`, {
          code: 'pass_paid_by',
          values: { party: pass.payer.party },
        });
      const leaseId = await findWalkIn(db.$client, site.id);
      if (leaseId === undefined)
        throw new Problem(
          409,
          'the site has no walk-in account yet: choose its tariff first',
          'walk_in_without_tariff',
        );
      const by = { actor: principalOf(request).actor, at: new Date() };
      const amount = BigInt(request.body.amount);
      await transaction(db, async (tx) => {
        await collectAtGate(tx, { siteId: site.id, currency: site.currency, leaseId, passId, amount, ...by });
        await recordAction(tx.orm, {
          ...{ siteId: site.id, ...by, action: 'pass.collect', subject: `pass ${passId}` },
          detail: { amount: `${amount}` },
        });
      });
      const after = await read();
      if (!after) throw notFound('pass');
      return reply.code(201).send(viewPass(after, await lostBeforeOf(site.id)));
    },
  );

  const viewWalkIn = async (siteId: string): Promise<z.output<typeof zWalkIn>> => {
    const id = await findWalkIn(db.$client, siteId);
    const lease = id === undefined ? undefined : await findLease(db, id);
    if (!lease) return { site: siteId, lease: null, tariffs: [], balance: '0' };
    return {
      site: siteId,
      lease: lease.id,
      tariffs: lease.tariffs.map(({ tariff, startsAt, endsAt }) => ({
        tariff,
        startsAt: startsAt.toISOString(),
        endsAt: endsAt?.toISOString() ?? null,
      })),
      balance: `${await readWalkInBalance(db.$client, siteId, lease.id)}`,
    };
  };

  app.get(
    '/sites/:site/walk-in',
    {
      config: { access: 'gates:read' },
      schema: {
        tags: ['gates'],
        summary: 'By which tariff drivers pay for themselves, and whether what they paid is what they owed',
        params: zWalkIn.pick({ site: true }),
        response: { 200: zWalkIn },
      },
    },
    async ({ params }) => {
      if (!(await findSite(db, params.site))) throw notFound('site');
      return viewWalkIn(params.site);
    },
  );

  app.put(
    '/walk-in',
    {
      config: { access: 'gates:write' },
      schema: {
        tags: ['gates'],
        summary: 'Choose the tariff by which drivers pay for themselves',
        description: 'Makes the site’s walk-in account when there is none yet.',
        body: zWalkInPut,
        response: { 200: zWalkIn },
      },
    },
    async (request) => {
      const { site: siteId, tariff, startsAt } = request.body;
      if (!(await findSite(db, siteId))) throw noSuchSite();
      const tariffId = await findTariffId(db, siteId, tariff, 'gate');
      if (tariffId === undefined)
        throw unprocessable('body.tariff', `the site has no tariff ${tariff} for gates`, missing('tariff'));
      const from = new Date(startsAt);
      const by = { actor: principalOf(request).actor, at: new Date() };
      let leaseId = await findWalkIn(db.$client, siteId);
      if (leaseId === undefined) {
        leaseId = await transaction(db, async (tx) => {
          const made = await createWalkIn(tx, siteId, from);
          await recordAction(tx.orm, { siteId, ...by, action: 'walk-in.open', subject: `lease ${made}` });
          return made;
        });
      }
      const lease = await findLease(db, leaseId);
      if (lease && from < lease.startsAt) {
        throw unprocessable('body.startsAt', 'is before the walk-in account began', 'before_walk_in');
      }
      await addLeaseTariff(db, leaseId, { tariffId, commodity: 'gate', startsAt: from });
      await recordAction(db, {
        ...{ siteId, ...by, action: 'walk-in.tariff', subject: `lease ${leaseId}` },
        detail: { tariff, startsAt },
      });
      return viewWalkIn(siteId);
    },
  );
};
