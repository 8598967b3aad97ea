import { and, asc, desc, eq } from 'drizzle-orm';
import { BUILT_IN_PROFILES } from '../domain/built-in-profiles.ts';
import type { DeviceProfile } from '../domain/device-profiles.ts';
import type { Database, Executor } from './database.ts';
import { deviceProfiles } from './schema/devices.ts';

/** Stores the profiles every installation starts with. A revision that is already there stays as it is. */
export async function ensureBuiltInProfiles(db: Database): Promise<void> {
  await db
    .insert(deviceProfiles)
    .values(BUILT_IN_PROFILES.map((p) => ({ id: p.id, revision: p.revision, kind: p.kind, definition: p })))
    .onConflictDoNothing();
}

/** The newest revision of every profile, by id. */
export async function listProfiles(db: Database): Promise<readonly DeviceProfile[]> {
  const rows = await db
    .selectDistinctOn([deviceProfiles.id], { definition: deviceProfiles.definition })
    .from(deviceProfiles)
    .orderBy(asc(deviceProfiles.id), desc(deviceProfiles.revision))
    .limit(1000);
  return rows.map((row) => row.definition);
}

/** The newest revision of a profile, or the revision asked for. */
export async function findProfile(
  db: Executor,
  id: string,
  revision?: number,
): Promise<DeviceProfile | undefined> {
  const [row] = await db
    .select({ definition: deviceProfiles.definition })
    .from(deviceProfiles)
    .where(
      and(
        eq(deviceProfiles.id, id),
        revision === undefined ? undefined : eq(deviceProfiles.revision, revision),
      ),
    )
    .orderBy(desc(deviceProfiles.revision))
    .limit(1);
  return row?.definition;
}
