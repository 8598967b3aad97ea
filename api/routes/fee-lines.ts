import { zFeeLineDetail } from '../../contracts/fee-lines.ts';
import { zFeeLine, zFeeLineQuery, zIdParams, zPage } from '../../contracts/rest.ts';
import { may } from '../../domain/permissions.ts';
import { listFeeLines, readFeeLine } from '../../store/fee-lines.ts';
import { type Principal, principalOf } from '../access.ts';
import { numberCursor, toPage } from '../pages.ts';
import { notFound } from '../problems.ts';
import type { Routes } from '../routes.ts';

/** A merchant without a party has no leases: no party has this id. */
const NO_PARTY = 0;
/** Whose lines somebody may see; undefined: everyone's. */
const partyOf = ({ role, partyId }: Principal): number | undefined =>
  may(role, 'fee-lines:read') ? undefined : (partyId ?? NO_PARTY);

export const feeLineRoutes: Routes = (app, { db }) => {
  app.get(
    '/fee-lines',
    {
      config: { access: ['fee-lines:read', 'fee-lines:read-own'] },
      schema: {
        tags: ['billing'],
        summary: 'Fee lines, newest first',
        description: 'A merchant sees the lines of their own leases. `stall` is a stall’s code.',
        querystring: zFeeLineQuery,
        response: { 200: zPage(zFeeLine) },
      },
    },
    async (request) => {
      const { cursor, limit, ...query } = request.query;
      const rows = await listFeeLines(db, {
        ...query,
        partyId: partyOf(principalOf(request)),
        beforeId: numberCursor(cursor),
        limit: limit + 1,
      });
      return toPage(
        rows,
        limit,
        (line) => line.id,
        (line) => line,
      );
    },
  );

  app.get(
    '/fee-lines/:id',
    {
      config: { access: ['fee-lines:read', 'fee-lines:read-own'] },
      schema: {
        tags: ['billing'],
        summary: 'A fee line with its evidence',
        description:
          'The boundary values, the readings behind them, the tariff version, and the arithmetic to the cent.',
        params: zIdParams,
        response: { 200: zFeeLineDetail },
      },
    },
    async (request) => {
      const line = await readFeeLine(db, request.params.id);
      const party = partyOf(principalOf(request));
      if (!line || (party !== undefined && line.partyId !== party)) throw notFound('fee_line');
      const { partyId: _, ...shown } = line;
      return shown;
    },
  );
};
