import type { ManualPurpose } from '../domain/readings.ts';
import type { Queryable } from './database.ts';
import { judgeRegisters } from './judge-readings.ts';
import { type By, type Doubt, doubtOf, noteManual, vouch } from './manual-readings.ts';
import { ms } from './usage-inputs.ts';

export interface PointRow {
  readonly id: number;
  readonly siteId: string;
  readonly code: string;
  readonly commodity: string;
  readonly stall: { readonly id: number; readonly code: string } | null;
  readonly maxRate: string;
}

export async function findMeteringPoint(db: Queryable, id: number): Promise<PointRow | undefined> {
  const { rows } = await db.query<{ view: PointRow }>(
    `SELECT json_build_object('id', m.id, 'siteId', m.site_id, 'code', m.code, 'commodity', m.commodity,
       'maxRate', m.max_rate::text,
       'stall', CASE WHEN p.id IS NULL THEN NULL ELSE json_build_object('id', p.id, 'code', p.code) END) AS view
     FROM metering_points m LEFT JOIN places p ON p.id = m.place_id WHERE m.id = $1`,
    [id],
  );
  return rows[0]?.view;
}

export interface OpenInstallation {
  readonly id: number;
  readonly registerId: number;
  readonly startsAt: number;
  readonly multiplier: string;
  readonly modulus: bigint;
}

/** What is installed at a metering point now, locked until the transaction ends. */
export async function lockInstalled(tx: Queryable, pointId: number): Promise<OpenInstallation | undefined> {
  await tx.query('SELECT FROM metering_points WHERE id = $1 FOR NO KEY UPDATE', [pointId]);
  const { rows } = await tx.query<Record<string, string>>(
    `SELECT i.id, i.register_id, ${ms('i.starts_at')} AS starts_at, i.multiplier, r.modulus
     FROM installations i JOIN registers r ON r.id = i.register_id
     WHERE i.metering_point_id = $1 AND i.ends_at IS NULL ORDER BY i.starts_at DESC LIMIT 1 FOR UPDATE OF i`,
    [pointId],
  );
  const row = rows[0];
  return (
    row && {
      id: Number(row['id']),
      registerId: Number(row['register_id']),
      startsAt: Number(row['starts_at']),
      multiplier: row['multiplier'] ?? '1',
      modulus: BigInt(row['modulus'] ?? 1),
    }
  );
}

export interface Exchange {
  readonly pointId: number;
  readonly old: OpenInstallation;
  /** Epoch milliseconds, after the old installation's start. */
  readonly at: number;
  readonly endValue: bigint;
  readonly registerId: number;
  readonly startValue: bigint;
  readonly multiplier: string;
  readonly purpose: ManualPurpose;
  readonly note?: string | undefined;
  readonly photoId?: number | null | undefined;
}

/**
 * Ends what is installed at a metering point and starts what follows at the same instant; judges what both registers
 * said since. A doubtful end value is taken only when it is confirmed.
 * @throws an exclusion violation when the next register serves another point then.
 */
export async function exchange(
  tx: Queryable,
  one: Exchange,
  by: By,
  isConfirmed: boolean,
): Promise<Doubt | null> {
  const end = { registerId: one.old.registerId, ts: one.at, value: one.endValue };
  const doubt = await doubtOf(tx, end);
  // What the register says after it is taken out is nobody's usage.
  const counts = doubt !== null && !('side' in doubt && doubt.side === 'after');
  if (counts && (!isConfirmed || doubt.reason === 'beyond_dial' || doubt.reason === 'no_meter')) return doubt;
  if (counts) await vouch(tx, end, by);
  const at = new Date(one.at);
  await tx.query('UPDATE installations SET ends_at = $2, end_value = $3 WHERE id = $1', [
    one.old.id,
    at,
    String(one.endValue),
  ]);
  await tx.query(
    `INSERT INTO installations (register_id, metering_point_id, starts_at, start_value, multiplier)
     VALUES ($1, $2, $3, $4, $5)`,
    [one.registerId, one.pointId, at, String(one.startValue), one.multiplier],
  );
  const { purpose, note, photoId } = one;
  await noteManual(tx, { ...end, purpose, note, photoId }, by);
  if (one.purpose === 'exchange') {
    const start = { registerId: one.registerId, ts: one.at, value: one.startValue };
    await noteManual(tx, { ...start, purpose, note, photoId }, by);
  }
  const registers = new Set([one.old.registerId, one.registerId]);
  await judgeRegisters(
    tx,
    [...registers].map((registerId) => ({ registerId, from: one.at })),
    by.at,
  );
  return null;
}

/** Sets what a point's supply can deliver at most, and judges its register again from an instant on. */
export async function setMaxRate(
  tx: Queryable,
  one: {
    readonly pointId: number;
    readonly maxRate: number;
    readonly registerId: number;
    readonly from: number;
  },
  at: Date,
): Promise<void> {
  await tx.query('UPDATE metering_points SET max_rate = $2 WHERE id = $1', [one.pointId, one.maxRate]);
  await judgeRegisters(tx, [one], at);
}
