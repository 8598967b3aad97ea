import pino from 'pino';
import { startRunner } from '../../billing/runner.ts';
import type { RunKind } from '../../domain/billing-runs.ts';
import type { Charging } from '../../domain/parties.ts';
import type { TariffDefinition } from '../../domain/tariffs/definition.ts';
import { type BillingRunView, queueRun, readRun } from '../../store/billing-runs.ts';
import type { Database } from '../../store/database.ts';
import { numbersParam } from '../../store/pg-arrays.ts';
import { ensureBuiltInProfiles } from '../../store/profiles.ts';
import { devices } from '../../store/schema/devices.ts';
import { installations, meteringPoints, registers } from '../../store/schema/metering.ts';
import { leases, leaseTariffs, parties } from '../../store/schema/parties.ts';
import { places, sites } from '../../store/schema/places.ts';
import { createTariff } from '../../store/tariffs.ts';

export const ZONE = 'Asia/Shanghai';
/** An instant in the market's zone: `at('2026-10-01')`, `at('2026-10-01 12:30')`. */
export const at = (local: string): Date =>
  new Date(`${local.replace(' ', 'T')}${local.length === 10 ? 'T00:00' : ''}:00+08:00`);
export const HOUR = 3_600_000;
export const silent = pino({ level: 'silent' });

export const FLAT: TariffDefinition = {
  components: [{ code: 'energy', price: { kind: 'flat', unitPrice: '0.80' } }],
};
export const PEAK_VALLEY: TariffDefinition = {
  components: [
    {
      code: 'energy',
      price: {
        kind: 'time_of_use',
        bands: [
          { code: 'peak', unitPrice: '1.20' },
          { code: 'valley', unitPrice: '0.40' },
        ],
        calendar: {
          schedules: {
            day: [
              { from: '00:00', to: '08:00', band: 'valley' },
              { from: '08:00', to: '24:00', band: 'peak' },
            ],
          },
          days: [{ schedule: 'day' }],
        },
      },
    },
    { code: 'fund', price: { kind: 'flat', unitPrice: '0.0351' } },
  ],
};

/** A market of one's own in the test's database, built from small pieces. Too young for the schedule to queue anything. */
export async function buildMarket(db: Database, site: string) {
  await ensureBuiltInProfiles(db);
  await db.insert(sites).values({ id: site, name: site, timeZone: ZONE, createdAt: at('2030-01-01') });
  const [party] = await db.insert(parties).values({ kind: 'merchant', name: 'Li' }).returning();
  const partyId = party?.id ?? 0;
  let serial = 0;

  async function lease(
    placeId: number | null,
    from: string,
    to: string | null,
    options: { charging?: Charging; tariff?: number } = {},
  ): Promise<number> {
    const charging = options.charging ?? 'postpaid';
    const kind = placeId === null ? 'house' : 'merchant';
    const [row] = await db
      .insert(leases)
      .values({
        siteId: site,
        placeId,
        partyId,
        kind,
        charging,
        startsAt: at(from),
        endsAt: to === null ? null : at(to),
      })
      .returning();
    const leaseId = row?.id ?? 0;
    if (options.tariff !== undefined) {
      await db
        .insert(leaseTariffs)
        .values({ leaseId, commodity: 'electricity', tariffId: options.tariff, startsAt: at(from) });
    }
    return leaseId;
  }

  async function tariff(code: string, from: string, definition: TariffDefinition): Promise<number> {
    const created = await createTariff(db, {
      ...{ site, code, name: code, commodity: 'electricity', effectiveFrom: at(from), definition },
    });
    if (!created.ok) throw new Error(created.reason);
    return created.tariff.id;
  }

  async function stall(): Promise<number> {
    const code = `A${++serial}`;
    const [row] = await db
      .insert(places)
      .values({ siteId: site, kind: 'stall', code, name: code })
      .returning();
    return row?.id ?? 0;
  }

  /** A metering point without a meter; 100 kW at most. */
  async function point(placeId: number | null): Promise<number> {
    const [row] = await db
      .insert(meteringPoints)
      .values({ siteId: site, placeId, commodity: 'electricity', code: `P${++serial}`, maxRate: 100_000 })
      .returning();
    return row?.id ?? 0;
  }

  /** Puts a new meter in; returns its register. */
  async function meter(
    meteringPointId: number,
    from: string,
    startValue: bigint,
    options: { multiplier?: string; modulus?: bigint } = {},
  ): Promise<number> {
    const id = `${site}-M${++serial}`;
    await db.insert(devices).values({
      ...{ id, siteId: site, serial: id, profileId: 'electricity-meter', profileRevision: 1 },
      secretHash: Buffer.alloc(32),
    });
    const modulus = options.modulus ?? 1_000_000_000n;
    const [register] = await db
      .insert(registers)
      .values({ deviceId: id, point: 'energy_import', unit: 'Wh', modulus })
      .returning();
    const registerId = register?.id ?? 0;
    const multiplier = options.multiplier ?? '1';
    await db
      .insert(installations)
      .values({ registerId, meteringPointId, startsAt: at(from), startValue, multiplier });
    return registerId;
  }

  /** Readings that came at once, or all of them at `received`. */
  async function read(
    registerId: number,
    rows: readonly (readonly [local: string | Date, value: bigint])[],
    received?: Date,
  ) {
    const instants = rows.map(([local]) => (typeof local === 'string' ? at(local) : local));
    for (const month of new Set(instants.map((ts) => ts.toISOString().slice(0, 7)))) {
      await db.$client.query(`SELECT ensure_month_partition('readings', $1)`, [`${month}-01`]);
    }
    // As ingest stores them: of the next journal frame, which the cursor then has passed.
    await db.$client.query(
      `WITH frame AS (INSERT INTO journal_cursors (reader, seq) VALUES ('ingest/0', 1)
         ON CONFLICT (reader) DO UPDATE SET seq = journal_cursors.seq + 1 RETURNING seq)
       INSERT INTO readings (register_id, ts, value, quality, source, received_at, journal_seq)
       SELECT $1, ts, value, 'good', 'device', coalesce($4, ts), seq
       FROM unnest($2::timestamptz[], $3::bigint[]) t(ts, value), frame`,
      [
        ...[registerId, instants.map((ts) => ts.toISOString()), numbersParam(rows, ([, value]) => value)],
        received ?? null,
      ],
    );
  }

  /** A reading every hour, `wh` an hour. */
  async function readHourly(registerId: number, from: string, to: string, startValue: bigint, wh: bigint) {
    const rows: [Date, bigint][] = [];
    const start = at(from).getTime();
    for (let ts = start; ts <= at(to).getTime(); ts += HOUR) {
      rows.push([new Date(ts), startValue + (BigInt(ts - start) / BigInt(HOUR)) * wh]);
    }
    await read(registerId, rows);
  }

  return { site, lease, tariff, stall, point, meter, read, readHourly };
}

export type Market = Awaited<ReturnType<typeof buildMarket>>;

export interface Line {
  readonly lease: number;
  readonly from: string;
  readonly to: string;
  readonly band: string;
  readonly sequence: number;
  readonly kind: string;
  readonly quantity: bigint;
  readonly amount: bigint;
}

const local = (date: Date): string =>
  new Date(date.getTime() + 8 * HOUR).toISOString().slice(0, 16).replace('T', ' ').replace(' 00:00', '');

/** The lines of a point, in order of posting, with instants as the market's clock shows them. */
export async function linesOf(db: Database, pointId: number, component = 'energy'): Promise<readonly Line[]> {
  const { rows } = await db.$client.query(
    `SELECT lease_id, service_from, service_to, band, sequence, kind, quantity, amount FROM fee_lines
     WHERE metering_point_id = $1 AND component = $2 ORDER BY id`,
    [pointId, component],
  );
  return rows.map((row) => ({
    lease: Number(row.lease_id),
    from: local(row.service_from),
    to: local(row.service_to),
    band: row.band,
    sequence: row.sequence,
    kind: row.kind,
    quantity: BigInt(row.quantity),
    amount: BigInt(row.amount),
  }));
}

/** Queues a run and waits for its end. */
export async function run(
  db: Database,
  site: string,
  period: string,
  options: { now?: Date; pointsPerBatch?: number; kind?: RunKind; isForced?: boolean } = {},
): Promise<BillingRunView> {
  const { kind, isForced } = options;
  const id = await queueRun(db, { site, period, requestedBy: 'test', kind, isForced });
  const now = options.now ?? at('2027-01-01');
  const { pointsPerBatch } = options;
  const runner = startRunner({
    db,
    log: silent,
    now: () => now,
    ...(pointsPerBatch ? { pointsPerBatch } : {}),
  });
  runner.wake();
  try {
    return await ended(db, id);
  } finally {
    await runner.close();
  }
}

export async function ended(db: Database, id: number): Promise<BillingRunView> {
  for (;;) {
    const view = await readRun(db, id);
    if (view && view.status !== 'queued' && view.status !== 'running') return view;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
