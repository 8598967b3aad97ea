import { RULE } from '../domain/cases.ts';
import { parseDecimal, unitsAtScale } from '../domain/decimal.ts';
import {
  isGlitch,
  type Judged,
  type JudgedInstallation,
  judgeReadings,
  type RefusedRow,
} from '../domain/judged-readings.ts';
import { TOTAL_SCALE } from '../domain/metering/boundary.ts';
import { type Reading, voucherOf } from '../domain/readings.ts';
import { closeCase } from './cases.ts';
import type { Queryable } from './database.ts';
import { numbersParam } from './pg-arrays.ts';
import { instant, ms } from './usage-inputs.ts';

/** A register whose readings from an instant on are to be judged (again). */
export interface JudgedFrom {
  readonly registerId: number;
  /** Epoch milliseconds. */
  readonly from: number;
}

/** Readings of one register that one step looks at. */
const READINGS_PER_STEP_MAX = 5_000;

/** Names a row of refused readings: their register and the first of them. */
export const refusedKey = (row: Pick<RefusedRow, 'registerId' | 'from'>): string =>
  `${row.registerId} ${row.from}`;

/**
 * Quarantines what the fold would refuse, gives back what it would not any more, and keeps the cases to match: one for
 * each row of refused readings, closed by rule where it was a glitch or is no longer refused. Returns how many
 * readings changed.
 */
export async function judgeRegisters(tx: Queryable, asked: readonly JudgedFrom[], at: Date): Promise<number> {
  if (asked.length === 0) return 0;
  const ids = asked.map(({ registerId }) => registerId);
  const installed = await readInstalled(tx, ids);
  const vouched = await readVouchers(tx, ids);
  const last = await readLastAccepted(tx, asked);
  let changed = 0;
  const rows: RefusedRow[] = [];
  const spans: { registerId: number; from: number; to: number }[] = [];
  for (const { registerId } of asked) {
    const installations = installed.get(registerId) ?? [];
    const before = last.get(registerId) ?? null;
    // Those refused since the last accepted one are of the same row as what follows them.
    const from = before ? before.ts + 1 : 0;
    const readings = await readJudged(tx, registerId, from);
    const judged = judgeReadings({ installations, last: before, vouched }, readings);
    changed += await storeJudged(tx, judged);
    rows.push(...judged.rows);
    spans.push({
      registerId,
      from,
      to: readings.length < READINGS_PER_STEP_MAX ? Number.POSITIVE_INFINITY : (readings.at(-1)?.ts ?? from),
    });
  }
  await closePassed(tx, spans, new Set(rows.map(refusedKey)), at);
  for (const row of rows) await keepCase(tx, row, at);
  return changed;
}

/** `voucherOf` every reading of these registers that a person vouches for; only those known at `upTo`. */
export async function readVouchers(
  tx: Queryable,
  registerIds: readonly number[],
  upTo: Date | null = null,
): Promise<ReadonlySet<string>> {
  const { rows } = await tx.query<{ register_id: string; ts: string; value: string }>(
    `SELECT register_id, ${ms('ts')} AS ts, value FROM reading_vouchers
     WHERE register_id = ANY($1::bigint[]) AND ($2::timestamptz IS NULL OR vouched_at <= $2)`,
    [numbersParam(registerIds, (id) => id), upTo],
  );
  return new Set(
    rows.map((row) =>
      voucherOf({ registerId: Number(row.register_id), ts: Number(row.ts), value: BigInt(row.value) }),
    ),
  );
}

/** By register, each in order of time. */
export async function readInstalled(
  tx: Queryable,
  registerIds: readonly number[],
): Promise<ReadonlyMap<number, readonly JudgedInstallation[]>> {
  const { rows } = await tx.query<Record<string, string | null>>(
    `SELECT i.id, i.register_id, ${ms('i.starts_at')} AS starts_at, i.start_value, ${ms('i.ends_at')} AS ends_at,
       i.end_value, i.multiplier, r.modulus, p.max_rate
     FROM installations i JOIN registers r ON r.id = i.register_id JOIN metering_points p ON p.id = i.metering_point_id
     WHERE i.register_id = ANY($1::bigint[]) ORDER BY i.starts_at`,
    [numbersParam(registerIds, (id) => id)],
  );
  const installed = new Map<number, JudgedInstallation[]>();
  for (const row of rows) {
    const registerId = Number(row['register_id']);
    const list = installed.get(registerId) ?? [];
    list.push({
      id: Number(row['id']),
      registerId,
      startsAt: Number(row['starts_at']),
      startValue: BigInt(row['start_value'] ?? 0),
      endsAt: row['ends_at'] == null ? null : Number(row['ends_at']),
      endValue: row['end_value'] == null ? null : BigInt(row['end_value']),
      multiplier: unitsAtScale(parseDecimal(row['multiplier'] ?? '1'), TOTAL_SCALE),
      modulus: BigInt(row['modulus'] ?? 1),
      maxRate: BigInt(row['max_rate'] ?? 0),
    });
    installed.set(registerId, list);
  }
  return installed;
}

async function readLastAccepted(
  tx: Queryable,
  asked: readonly JudgedFrom[],
): Promise<ReadonlyMap<number, { ts: number; value: bigint }>> {
  const { rows } = await tx.query<{ register_id: string; ts: string; value: string }>(
    `SELECT a.register_id, ${ms('l.ts')} AS ts, l.value
     FROM unnest($1::bigint[], $2::bigint[]) a(register_id, from_ms) CROSS JOIN LATERAL (
       SELECT r.ts, r.value FROM readings r WHERE r.register_id = a.register_id AND r.ts < ${instant('a.from_ms')}
         AND r.quality = 'good' ORDER BY r.ts DESC LIMIT 1) l`,
    [numbersParam(asked, (one) => one.registerId), numbersParam(asked, (one) => one.from)],
  );
  return new Map(
    rows.map((row) => [Number(row.register_id), { ts: Number(row.ts), value: BigInt(row.value) }]),
  );
}

interface JudgedReading extends Reading {
  readonly quality: 'good' | 'quarantined';
}

async function readJudged(
  tx: Queryable,
  registerId: number,
  from: number,
): Promise<readonly JudgedReading[]> {
  const { rows } = await tx.query<{ ts: string; value: string; quality: JudgedReading['quality'] }>(
    `SELECT ${ms('ts')} AS ts, value, quality FROM readings
     WHERE register_id = $1 AND ts >= ${instant('$2::bigint')} AND quality IN ('good', 'quarantined')
     ORDER BY ts LIMIT $3`,
    [registerId, from, READINGS_PER_STEP_MAX],
  );
  return rows.map((row) => ({
    registerId,
    ts: Number(row.ts),
    value: BigInt(row.value),
    quality: row.quality,
  }));
}

/** A plain change of quality: the history of changes keeps what it was. */
async function storeJudged(tx: Queryable, { accepted, refused }: Judged<JudgedReading>): Promise<number> {
  const changes = [
    ...accepted
      .filter(({ quality }) => quality === 'quarantined')
      .map((reading) => ({ ...reading, quality: 'good' as const })),
    ...refused
      .filter(({ quality }) => quality === 'good')
      .map((reading) => ({ ...reading, quality: 'quarantined' as const })),
  ];
  for (const quality of ['good', 'quarantined'] as const) {
    const some = changes.filter((change) => change.quality === quality);
    if (some.length === 0) continue;
    await tx.query(
      `UPDATE readings r SET quality = $3 FROM unnest($1::bigint[], $2::bigint[]) c(register_id, ts_ms)
       WHERE r.register_id = c.register_id AND r.ts = ${instant('c.ts_ms')} AND r.quality IN ('good', 'quarantined')`,
      [numbersParam(some, (c) => c.registerId), numbersParam(some, (c) => c.ts), quality],
    );
  }
  return changes.length;
}

/** Where and what a register is, for whoever looks at a case. */
const NAMED_REGISTER = `SELECT d.site_id, g.device_id, d.serial, g.point, g.unit,
   (SELECT p.code FROM installations i JOIN metering_points m ON m.id = i.metering_point_id
      JOIN places p ON p.id = m.place_id WHERE i.register_id = g.id AND i.starts_at <= $2
      ORDER BY i.starts_at DESC LIMIT 1) AS stall
 FROM registers g JOIN devices d ON d.id = g.device_id WHERE g.id = $1`;

/** Opens the row's case, or renews it; what was decided once is not opened again. */
async function keepCase(tx: Queryable, row: RefusedRow, at: Date): Promise<void> {
  const { rows } = await tx.query<Record<string, string | null>>(NAMED_REGISTER, [
    row.registerId,
    new Date(row.from),
  ]);
  const register = rows[0];
  if (!register?.['site_id']) return;
  const siteId = register['site_id'];
  const subject = {
    registerId: row.registerId,
    ...(register['stall'] ? { stall: register['stall'] } : {}),
    device: register['serial'],
    deviceId: register['device_id'],
    point: register['point'],
    unit: register['unit'],
    ts: new Date(row.from).toISOString(),
    until: new Date(row.to).toISOString(),
    value: String(row.value),
    reason: row.reason,
    before: { ts: new Date(row.before.ts).toISOString(), value: String(row.before.value) },
    after: row.after && { ts: new Date(row.after.ts).toISOString(), value: String(row.after.value) },
  };
  const about = { siteId, kind: 'reading_refused', key: refusedKey(row), at } as const;
  await tx.query(
    `INSERT INTO cases (site_id, kind, key, subject, count, opened_at, last_seen_at)
     SELECT $1, $2, $3, $4, $5, $6, $6 WHERE NOT EXISTS (
       SELECT FROM cases WHERE site_id = $1 AND kind = $2 AND key = $3 AND status = 'closed')
     ON CONFLICT (site_id, kind, key) WHERE status = 'open'
     DO UPDATE SET count = excluded.count, subject = excluded.subject, last_seen_at = CASE
       WHEN cases.count < excluded.count THEN excluded.last_seen_at ELSE cases.last_seen_at END`,
    [siteId, about.kind, about.key, JSON.stringify(subject), row.count, at],
  );
  if (isGlitch(row)) await closeCase(tx, { ...about, by: RULE, resolution: 'glitch' });
}

/** Closes what is refused no longer, e.g. since an exchange was recorded or a reading before was rejected. */
async function closePassed(
  tx: Queryable,
  spans: readonly { registerId: number; from: number; to: number }[],
  standing: ReadonlySet<string>,
  at: Date,
): Promise<void> {
  const { rows } = await tx.query<{ site_id: string; key: string }>(
    `SELECT site_id, key FROM cases WHERE kind = 'reading_refused' AND status = 'open'
       AND split_part(key, ' ', 1) = ANY($1::text[])`,
    [spans.map(({ registerId }) => String(registerId))],
  );
  for (const { site_id, key } of rows) {
    const [registerId = 0, ts = 0] = key.split(' ').map(Number);
    const span = spans.find((one) => one.registerId === registerId);
    if (!span || ts < span.from || ts > span.to || standing.has(key)) continue;
    await closeCase(tx, {
      siteId: site_id,
      kind: 'reading_refused',
      key,
      at,
      by: RULE,
      resolution: 'passed',
    });
  }
}
