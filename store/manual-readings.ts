import { createHash } from 'node:crypto';
import { type JudgedInstallation, refusalOf } from '../domain/judged-readings.ts';
import type { Refusal } from '../domain/metering/plausible.ts';
import type { ManualPurpose, PhotoType } from '../domain/readings.ts';
import type { Queryable } from './database.ts';
import { judgeRegisters, readInstalled } from './judge-readings.ts';
import { closeReadEnds } from './lease-ends.ts';
import { ms } from './usage-inputs.ts';

export interface Photo {
  readonly type: PhotoType;
  readonly bytes: Buffer;
}

/** What a person read off a register. */
export interface ManualReading {
  readonly registerId: number;
  /** Epoch milliseconds. */
  readonly ts: number;
  /** Base units. */
  readonly value: bigint;
  readonly purpose: ManualPurpose;
  readonly note?: string | undefined;
  readonly photoId?: number | null | undefined;
  readonly movedFrom?: number | undefined;
}

export interface By {
  readonly actor: string;
  readonly at: Date;
}

interface Neighbour {
  readonly ts: number;
  readonly value: bigint;
}

/**
 * What keeps a value from being taken as it is. `taken`: the instant has another good value. `no_meter`: the register
 * serves no metering point then. Anything else can be confirmed, except `beyond_dial`: the register cannot show it.
 */
export type Doubt =
  | { readonly reason: 'taken'; readonly value: bigint }
  | { readonly reason: 'no_meter' }
  | { readonly reason: Refusal; readonly beside: Neighbour; readonly side: 'before' | 'after' };

/** Whether a value at an instant fits to the good readings on both sides of it; null when it does. */
export async function doubtOf(
  tx: Queryable,
  { registerId, ts, value }: Pick<ManualReading, 'registerId' | 'ts' | 'value'>,
): Promise<Doubt | null> {
  const at = await installationAt(tx, registerId, ts);
  if (!at) return { reason: 'no_meter' };
  const { before, after } = await readNeighbours(tx, at, ts);
  const refusal = refusalOf(at, before, { registerId, ts, value });
  if (refusal) return { reason: refusal, beside: before, side: 'before' };
  const next = after && refusalOf(at, { ts, value }, { registerId, ...after });
  return next && after ? { reason: next, beside: after, side: 'after' } : null;
}

/** The installation that covers an instant, its ends included. */
async function installationAt(
  tx: Queryable,
  registerId: number,
  ts: number,
): Promise<JudgedInstallation | undefined> {
  const installed = (await readInstalled(tx, [registerId])).get(registerId) ?? [];
  return installed.findLast(({ startsAt, endsAt }) => startsAt <= ts && (endsAt === null || ts <= endsAt));
}

/** The accepted states of the register on both sides of an instant, within the installation. */
export async function readNeighbours(
  tx: Queryable,
  at: JudgedInstallation,
  ts: number,
): Promise<{ readonly before: Neighbour; readonly after: Neighbour | null }> {
  const { rows } = await tx.query<{ side: string; ts: string; value: string }>(
    `(SELECT 'before' AS side, ${ms('ts')} AS ts, value FROM readings WHERE register_id = $1 AND ts < $2 AND ts > $3
        AND quality = 'good' ORDER BY readings.ts DESC LIMIT 1)
     UNION ALL
     (SELECT 'after', ${ms('ts')}, value FROM readings WHERE register_id = $1 AND ts > $2
        AND ($4::timestamptz IS NULL OR ts < $4) AND quality = 'good' ORDER BY readings.ts LIMIT 1)`,
    [at.registerId, new Date(ts), new Date(at.startsAt), at.endsAt === null ? null : new Date(at.endsAt)],
  );
  const found = (side: string): Neighbour | null => {
    const row = rows.find((one) => one.side === side);
    return row ? { ts: Number(row.ts), value: BigInt(row.value) } : null;
  };
  const end = at.endsAt !== null && at.endValue !== null ? { ts: at.endsAt, value: at.endValue } : null;
  return {
    before: found('before') ?? { ts: at.startsAt, value: at.startValue },
    after: found('after') ?? (end && end.ts > ts ? end : null),
  };
}

/**
 * Stores what a person read, as the reading of its instant, and judges what follows it. A doubtful value is stored
 * only when it is confirmed: then the person vouches for it. Its month's partition must exist.
 */
export async function enterReading(
  tx: Queryable,
  reading: ManualReading,
  by: By,
  isConfirmed: boolean,
): Promise<Doubt | null> {
  const { registerId, ts, value } = reading;
  const doubt = await doubtOf(tx, reading);
  if (doubt && (!isConfirmed || doubt.reason === 'beyond_dial' || doubt.reason === 'no_meter')) return doubt;
  const standing = await readStanding(tx, registerId, ts);
  if (standing?.quality === 'good' && standing.value !== value)
    return { reason: 'taken', value: standing.value };
  if (doubt) await vouch(tx, reading, by);
  if (standing?.quality !== 'good') await standReading(tx, { registerId, ts, value, source: 'manual' }, by);
  await noteManual(tx, reading, by);
  await judgeRegisters(tx, [{ registerId, from: ts }], by.at);
  await closeReadEnds(tx, { registerId }, by.at);
  return null;
}

export interface StandingReading {
  readonly value: bigint;
  readonly quality: string;
  readonly receivedAt: Date;
}

/** The reading of an instant, locked until the transaction ends. */
export async function readStanding(
  tx: Queryable,
  registerId: number,
  ts: number,
): Promise<StandingReading | undefined> {
  const { rows } = await tx.query<{ value: string; quality: string; received_at: Date }>(
    'SELECT value, quality, received_at FROM readings WHERE register_id = $1 AND ts = $2 FOR UPDATE',
    [registerId, new Date(ts)],
  );
  const row = rows[0];
  return row && { value: BigInt(row.value), quality: row.quality, receivedAt: row.received_at };
}

/** Makes a value the one good reading of its instant; another one that stood there is kept among the conflicts. */
export async function standReading(
  tx: Queryable,
  one: {
    readonly registerId: number;
    readonly ts: number;
    readonly value: bigint;
    /** Undefined: of the device, as it was. */
    readonly source?: 'manual' | undefined;
  },
  by: By,
): Promise<void> {
  const key = [one.registerId, new Date(one.ts)];
  await tx.query(
    `INSERT INTO reading_conflicts (register_id, ts, value, received_at, decided_at, decided_by)
     SELECT register_id, ts, value, received_at, $4, $5 FROM readings
     WHERE register_id = $1 AND ts = $2 AND value <> $3 ON CONFLICT DO NOTHING`,
    [...key, String(one.value), by.at, by.actor],
  );
  await tx.query(
    `INSERT INTO readings (register_id, ts, value, quality, source, received_at)
     VALUES ($1, $2, $3, 'good', 'manual', $4)
     ON CONFLICT (register_id, ts) DO UPDATE SET value = excluded.value, quality = 'good', received_at = $4,
       source = coalesce($5, readings.source)`,
    [...key, String(one.value), by.at, one.source ?? null],
  );
}

/** A person vouches for a value: from now on it is believed although it is implausible. */
export async function vouch(
  tx: Queryable,
  { registerId, ts, value }: Pick<ManualReading, 'registerId' | 'ts' | 'value'>,
  by: By,
): Promise<void> {
  await tx.query(
    `INSERT INTO reading_vouchers (register_id, ts, value, vouched_at, vouched_by) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING`,
    [registerId, new Date(ts), String(value), by.at, by.actor],
  );
}

/** Notes what was read, for whoever asks what a value rests on. */
export async function noteManual(tx: Queryable, one: ManualReading, by: By): Promise<void> {
  await tx.query(
    `INSERT INTO manual_readings (register_id, ts, value, purpose, note, photo_id, moved_from, entered_at, entered_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      one.registerId,
      new Date(one.ts),
      String(one.value),
      one.purpose,
      one.note ?? null,
      one.photoId ?? null,
      one.movedFrom === undefined ? null : new Date(one.movedFrom),
      by.at,
      by.actor,
    ],
  );
}

/** Keeps a picture once a site, however often it is sent. Returns its id. */
export async function keepPhoto(tx: Queryable, siteId: string, photo: Photo, by: By): Promise<number> {
  const sha256 = createHash('sha256').update(photo.bytes).digest('hex');
  const { rows } = await tx.query<{ id: string }>(
    `WITH made AS (
       INSERT INTO reading_photos (site_id, sha256, type, bytes, added_at, added_by) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (site_id, sha256) DO NOTHING RETURNING id)
     SELECT id FROM made UNION ALL SELECT id FROM reading_photos WHERE site_id = $1 AND sha256 = $2 LIMIT 1`,
    [siteId, sha256, photo.type, photo.bytes, by.at, by.actor],
  );
  return Number(rows[0]?.id);
}

export async function readPhoto(
  db: Queryable,
  id: number,
): Promise<(Photo & { readonly sha256: string }) | undefined> {
  const { rows } = await db.query<Photo & { sha256: string }>(
    'SELECT type, bytes, sha256 FROM reading_photos WHERE id = $1',
    [id],
  );
  return rows[0];
}
