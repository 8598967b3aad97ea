import { z } from 'zod';
import {
  zAllocation,
  zAllocationCreate,
  zAllocationQuery,
  zTreePatch,
  zTreePoint,
  zTreeQuery,
} from '../../contracts/meter-tree.ts';
import { zIdParams, zPage } from '../../contracts/rest.ts';
import { childrenOf, leavesBehind, TREE_DEPTH_MAX } from '../../domain/meter-tree.ts';
import { periodRange } from '../../domain/periods.ts';
import { recordAction } from '../../store/actions.ts';
import {
  createAllocation,
  deleteAllocation,
  findAllocation,
  listAllocations,
} from '../../store/allocations.ts';
import { changeTreePoint } from '../../store/losses.ts';
import { isMeteredIn, readTree, readValuesAt, type TreePoint, usageIn } from '../../store/meter-tree.ts';
import { readClosedPeriods } from '../../store/periods.ts';
import { findSite } from '../../store/sites.ts';
import { transaction } from '../../store/transaction.ts';
import { findPointSite } from '../../store/usage-inputs.ts';
import { principalOf } from '../access.ts';
import { numberCursor, toPage } from '../pages.ts';
import { missing, notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

type AllocationView = z.output<typeof zAllocation>;

export const meterTreeRoutes: Routes = (app, { db }) => {
  app.get(
    '/meter-tree',
    {
      config: { access: 'readings:read' },
      schema: {
        tags: ['readings'],
        summary: 'Metering points, what each lies behind, and what each used in a month',
        description: 'By id. Usage is what was charged by: it is null until a run has settled the month.',
        querystring: zTreeQuery,
        response: { 200: zPage(zTreePoint) },
      },
    },
    async ({ query: { site: siteId, month, commodity, cursor, limit } }) => {
      const site = await findSite(db, siteId);
      if (!site) throw notFound('site');
      const period = periodRange(month, site.timeZone);
      if (!period) throw unprocessable('querystring.month', 'is no month', missing('period'));
      const after = numberCursor(cursor) ?? 0;
      const rows = (await readTree(db.$client, siteId, { commodity }))
        .filter(({ id }) => id > after)
        .sort((a, b) => a.id - b.id)
        .slice(0, limit + 1);
      const ids = rows.map(({ id }) => id);
      const values = await readValuesAt(db.$client, ids, [period.from, period.to]);
      return toPage(
        rows,
        limit,
        ({ id }) => id,
        (point) => {
          const used = usageIn(point, period, values);
          return {
            ...{
              id: point.id,
              code: point.code,
              commodity: point.commodity,
              mainId: point.mainId,
              role: point.role,
            },
            place: placeOf(point),
            usage: used ? `${used.usage}` : null,
            estimated: used?.estimated ?? false,
            isBare: !isMeteredIn(point, period),
          };
        },
      );
    },
  );

  app.patch(
    '/meter-tree/:id',
    {
      config: { access: 'leases:write' },
      schema: {
        tags: ['readings'],
        summary: 'Put a metering point behind a main, or say what it is for',
        description:
          'Counts for every month that is not closed yet, from its next run on. A point that another one is put ' +
          'behind becomes a main: it is not charged any more.',
        params: zIdParams,
        body: zTreePatch,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const siteId = await findPointSite(db.$client, params.id);
      if (siteId === undefined) throw notFound('metering_point');
      const tree = await readTree(db.$client, siteId);
      const point = tree.find(({ id }) => id === params.id);
      if (!point) throw unprocessable('params.id', 'a gate has no place in the meter tree', 'tree_gate');
      refuseImpossible(tree, point, body);
      await transaction(db, async (tx) => {
        await changeTreePoint(tx, point.id, { mainId: body.main, role: body.role });
        await recordAction(tx.orm, {
          ...{ siteId, at: new Date(), actor: principalOf(request).actor },
          action: 'meter-tree.change',
          subject: `metering point ${point.code}`,
          detail: { before: { main: point.mainId, role: point.role }, after: body },
        });
      });
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/allocations',
    {
      config: { access: 'readings:read' },
      schema: {
        tags: ['billing'],
        summary: 'What of mains’ usage is shared out among the stalls behind them, from which month',
        querystring: zAllocationQuery,
        response: { 200: zPage(zAllocation) },
      },
    },
    async ({ query: { site, cursor, limit } }) => {
      const rows = await listAllocations(db, { site, after: numberCursor(cursor), limit: limit + 1 });
      return toPage(
        rows,
        limit,
        ({ id }) => id,
        (row): AllocationView => ({
          ...row,
          createdAt: row.createdAt.toISOString(),
        }),
      );
    },
  );

  app.post(
    '/allocations',
    {
      config: { access: 'leases:write' },
      schema: {
        tags: ['billing'],
        summary: 'Share a main’s residual out from a month on',
        description:
          'Replaces what was said for the same month. `nothing` ends it. A lease is charged for its share only where ' +
          'its tariff has a component of kind `share`.',
        body: zAllocationCreate,
        response: { 201: zAllocation },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const siteId = await findPointSite(db.$client, body.main);
      if (siteId === undefined)
        throw unprocessable('body.main', 'there is no such metering point', missing('metering_point'));
      const tree = await readTree(db.$client, siteId);
      const main = tree.find(({ id }) => id === body.main);
      if (main?.role !== 'main')
        throw unprocessable('body.main', 'is no main: no point lies behind it', 'tree_no_main');
      if (!leavesBehind(childrenOf(tree), main.id).some(({ role }) => role === 'stall')) {
        throw unprocessable('body.main', 'no stall lies behind it that could have a share', 'tree_no_stall');
      }
      await refuseClosed(siteId, body.fromMonth);
      const { actor } = principalOf(request);
      const at = new Date();
      const id = await transaction(db, async (tx) => {
        const made = await createAllocation(tx, { ...body, actor, at });
        await recordAction(tx.orm, {
          ...{ siteId, at, actor, action: 'allocation.set', subject: `metering point ${main.code}` },
          detail: body,
        });
        return made;
      });
      const { main: mainId, ...rest } = body;
      const code = main.code;
      return reply
        .code(201)
        .send({ ...rest, id, main: { id: mainId, code }, createdBy: actor, createdAt: at.toISOString() });
    },
  );

  app.delete(
    '/allocations/:id',
    {
      config: { access: 'leases:write' },
      schema: {
        tags: ['billing'],
        summary: 'Take back what was said of a month that is not closed yet',
        params: zIdParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const allocation = await findAllocation(db, request.params.id);
      if (!allocation) throw notFound('allocation');
      await refuseClosed(allocation.siteId, allocation.fromMonth);
      await transaction(db, async (tx) => {
        await deleteAllocation(tx, allocation.id);
        await recordAction(tx.orm, {
          ...{ siteId: allocation.siteId, at: new Date(), actor: principalOf(request).actor },
          ...{ action: 'allocation.remove', subject: `metering point ${allocation.main.code}` },
          detail: { fromMonth: allocation.fromMonth, what: allocation.what, weight: allocation.weight },
        });
      });
      return reply.code(204).send(null);
    },
  );

  /** A closed month's shares are what they are. */
  async function refuseClosed(siteId: string, month: string): Promise<void> {
    const closed = [...(await readClosedPeriods(db.$client, siteId))]
      .filter((period) => period.length === 7)
      .sort();
    const last = closed.at(-1);
    if (last !== undefined && month <= last) {
      const refusal = { code: 'period_closed', values: { period: last } } as const;
      throw new Problem(409, `${last} is closed: begin with a later month`, refusal);
    }
  }
};

const placeOf = ({ placeId, placeCode }: TreePoint): { id: number; code: string } | null =>
  placeId === null || placeCode === null ? null : { id: placeId, code: placeCode };

/** The database refuses the same (trigger), in fewer words. */
function refuseImpossible(
  tree: readonly TreePoint[],
  point: TreePoint,
  { main: mainId, role }: z.output<typeof zTreePatch>,
): void {
  const byId = new Map(tree.map((one) => [one.id, one]));
  if (role !== undefined && role !== 'main' && tree.some((one) => one.mainId === point.id)) {
    throw unprocessable('body.role', `other points lie behind ${point.code}: it is a main`, {
      code: 'tree_is_main',
      values: { point: point.code },
    });
  }
  if (role === 'stall' && point.placeId === null) {
    throw unprocessable('body.role', `${point.code} is in no stall: it is a common area, or a main`, {
      code: 'tree_not_in_stall',
      values: { point: point.code },
    });
  }
  if (mainId === undefined || mainId === null) return;
  const main = byId.get(mainId);
  if (!main || main.commodity !== point.commodity) {
    throw unprocessable(
      'body.main',
      `the site has no such point for ${point.commodity}`,
      missing('metering_point'),
    );
  }
  let levels = 1;
  for (let at: TreePoint | undefined = main; at; at = at.mainId === null ? undefined : byId.get(at.mainId)) {
    if (at.id === point.id) {
      throw unprocessable('body.main', `${main.code} lies behind ${point.code} itself`, {
        code: 'tree_loop',
        values: { main: main.code, point: point.code },
      });
    }
    if (levels++ > TREE_DEPTH_MAX) {
      throw unprocessable('body.main', `the tree would have more than ${TREE_DEPTH_MAX} levels`, {
        code: 'tree_deep',
        values: { max: `${TREE_DEPTH_MAX}` },
      });
    }
  }
}
