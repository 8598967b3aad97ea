import { sql } from 'drizzle-orm';
import type { Occupancy } from '../../domain/occupancy.ts';
import type { Database } from '../../store/database.ts';
import { createDevice, newSecret } from '../../store/devices.ts';
import { createPlace } from '../../store/places.ts';
import { findProfile } from '../../store/profiles.ts';
import { stallStates } from '../../store/schema/occupancy.ts';
import { leases, parties } from '../../store/schema/parties.ts';
import { createSite } from '../../store/sites.ts';

export const SITE = 'm1';

export interface Market {
  readonly floor: number;
  readonly stalls: readonly { id: number; code: string; sensor: string }[];
}

/** A site with one floor of stalls `A001…`, each with a sensor that was never heard. */
export async function createMarket(db: Database, stallCount: number): Promise<Market> {
  await createSite(db, { id: SITE, name: '南门市场', timeZone: 'Asia/Shanghai', currency: 'CNY' });
  const floor = await createPlace(db, {
    siteId: SITE,
    kind: 'floor',
    code: 'F1',
    name: '一楼',
    plan: { width: 100, height: 60, walls: [[0, 0, 100, 0]], labels: [{ x: 1, y: 1, text: '东门' }] },
  });
  const profile = await findProfile(db, 'stall-sensor');
  if (!profile) throw new Error('the built-in profiles are there');
  const stalls: { id: number; code: string; sensor: string }[] = [];
  for (let n = 1; n <= stallCount; n++) {
    const code = `A${String(n).padStart(3, '0')}`;
    const { id } = await createPlace(db, {
      siteId: SITE,
      parentId: floor.id,
      kind: 'stall',
      code,
      name: code,
      rect: { x: n, y: 2, w: 1, h: 1 },
      areaM2: '12.50',
    });
    const { hash } = newSecret();
    const sensor = await createDevice(db, {
      site: SITE,
      serial: `S-${code}`,
      profile,
      placeId: id,
      secretHash: hash,
    });
    stalls.push({ id, code, sensor: sensor.id });
  }
  return { floor: floor.id, stalls };
}

/** What ingest does when a sensor reports: the state, and the notice with it. */
export async function report(
  db: Database,
  stall: { id: number; sensor: string },
  occupancy: Occupancy,
  at: number,
): Promise<void> {
  const seen = new Date(at);
  await db.transaction(async (tx) => {
    await tx
      .insert(stallStates)
      .values({ placeId: stall.id, deviceId: stall.sensor, occupancy, measuredAt: seen, seenAt: seen })
      .onConflictDoUpdate({
        target: stallStates.placeId,
        set: { occupancy, measuredAt: seen, seenAt: seen },
      });
    await tx.execute(
      sql`SELECT pg_notify('stallgrid_stalls', ${JSON.stringify({ site: SITE, stalls: [stall.id] })})`,
    );
  });
}

/** A merchant's lease that holds now; returns the party and the lease. */
export async function createLease(
  db: Database,
  stall: number,
  name: string,
  initials = '',
): Promise<{ party: number; lease: number }> {
  const [party] = await db.insert(parties).values({ kind: 'merchant', name, initials }).returning();
  if (!party) throw new Error('the insert returned no row');
  const [lease] = await db
    .insert(leases)
    .values({
      siteId: SITE,
      placeId: stall,
      partyId: party.id,
      charging: 'postpaid',
      trade: '水产',
      startsAt: new Date('2026-01-01T00:00:00+08:00'),
    })
    .returning();
  if (!lease) throw new Error('the insert returned no row');
  return { party: party.id, lease: lease.id };
}
