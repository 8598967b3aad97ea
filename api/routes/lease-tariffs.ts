import { zLeaseTariffAssign, zLeaseTariffAssigned } from '../../contracts/setup.ts';
import { assignTariff, findTariff } from '../../store/lease-tariffs.ts';
import { findSite } from '../../store/sites.ts';
import { principalOf } from '../access.ts';
import { missing, noSuchSite, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

export const leaseTariffRoutes: Routes = (app, { db }) => {
  app.post(
    '/lease-tariffs',
    {
      config: { access: 'leases:write' },
      schema: {
        tags: ['leases'],
        summary: 'Let many leases pay a tariff from an instant on',
        description:
          'What they paid until then ends there; a change already arranged for later stays. Leases that are over by then, and instants in a closed period, are refused each by itself. With dryRun nothing changes.',
        body: zLeaseTariffAssign,
        response: { 200: zLeaseTariffAssigned },
      },
    },
    async (request) => {
      const { site: siteId, tariff: code, startsAt, leases, dryRun } = request.body;
      const site = await findSite(db, siteId);
      if (!site) throw noSuchSite();
      const tariff = await findTariff(db, siteId, code);
      if (!tariff) throw unprocessable('body.tariff', `the site has no tariff ${code}`, missing('tariff'));
      const results = await assignTariff(db, {
        siteId,
        timeZone: site.timeZone,
        tariff,
        startsAt: new Date(startsAt),
        leaseIds: leases,
        dryRun,
        actor: principalOf(request).actor,
        at: new Date(),
      });
      const count = (outcome: string) => results.filter((result) => result.outcome === outcome).length;
      return {
        changed: count('changed'),
        unchanged: count('unchanged'),
        refused: count('refused'),
        leases: results.map(({ leaseId, startsAt: from, endsAt, earliest, ...result }) => ({
          ...result,
          lease: leaseId,
          startsAt: from?.toISOString() ?? null,
          endsAt: endsAt?.toISOString() ?? null,
          earliest: earliest?.toISOString() ?? null,
        })),
      };
    },
  );
};
