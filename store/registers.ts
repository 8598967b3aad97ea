import { eq } from 'drizzle-orm';
import type { Executor } from './database.ts';
import { devices } from './schema/devices.ts';
import { registers } from './schema/metering.ts';

/** A register with the site of its meter. */
export async function findRegister(db: Executor, id: number) {
  const [row] = await db
    .select({
      id: registers.id,
      deviceId: registers.deviceId,
      point: registers.point,
      unit: registers.unit,
      modulus: registers.modulus,
      siteId: devices.siteId,
    })
    .from(registers)
    .innerJoin(devices, eq(devices.id, registers.deviceId))
    .where(eq(registers.id, id));
  return row;
}
