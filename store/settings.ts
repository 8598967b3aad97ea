import { eq } from 'drizzle-orm';
import { type SiteSettings, zSiteSettings } from '../contracts/settings.ts';
import type { Executor } from './database.ts';
import { sites } from './schema/places.ts';
import { siteSettings } from './schema/settings.ts';

export interface StoredSettings {
  readonly settings: SiteSettings;
  /** When and by whom they were last changed; null while all are defaults. */
  readonly updatedAt: Date | null;
  readonly updatedBy: string | null;
}

/** What was set, and the default of everything else. */
export async function readSettings(db: Executor, siteId: string): Promise<SiteSettings> {
  return (await readStoredSettings(db, siteId)).settings;
}

export async function readStoredSettings(db: Executor, siteId: string): Promise<StoredSettings> {
  const [row] = await db.select().from(siteSettings).where(eq(siteSettings.siteId, siteId));
  return {
    settings: zSiteSettings.parse(row?.settings ?? {}),
    updatedAt: row?.updatedAt ?? null,
    updatedBy: row?.updatedBy ?? null,
  };
}

/** The same, and nobody else changes them before the transaction ends. */
export async function lockSettings(tx: Executor, siteId: string): Promise<StoredSettings> {
  await tx.select({ id: sites.id }).from(sites).where(eq(sites.id, siteId)).for('no key update');
  return readStoredSettings(tx, siteId);
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
