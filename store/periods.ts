import { createHash } from 'node:crypto';
import type { PeriodKind } from '../domain/period-kinds.ts';
import { periodKindOf } from '../domain/periods.ts';
import type { Queryable } from './database.ts';

/**
 * The site's periods that no line is put on any more. One that another run is closing at this moment counts as closed:
 * what that run has settled must not be added to.
 */
export async function readClosedPeriods(
  tx: Queryable,
  siteId: string,
  ownRunId: number | null = null,
): Promise<ReadonlySet<string>> {
  const { rows } = await tx.query<{ period: string }>(
    `SELECT period FROM billing_periods WHERE site_id = $1
     UNION SELECT period FROM billing_runs
       WHERE site_id = $1 AND kind = 'close' AND status = 'running' AND id IS DISTINCT FROM $2`,
    [siteId, ownRunId],
  );
  return new Set(rows.map(({ period }) => period));
}

export interface PeriodSeal {
  readonly lines: number;
  readonly amount: bigint;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
}

const LINES_PER_READ = 5_000;

/**
 * What the lines on a period's bill come to: the hash is over one text a line in the order of their ids (what it
 * charges, quantity, price, amount, kind, what it corrects, hash of its inputs) and over the previous period's.
 */
export async function sealOf(
  tx: Queryable,
  siteId: string,
  period: string,
  previousHash: string | null,
): Promise<PeriodSeal> {
  const hash = createHash('sha256').update(`${siteId} ${period} ${previousHash ?? ''}\n`);
  const sum = { lines: 0, amount: 0n };
  for (let afterId = 0; ; ) {
    const { rows } = await tx.query<{ id: string; amount: string; line: string }>(
      `SELECT id, amount, concat_ws('|', id, period, lease_id, metering_point_id,
         (extract(epoch FROM service_from) * 1000)::bigint, (extract(epoch FROM service_to) * 1000)::bigint,
         tariff_version_id, component, band, event_key, sequence, quantity, unit, unit_price, amount, currency, kind,
         charging, coalesce(corrects_id, 0), input_hash) AS line
       FROM fee_lines WHERE site_id = $1 AND accounting_period = $2 AND id > $3 ORDER BY id LIMIT $4`,
      [siteId, period, afterId, LINES_PER_READ],
    );
    for (const { amount, line } of rows) {
      hash.update(`${line}\n`);
      sum.lines++;
      sum.amount += BigInt(amount);
    }
    if (rows.length < LINES_PER_READ) return { ...sum, hash: hash.digest('hex') };
    afterId = Number(rows.at(-1)?.id);
  }
}

export interface ClosedPeriod extends PeriodSeal {
  readonly siteId: string;
  readonly period: string;
  readonly closedAt: Date;
  readonly closedBy: string;
  readonly runId: number;
  readonly previousHash: string | null;
}

/**
 * Closes a period: its lines and the seal of the period of its kind that was closed before make its hash. Closing is
 * one after the other within a site. Undefined when it is closed already.
 */
export async function sealPeriod(
  tx: Queryable,
  one: Pick<ClosedPeriod, 'siteId' | 'period' | 'closedAt' | 'closedBy' | 'runId'>,
): Promise<ClosedPeriod | undefined> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`close ${one.siteId}`]);
  const kind = periodKindOf(one.period);
  const closed = await readLatestClosed(tx, one.siteId, kind);
  if (await readClosedPeriod(tx, one.siteId, one.period)) return undefined;
  const previousHash = closed?.hash ?? null;
  const seal = await sealOf(tx, one.siteId, one.period, previousHash);
  await tx.query(
    `INSERT INTO billing_periods (site_id, period, closed_at, closed_by, run_id, lines, amount, hash, previous_hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      ...[one.siteId, one.period, one.closedAt, one.closedBy, one.runId],
      ...[seal.lines, seal.amount.toString(), seal.hash, previousHash],
    ],
  );
  return { ...one, ...seal, previousHash };
}

const COLUMNS = `site_id AS "siteId", period, closed_at AS "closedAt", closed_by AS "closedBy", run_id::int8 AS "runId",
  lines, amount, hash, previous_hash AS "previousHash"`;
type Row = Omit<ClosedPeriod, 'amount' | 'runId'> & { readonly amount: string; readonly runId: string };
const toClosed = (row: Row): ClosedPeriod => ({
  ...row,
  runId: Number(row.runId),
  amount: BigInt(row.amount),
});

export async function readClosedPeriod(
  tx: Queryable,
  siteId: string,
  period: string,
): Promise<ClosedPeriod | undefined> {
  const { rows } = await tx.query<Row>(
    `SELECT ${COLUMNS} FROM billing_periods WHERE site_id = $1 AND period = $2`,
    [siteId, period],
  );
  return rows[0] && toClosed(rows[0]);
}

/** The period whose hash is part of this one's, and how many of their kind are closed. */
export async function readPrevious(
  tx: Queryable,
  { siteId, period, previousHash }: ClosedPeriod,
): Promise<{ readonly previous: Pick<ClosedPeriod, 'period' | 'hash'> | null; readonly periods: number }> {
  const { rows } = await tx.query<{ previous: string | null; periods: string }>(
    `SELECT max(period) FILTER (WHERE hash = $3) AS previous, count(*) AS periods FROM billing_periods
     WHERE site_id = $1 AND length(period) = length($2)`,
    [siteId, period, previousHash],
  );
  const { previous = null, periods = '0' } = rows[0] ?? {};
  const isKnown = previous !== null && previousHash !== null;
  return { previous: isKnown ? { period: previous, hash: previousHash } : null, periods: Number(periods) };
}

/** The last change that the close of a period saw, or else of the month that it is in; undefined while both are open. */
export async function readClosingChange(
  tx: Queryable,
  siteId: string,
  period: string,
): Promise<number | undefined> {
  const { rows } = await tx.query<{ change: string }>(
    `SELECT r.change_id AS change FROM billing_periods p JOIN billing_runs r ON r.id = p.run_id
     WHERE p.site_id = $1 AND p.period IN ($2, left($2, 7)) ORDER BY length(p.period) DESC LIMIT 1`,
    [siteId, period],
  );
  return rows[0] && Number(rows[0].change);
}

/** In the order in which they were closed: the chain is by time of closing, not by name. */
async function readLatestClosed(
  tx: Queryable,
  siteId: string,
  kind: PeriodKind,
): Promise<ClosedPeriod | undefined> {
  const { rows } = await tx.query<Row>(
    `SELECT ${COLUMNS} FROM billing_periods p WHERE site_id = $1 AND length(period) = $2
       AND NOT EXISTS (SELECT 1 FROM billing_periods n WHERE n.site_id = p.site_id AND n.previous_hash = p.hash)`,
    [siteId, kind === 'month' ? 7 : 10],
  );
  return rows[0] && toClosed(rows[0]);
}
