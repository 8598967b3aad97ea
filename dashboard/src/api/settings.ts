import type { z } from 'zod';
import { type SiteSettings, zSiteSettingsView } from '../../../contracts/settings.ts';
import { request, V1 } from '../api.ts';

export type SettingsView = z.output<typeof zSiteSettingsView>;

const urlOf = (site: string): string => `${V1}/sites/${encodeURIComponent(site)}/settings`;

export const settingsApi = {
  read: (site: string, signal?: AbortSignal) => request(zSiteSettingsView, urlOf(site), { signal }),
  change: (site: string, body: { settings: SiteSettings; updatedAt: string | null }) =>
    request(zSiteSettingsView, urlOf(site), { method: 'PUT', body }),
};
