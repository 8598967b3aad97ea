import { createHash, randomBytes } from 'node:crypto';
import { and, asc, eq, gt, ilike, or, type SQL, sql } from 'drizzle-orm';
import type { DeviceKind, DeviceProfile } from '../domain/device-profiles.ts';
import type { Database, Executor } from './database.ts';
import { likeText } from './like-text.ts';
import { deviceProfiles, deviceStates, devices } from './schema/devices.ts';
import { registers } from './schema/metering.ts';
import { places } from './schema/places.ts';

const DEVICE_ID_LENGTH_MAX = 64;

/** 192 random bits, and what is stored of them. */
export function newSecret(): { secret: string; hash: Buffer } {
  const secret = randomBytes(24).toString('base64url');
  return { secret, hash: hashSecret(secret) };
}

export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest();

export interface NewDevice {
  readonly site: string;
  readonly serial: string;
  readonly profile: DeviceProfile;
  readonly placeId?: number | undefined;
  readonly secretHash: Buffer;
}

/**
 * Creates a device with the registers of its profile. Its id is its serial, or the serial with a suffix where
 * another site's device has that id.
 * @throws a unique violation (`devices_serial`) when the site has the serial.
 */
export function createDevice(
  db: Database,
  device: NewDevice,
): Promise<{ id: string; registers: { id: number; point: string }[] }> {
  return db.transaction(async (tx) => {
    const id = await insertDevice(tx, device);
    const rows = registersOf(id, device.profile);
    const made =
      rows.length === 0
        ? []
        : await tx.insert(registers).values(rows).returning({ id: registers.id, point: registers.point });
    await tx.insert(deviceStates).values({ deviceId: id });
    return { id, registers: made };
  });
}

/** What a device with this profile counts, as rows of `registers`. */
export const registersOf = (deviceId: string, profile: DeviceProfile): (typeof registers.$inferInsert)[] =>
  profile.points.flatMap(({ name, register }) =>
    register
      ? [
          {
            deviceId,
            point: name,
            unit: register.unit,
            modulus: 10n ** BigInt(register.digits) * BigInt(register.scale),
          },
        ]
      : [],
  );

async function insertDevice(tx: Executor, device: NewDevice): Promise<string> {
  for (const suffix of ['', `-${device.site}`, `-${randomBytes(6).toString('hex')}`]) {
    const id = device.serial.slice(0, DEVICE_ID_LENGTH_MAX - suffix.length) + suffix;
    const made = await tx
      .insert(devices)
      .values({
        id,
        siteId: device.site,
        serial: device.serial,
        profileId: device.profile.id,
        profileRevision: device.profile.revision,
        placeId: device.placeId ?? null,
        secretHash: device.secretHash,
      })
      .onConflictDoNothing({ target: devices.id })
      .returning({ id: devices.id });
    if (made.length > 0) return id;
  }
  throw new Error(`no free id for a device with serial ${device.serial}`);
}

/**
 * Gives a device a new secret; the one it has stays good until `previousUntil`. Returns false when there is no
 * such device.
 */
export async function rotateSecret(
  db: Executor,
  id: string,
  secretHash: Buffer,
  previousUntil: Date,
): Promise<boolean> {
  const changed = await db
    .update(devices)
    .set({
      previousSecretHash: sql`${devices.secretHash}`,
      previousSecretExpiresAt: previousUntil,
      secretHash,
    })
    .where(eq(devices.id, id))
    .returning({ id: devices.id });
  return changed.length > 0;
}

/** Lets a device connect, or no longer. Returns false when there is no such device. */
export async function setDeviceEnabled(db: Executor, id: string, enabled: boolean): Promise<boolean> {
  const changed = await db
    .update(devices)
    .set({ enabled })
    .where(eq(devices.id, id))
    .returning({ id: devices.id });
  return changed.length > 0;
}

export interface DeviceQuery {
  readonly id?: string | undefined;
  readonly site?: string | undefined;
  readonly kind?: DeviceKind | undefined;
  readonly online?: boolean | undefined;
  /** Part of the serial, or of the code of its place. */
  readonly q?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Devices by id, with their state and profile. */
export async function listDevices(db: Executor, query: DeviceQuery) {
  const online = sql<boolean>`coalesce(${deviceStates.online}, false)`;
  return db
    .select({
      id: devices.id,
      siteId: devices.siteId,
      serial: devices.serial,
      profile: deviceProfiles.definition,
      place: { id: places.id, code: places.code },
      enabled: devices.enabled,
      online,
      lastSeenAt: deviceStates.lastSeenAt,
      measuredAt: deviceStates.measuredAt,
      firmware: deviceStates.firmware,
      createdAt: devices.createdAt,
    })
    .from(devices)
    .innerJoin(
      deviceProfiles,
      and(eq(deviceProfiles.id, devices.profileId), eq(deviceProfiles.revision, devices.profileRevision)),
    )
    .leftJoin(deviceStates, eq(deviceStates.deviceId, devices.id))
    .leftJoin(places, eq(places.id, devices.placeId))
    .where(
      and(
        query.id === undefined ? undefined : eq(devices.id, query.id),
        query.site === undefined ? undefined : eq(devices.siteId, query.site),
        query.kind === undefined ? undefined : eq(deviceProfiles.kind, query.kind),
        query.online === undefined ? undefined : eq(online, query.online),
        query.after === undefined ? undefined : gt(devices.id, query.after),
        query.q === undefined ? undefined : matches(query.q),
      ),
    )
    .orderBy(asc(devices.id))
    .limit(query.limit);
}
export type DeviceRow = Awaited<ReturnType<typeof listDevices>>[number];

const matches = (q: string): SQL | undefined =>
  or(ilike(devices.serial, `%${likeText(q)}%`), ilike(places.code, `%${likeText(q)}%`));

export async function findDevice(db: Executor, id: string): Promise<DeviceRow | undefined> {
  const [row] = await listDevices(db, { id, limit: 1 });
  return row;
}

/** A device's registers, by id. */
export function listRegisters(db: Executor, device: string): Promise<{ id: number; point: string }[]> {
  return db
    .select({ id: registers.id, point: registers.point })
    .from(registers)
    .where(eq(registers.deviceId, device))
    .orderBy(asc(registers.id))
    .limit(1000);
}
