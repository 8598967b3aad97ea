import type { Commodity } from '../domain/commodities.ts';
import { plausibleAmong } from '../domain/judged-readings.ts';
import type { ReadingQuality, ReadingSource } from '../domain/readings.ts';
import type { Queryable } from './database.ts';
import { readInstalled } from './judge-readings.ts';
import { readNeighbours } from './manual-readings.ts';
import type { StoredReading } from './readings.ts';
import { ms } from './usage-inputs.ts';

export interface RegisterView {
  readonly id: number;
  readonly site: string;
  readonly device: { readonly id: string; readonly serial: string };
  readonly point: string;
  readonly unit: string;
  readonly commodity: Commodity;
  readonly modulus: string;
  readonly meteringPoint: {
    readonly id: number;
    readonly code: string;
    readonly stall: { readonly id: number; readonly code: string } | null;
    readonly maxRate: string;
    readonly multiplier: string;
  } | null;
}

/** A register with the metering point that it serves at an instant, its ends included. */
export async function findRegisterAt(db: Queryable, id: number, at: Date): Promise<RegisterView | undefined> {
  const { rows } = await db.query<{ view: RegisterView }>(
    `SELECT json_build_object('id', g.id, 'site', d.site_id, 'device', json_build_object('id', d.id, 'serial', d.serial),
       'point', g.point, 'unit', g.unit, 'modulus', g.modulus::text,
       'commodity', CASE g.unit WHEN 'Wh' THEN 'electricity' ELSE 'water' END,
       'meteringPoint', (SELECT json_build_object('id', m.id, 'code', m.code, 'maxRate', m.max_rate::text,
           'multiplier', i.multiplier::text,
           'stall', CASE WHEN p.id IS NULL THEN NULL ELSE json_build_object('id', p.id, 'code', p.code) END)
         FROM installations i JOIN metering_points m ON m.id = i.metering_point_id LEFT JOIN places p ON p.id = m.place_id
         WHERE i.register_id = g.id AND i.starts_at <= $2 AND (i.ends_at IS NULL OR i.ends_at >= $2)
         ORDER BY i.starts_at DESC LIMIT 1)) AS view
     FROM registers g JOIN devices d ON d.id = g.device_id WHERE g.id = $1`,
    [id, at],
  );
  return rows[0]?.view;
}

interface ReadingRow {
  ts: string;
  value: string;
  quality: ReadingQuality;
  source: ReadingSource;
  received_at: Date;
}
const toReading = (row: ReadingRow): StoredReading => ({
  ts: Number(row.ts),
  value: BigInt(row.value),
  quality: row.quality,
  source: row.source,
  receivedAt: row.received_at.getTime(),
});

/** In order of time: up to `limit` readings before an instant, the one at it, and up to `limit` after it. */
export async function readAround(
  db: Queryable,
  registerId: number,
  ts: Date,
  limit: number,
): Promise<readonly StoredReading[]> {
  const columns = `${ms('ts')} AS ts, value, quality, source, received_at`;
  const { rows } = await db.query<ReadingRow>(
    `(SELECT ${columns} FROM readings r WHERE register_id = $1 AND r.ts < $2 ORDER BY r.ts DESC LIMIT $3)
     UNION ALL (SELECT ${columns} FROM readings r WHERE register_id = $1 AND r.ts >= $2 ORDER BY r.ts LIMIT $3 + 1)
     ORDER BY ts`,
    [registerId, ts, limit],
  );
  return rows.map(toReading);
}

export interface ConflictRow {
  readonly value: bigint;
  readonly receivedAt: Date;
  readonly decidedAt: Date | null;
  readonly decidedBy: string | null;
}

/** Other values that came for an instant, in the order of their arrival. */
export async function readConflicts(
  db: Queryable,
  registerId: number,
  ts: Date,
): Promise<readonly ConflictRow[]> {
  const { rows } = await db.query<{
    value: string;
    received_at: Date;
    decided_at: Date | null;
    decided_by: string | null;
  }>(
    `SELECT value, received_at, decided_at, decided_by FROM reading_conflicts WHERE register_id = $1 AND ts = $2
     ORDER BY received_at, value LIMIT 20`,
    [registerId, ts],
  );
  return rows.map((row) => ({
    value: BigInt(row.value),
    receivedAt: row.received_at,
    decidedAt: row.decided_at,
    decidedBy: row.decided_by,
  }));
}

/** The one of several values of an instant that fits to the good readings on both sides of it. */
export async function suggestValue(
  db: Queryable,
  registerId: number,
  ts: Date,
  values: readonly bigint[],
): Promise<bigint | null> {
  const at = ts.getTime();
  const installed = (await readInstalled(db, [registerId])).get(registerId) ?? [];
  const covering = installed.find((one) => one.startsAt < at && (one.endsAt === null || at < one.endsAt));
  if (!covering) return null;
  const { before, after } = await readNeighbours(db, covering, at);
  return plausibleAmong(values, covering, { registerId, ts: at, before, after });
}

const USUAL_DAYS = 28;

/** Base units a day that the register counted in the weeks before an instant; null without history. */
export async function readUsualADay(db: Queryable, registerId: number, ts: Date): Promise<bigint | null> {
  const { rows } = await db.query<{ used: string | null; days: number | null }>(
    `SELECT l.value - f.value AS used, extract(epoch FROM l.ts - f.ts) / 86400 AS days FROM
       (SELECT ts, value FROM readings WHERE register_id = $1 AND ts >= $2::timestamptz - make_interval(days => $3)
          AND ts < $2 AND quality = 'good' ORDER BY ts LIMIT 1) f,
       (SELECT ts, value FROM readings WHERE register_id = $1 AND ts < $2 AND quality = 'good'
          ORDER BY ts DESC LIMIT 1) l`,
    [registerId, ts, USUAL_DAYS],
  );
  const { used = null, days = null } = rows[0] ?? {};
  if (used === null || days === null || Number(days) < 1 || BigInt(used) < 0n) return null;
  return BigInt(used) / BigInt(Math.round(Number(days)));
}

export interface WaitingReading extends StoredReading {
  readonly registerId: number;
  readonly point: string;
  readonly unit: string;
}

/** How many readings of a device wait because its clock ran ahead, and the newest of them. */
export async function readWaiting(
  db: Queryable,
  deviceId: string,
  limit: number,
): Promise<{
  readonly count: number;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly newest: readonly WaitingReading[];
}> {
  const waiting = `FROM readings r JOIN registers g ON g.id = r.register_id
     WHERE r.quality = 'future' AND r.register_id IN (SELECT id FROM registers WHERE device_id = $1)`;
  const { rows: sums } = await db.query<{ count: string; from: Date | null; to: Date | null }>(
    `SELECT count(*) AS count, min(r.ts) AS "from", max(r.ts) AS "to" ${waiting}`,
    [deviceId],
  );
  const { rows } = await db.query<ReadingRow & { register_id: string; point: string; unit: string }>(
    `SELECT r.register_id, g.point, g.unit, ${ms('r.ts')} AS ts, r.value, r.quality, r.source, r.received_at ${waiting}
     ORDER BY r.ts DESC, r.register_id LIMIT $2`,
    [deviceId, limit],
  );
  return {
    count: Number(sums[0]?.count ?? 0),
    from: sums[0]?.from ?? null,
    to: sums[0]?.to ?? null,
    newest: rows.map((row) => ({
      ...toReading(row),
      registerId: Number(row.register_id),
      point: row.point,
      unit: row.unit,
    })),
  };
}
