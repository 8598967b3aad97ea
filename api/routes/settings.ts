import { z } from 'zod';
import { zSiteSettingsChange, zSiteSettingsView } from '../../contracts/settings.ts';
import { recordAction } from '../../store/actions.ts';
import {
  lockSettings,
  readStoredSettings,
  type StoredSettings,
  writeSettings,
} from '../../store/settings.ts';
import { findSite } from '../../store/sites.ts';
import { principalOf } from '../access.ts';
import { notFound, Problem } from '../problems.ts';
import type { Routes } from '../routes.ts';

const zSiteParams = z.object({ id: z.string().min(1).max(32) });

const viewSettings = ({
  settings,
  updatedAt,
  updatedBy,
}: StoredSettings): z.output<typeof zSiteSettingsView> => ({
  settings,
  updatedAt: updatedAt?.toISOString() ?? null,
  updatedBy,
});

export const settingsRoutes: Routes = (app, { db }) => {
  app.get(
    '/sites/:id/settings',
    {
      config: { access: 'settings:read' },
      schema: {
        tags: ['billing'],
        summary: 'How a site bills',
        description: 'What was set, and the default of everything else.',
        params: zSiteParams,
        response: { 200: zSiteSettingsView },
      },
    },
    async ({ params: { id } }) => {
      if (!(await findSite(db, id))) throw notFound('site');
      return viewSettings(await readStoredSettings(db, id));
    },
  );

  app.put(
    '/sites/:id/settings',
    {
      config: { access: 'settings:write' },
      schema: {
        tags: ['billing'],
        summary: 'Change how a site bills',
        description: 'The whole of it: what is left out goes back to its default.',
        params: zSiteParams,
        body: zSiteSettingsChange,
        response: { 200: zSiteSettingsView },
      },
    },
    async (request) => {
      const { params, body } = request;
      const { id: siteId } = params;
      if (!(await findSite(db, siteId))) throw notFound('site');
      const by = { actor: principalOf(request).actor, at: new Date() };
      return db.transaction(async (tx) => {
        const before = await lockSettings(tx, siteId);
        if ((before.updatedAt?.toISOString() ?? null) !== body.updatedAt) {
          throw new Problem(
            409,
            `${before.updatedBy ?? 'somebody'} has changed the settings meanwhile: load them again`,
            'settings_changed',
          );
        }
        await writeSettings(tx, siteId, body.settings, by);
        await recordAction(tx, {
          siteId,
          ...by,
          action: 'settings.change',
          subject: `site ${siteId}`,
          detail: { before: before.settings, after: body.settings },
        });
        return viewSettings(await readStoredSettings(tx, siteId));
      });
    },
  );
};
