import type { Queryable } from './database.ts';
import { judgeRegisters } from './judge-readings.ts';
import { type By, noteManual } from './manual-readings.ts';
import { numbersParam } from './pg-arrays.ts';
import { insertConflicts } from './readings.ts';
import { instant, ms } from './usage-inputs.ts';

/** Notes who decided between the values of an instant. */
export async function settleConflicts(tx: Queryable, registerId: number, ts: Date, by: By): Promise<void> {
  await tx.query(
    `UPDATE reading_conflicts SET decided_at = $3, decided_by = $4
     WHERE register_id = $1 AND ts = $2 AND decided_at IS NULL`,
    [registerId, ts, by.at, by.actor],
  );
}

/** Rejects a register's quarantined readings from one instant to another, both included. Returns how many. */
export async function rejectQuarantined(
  tx: Queryable,
  registerId: number,
  from: Date,
  to: Date,
): Promise<number> {
  const { rowCount } = await tx.query(
    `UPDATE readings SET quality = 'rejected' WHERE register_id = $1 AND ts >= $2 AND ts <= $3
       AND quality IN ('good', 'quarantined') AND (ts = $2 OR quality = 'quarantined')`,
    [registerId, from, to],
  );
  return rowCount ?? 0;
}

export async function qualityAt(tx: Queryable, registerId: number, ts: Date): Promise<string | undefined> {
  const { rows } = await tx.query<{ quality: string }>(
    'SELECT quality FROM readings WHERE register_id = $1 AND ts = $2',
    [registerId, ts],
  );
  return rows[0]?.quality;
}

/** As many as one decision about a device's clock takes. */
const WAITING_MAX = 20_000;

export interface WaitingWindow {
  readonly deviceId: string;
  readonly from: Date;
  readonly to: Date;
}

/**
 * Decides readings that wait because their device's clock ran ahead. `accept` and `reject` change their quality;
 * a shift enters each anew at `ts + shiftMs`, noted with where it stood, and rejects it there. Returns how many.
 */
export async function decideWaiting(
  tx: Queryable,
  window: WaitingWindow,
  decision: 'accept' | 'reject' | { readonly shiftMs: number },
  by: By,
): Promise<number> {
  const { rows } = await tx.query<{ register_id: string; ts: string; value: string }>(
    `UPDATE readings r SET quality = $4 FROM (
       SELECT register_id, ts FROM readings WHERE quality = 'future' AND ts >= $2 AND ts < $3
         AND register_id IN (SELECT id FROM registers WHERE device_id = $1) ORDER BY ts LIMIT ${WAITING_MAX}) w
     WHERE r.register_id = w.register_id AND r.ts = w.ts
     RETURNING r.register_id, ${ms('r.ts')} AS ts, r.value`,
    [window.deviceId, window.from, window.to, decision === 'accept' ? 'good' : 'rejected'],
  );
  const found = rows.map((row) => ({
    registerId: Number(row.register_id),
    ts: Number(row.ts),
    value: BigInt(row.value),
  }));
  if (decision === 'reject' || found.length === 0) return found.length;
  const shiftMs = decision === 'accept' ? 0 : decision.shiftMs;
  if (decision !== 'accept') {
    const moved = found.map((one) => ({ ...one, ts: one.ts + shiftMs, movedFrom: one.ts }));
    await tx.query(
      `INSERT INTO readings (register_id, ts, value, quality, source, received_at)
       SELECT r, ${instant('t')}, v, 'good', 'manual', $4 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) i(r, t, v)
       ON CONFLICT (register_id, ts) DO UPDATE SET value = excluded.value, quality = 'good', source = 'manual',
         received_at = excluded.received_at WHERE readings.quality = 'rejected'`,
      [
        numbersParam(moved, (one) => one.registerId),
        numbersParam(moved, (one) => one.ts),
        numbersParam(moved, (one) => one.value),
        by.at,
      ],
    );
    await insertConflicts(
      tx,
      moved.map((one) => ({ ...one, receivedAt: by.at.getTime() })),
    );
    for (const one of moved) await noteManual(tx, { ...one, purpose: 'moved' }, by);
  }
  const firsts = new Map<number, number>();
  for (const { registerId, ts } of found) {
    firsts.set(registerId, Math.min(firsts.get(registerId) ?? Number.POSITIVE_INFINITY, ts + shiftMs));
  }
  await judgeRegisters(
    tx,
    [...firsts].map(([registerId, from]) => ({ registerId, from })),
    by.at,
  );
  return found.length;
}
