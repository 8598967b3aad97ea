import { eq } from 'drizzle-orm';
import { type SiteSettings, zSiteSettings } from '../contracts/settings.ts';
import type { Executor } from './database.ts';
import { siteSettings } from './schema/settings.ts';

/** What was set, and the default of everything else. */
export async function readSettings(db: Executor, siteId: string): Promise<SiteSettings> {
  const [row] = await db.select().from(siteSettings).where(eq(siteSettings.siteId, siteId));
  return zSiteSettings.parse(row?.settings ?? {});
}

export async function writeSettings(
  db: Executor,
  siteId: string,
  settings: SiteSettings,
  by: { readonly actor: string; readonly at: Date },
): Promise<void> {
  const values = { settings, updatedAt: by.at, updatedBy: by.actor };
  await db
    .insert(siteSettings)
    .values({ siteId, ...values })
    .onConflictDoUpdate({ target: siteSettings.siteId, set: values });
}
