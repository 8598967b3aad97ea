import type { z } from 'zod';
import { type zProfile, zProfiles } from '../../contracts/rest.ts';
import type { DeviceProfile } from '../../domain/device-profiles.ts';
import { listProfiles } from '../../store/profiles.ts';
import type { Routes } from '../routes.ts';

export const viewPoints = (profile: DeviceProfile): z.output<typeof zProfile>['points'] =>
  profile.points.map(({ name, type, unit }) => ({ name, type, unit: unit ?? null }));

export const profileRoutes: Routes = (app, { db }) => {
  app.get(
    '/profiles',
    {
      config: { access: 'devices:read' },
      schema: {
        tags: ['devices'],
        summary: 'Device profiles, each in its newest revision',
        response: { 200: zProfiles },
      },
    },
    async () => {
      const profiles = await listProfiles(db);
      return {
        items: profiles.map((profile) => ({
          id: profile.id,
          revision: profile.revision,
          kind: profile.kind,
          name: profile.name,
          intervalS: profile.intervalS,
          points: viewPoints(profile),
        })),
        nextCursor: null,
      };
    },
  );
};
