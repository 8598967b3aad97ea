import type { Charging } from '../../domain/parties.ts';
import type { Database } from '../../store/database.ts';
import type { Charged } from './true-tariffs.ts';

export interface Device {
  readonly id: string;
  readonly register: number;
}

export async function newDevice(
  db: Database,
  site: string,
  serial: string,
  modulus: number,
): Promise<Device> {
  const id = `${site}-${serial}`;
  await db.$client.query(
    `INSERT INTO devices (id, site_id, serial, profile_id, profile_revision, secret_hash)
     VALUES ($1, $2, $1, 'electricity-meter', 1, '\\x00')`,
    [id, site],
  );
  const { rows } = await db.$client.query<{ id: string }>(
    `INSERT INTO registers (device_id, point, unit, modulus) VALUES ($1, 'energy_import', 'Wh', $2) RETURNING id`,
    [id, modulus],
  );
  return { id, register: Number(rows[0]?.id) };
}

/** Puts a meter in. The multiplier is in 1/10,000. */
export async function install(
  db: Database,
  point: number,
  { register }: Device,
  {
    from,
    startValue,
    multiplier,
  }: { readonly from: number; readonly startValue: number; readonly multiplier: number },
): Promise<void> {
  await db.$client.query(
    `INSERT INTO installations (register_id, metering_point_id, starts_at, start_value, multiplier)
     VALUES ($1, $2, $3, $4, $5::numeric / 10000)`,
    [register, point, new Date(from), startValue, multiplier],
  );
}

export async function newLease(
  db: Database,
  site: string,
  place: number,
  { tariff }: Charged,
  { from, to, charging }: { readonly from: number; readonly to: number | null; readonly charging: Charging },
): Promise<number> {
  const { rows } = await db.$client.query<{ id: string }>(
    `WITH made AS (
       INSERT INTO leases (site_id, place_id, party_id, kind, charging, starts_at, ends_at)
       SELECT $1, $2, min(party_id), 'merchant', $3, $4, $5 FROM leases WHERE site_id = $1 RETURNING id, starts_at)
     INSERT INTO lease_tariffs (lease_id, commodity, tariff_id, starts_at)
     SELECT id, 'electricity', $6, starts_at FROM made RETURNING lease_id AS id`,
    [site, place, charging, new Date(from), to === null ? null : new Date(to), tariff],
  );
  return Number(rows[0]?.id);
}
