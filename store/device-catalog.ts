import type { Register } from '../domain/decode-native.ts';
import type { DeviceProfile } from '../domain/device-profiles.ts';
import type { Database, Queryable } from './database.ts';
import { repeatableTransaction } from './repeatable-transaction.ts';

/** What decoding a device's messages takes. */
export interface CatalogDevice {
  readonly id: string;
  readonly siteId: string;
  /** The stall it is installed in; null elsewhere. */
  readonly stallId: number | null;
  /** The revision it pins. Devices that pin the same share one object. */
  readonly profile: DeviceProfile;
  /** By point. */
  readonly registers: ReadonlyMap<string, Register>;
}

/** The devices with these ids, or all. Disabled ones too: what they sent before still counts. */
export function loadDeviceCatalog(db: Database, ids?: readonly string[]): Promise<readonly CatalogDevice[]> {
  return repeatableTransaction(db.$client, async (tx) => {
    const filter = ids ? 'WHERE d.id = ANY ($1::text[])' : '';
    const { rows } = await tx.query<{
      id: string;
      site_id: string;
      stall_id: string | null;
      profile: string;
      registers: readonly { id: number; point: string; modulus: string }[] | null;
    }>(
      `SELECT d.id, d.site_id, p.id AS stall_id, d.profile_id || '@' || d.profile_revision AS profile,
         (SELECT json_agg(json_build_object('id', r.id, 'point', r.point, 'modulus', r.modulus::text))
          FROM registers r WHERE r.device_id = d.id) AS registers
       FROM devices d LEFT JOIN places p ON p.id = d.place_id AND p.kind = 'stall' ${filter}`,
      ids ? [ids] : [],
    );
    const profiles = await loadProfiles(tx);
    return rows.map((row): CatalogDevice => {
      const profile = profiles.get(row.profile);
      if (!profile) throw new Error(`device ${row.id} pins profile ${row.profile}, which is not there`);
      const registers = (row.registers ?? []).map(
        (r) => [r.point, { id: r.id, modulus: BigInt(r.modulus) }] as const,
      );
      return {
        id: row.id,
        siteId: row.site_id,
        stallId: row.stall_id === null ? null : Number(row.stall_id),
        profile,
        registers: new Map(registers),
      };
    });
  });
}

async function loadProfiles(db: Queryable): Promise<Map<string, DeviceProfile>> {
  const { rows } = await db.query<{ key: string; definition: DeviceProfile }>(
    `SELECT id || '@' || revision AS key, definition FROM device_profiles`,
  );
  return new Map(rows.map((row) => [row.key, row.definition]));
}
