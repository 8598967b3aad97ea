import { METERED_COMMODITIES, type MeteredCommodity } from '../domain/commodities.ts';
import { QuantityFold } from '../domain/metering/fold.ts';
import type { PastRange } from '../domain/rating/preview.ts';
import {
  cutsOf,
  type NamedPeriod,
  NO_EXTRAS,
  type PointContext,
  rangeContext,
} from '../domain/settlement/desired.ts';
import { type ServiceRange, serviceRanges } from '../domain/settlement/service-ranges.ts';
import type { TariffDefinition } from '../domain/tariffs/definition.ts';
import type { CutOff } from './as-of.ts';
import type { Database, Queryable } from './database.ts';
import { readVouchers } from './judge-readings.ts';
import {
  type MeteringPointRow,
  readInstallations,
  readPayers,
  readPoints,
  readResumeMarks,
} from './usage-inputs.ts';
import { readFirst } from './usage-readings.ts';

export interface PastAsked {
  readonly siteId: string;
  readonly timeZone: string;
  readonly digits: number;
  readonly commodity: MeteredCommodity;
  /** A month. */
  readonly period: NamedPeriod;
  /** A stall with everybody who paid for it, or one lease. */
  readonly of: { readonly stall: string } | { readonly lease: number };
  readonly definition: TariffDefinition;
  /** Readings received later are not seen. */
  readonly receivedUpTo: Date;
}

export type PastRefusal =
  | 'no_such_stall'
  | 'no_such_lease'
  | 'no_meter'
  | 'no_payer'
  /** No reading follows the period's end yet. */
  | 'awaiting_reading'
  /** More readings than one request may take. */
  | 'too_many_readings';

export const isMetered = (commodity: string): commodity is MeteredCommodity =>
  METERED_COMMODITIES.some((metered) => metered === commodity);

const PAGE_ROWS = 5_000;
const PAGES_MAX = 60;
const NOTHING_LATER = Number.MAX_SAFE_INTEGER;

/**
 * A month of a stall or lease as its runs would rate it by this definition, by the same fold and the same ranges:
 * whoever paid then, all of it at once. Nothing is written.
 */
export async function readPastUsage(
  db: Database,
  asked: PastAsked,
): Promise<
  | { readonly ok: true; readonly ranges: readonly PastRange[] }
  | { readonly ok: false; readonly reason: PastRefusal }
> {
  const { siteId, period, receivedUpTo, of } = asked;
  const tx: Queryable = db.$client;
  const cutOff = { receivedUpTo, journalSeq: NOTHING_LATER, changeId: NOTHING_LATER };
  const place = await findPlaceOf(tx, siteId, of);
  if (place === undefined) return { ok: false, reason: 'stall' in of ? 'no_such_stall' : 'no_such_lease' };
  const { rows } = await tx.query<{ id: string }>(
    `SELECT id FROM metering_points WHERE place_id = $1 AND commodity = $2 AND role <> 'main' ORDER BY id`,
    [place, asked.commodity],
  );
  const points = await readPoints(
    tx,
    rows.map(({ id }) => Number(id)),
    cutOff,
  );
  if (points.length === 0) return { ok: false, reason: 'no_meter' };
  const payers = await readPayers(tx, siteId, [place], period, cutOff);
  const leases = payers.leases.get(place) ?? [];
  const paid = serviceRanges({
    ...{ period, kind: 'month' },
    leases: leases.map((lease) => ({ ...lease, charging: 'postpaid' })),
    house: payers.house && { ...payers.house, charging: 'postpaid' },
    ...everyonePaysBy(
      asked.definition,
      [...leases, ...(payers.house ? [payers.house] : [])].map(({ id }) => id),
    ),
  }).ranges.filter(({ leaseId }) => !('lease' in of) || leaseId === of.lease);
  if (paid.length === 0) return { ok: false, reason: 'no_payer' };

  const ranges: PastRange[] = [];
  for (const point of points) {
    const usage = await pointUsage(tx, asked, point, paid, cutOff);
    if (typeof usage === 'string') return { ok: false, reason: usage };
    ranges.push(...usage);
  }
  return { ok: true, ranges };
}

async function findPlaceOf(tx: Queryable, siteId: string, of: PastAsked['of']): Promise<number | undefined> {
  const { rows } =
    'stall' in of
      ? await tx.query<{ id: string }>('SELECT id FROM places WHERE site_id = $1 AND code = $2', [
          siteId,
          of.stall,
        ])
      : await tx.query<{ id: string }>(
          'SELECT place_id AS id FROM leases WHERE site_id = $1 AND id = $2 AND place_id IS NOT NULL',
          [siteId, of.lease],
        );
  return rows[0] && Number(rows[0].id);
}

/** All leases by one version, always. */
function everyonePaysBy(definition: TariffDefinition, leaseIds: readonly number[]) {
  const always = { from: 0, to: null };
  const version = { id: 0, tariffId: 0, version: 1, effectiveFrom: 0, code: '', name: '', definition };
  return {
    leaseTariffs: leaseIds.map((leaseId) => ({ ...always, leaseId, tariffId: 0 })),
    versions: [version],
  };
}

async function pointUsage(
  tx: Queryable,
  { period, timeZone, digits, commodity }: PastAsked,
  point: MeteringPointRow,
  ranges: readonly ServiceRange[],
  cutOff: CutOff,
): Promise<readonly PastRange[] | PastRefusal> {
  const installations = (await readInstallations(tx, [point.id], cutOff)).get(point.id) ?? [];
  const about: PointContext = {
    ...{ period, timeZone, digits, commodity, areaM2: point.areaM2, installations },
    extras: NO_EXTRAS,
  };
  // Before its first meter a point was not there.
  const begin = installations[0]?.startsAt ?? Number.POSITIVE_INFINITY;
  const metered = ranges.filter(({ to }) => to > begin);
  if (metered.length === 0) return 'no_meter';
  const cuts = cutsOf(metered, about);
  const resume =
    (await readResumeMarks(tx, [{ id: point.id, at: cuts[0] ?? period.from }])).get(point.id) ?? null;
  const vouched = await readVouchers(
    tx,
    installations.map(({ registerId }) => registerId),
    cutOff.receivedUpTo,
  );
  const fold = new QuantityFold({ installations, maxRate: point.maxRate, cuts, resume, vouched });
  let pages = 0;
  for (const { registerId, startsAt, endsAt } of installations) {
    let from = Math.max(startsAt, resume?.ts ?? 0) + 1;
    for (
      let rows = PAGE_ROWS;
      rows === PAGE_ROWS && !fold.isComplete && (endsAt === null || from < endsAt);
    ) {
      if (++pages > PAGES_MAX) return 'too_many_readings';
      const window = { index: 0, registerId, from, to: endsAt };
      const counts = await readFirst(tx, [window], cutOff, PAGE_ROWS, (_, ts, value) => {
        fold.push(registerId, ts, value);
        from = ts + 1;
      });
      rows = counts[0] ?? 0;
    }
  }
  const values = new Map(fold.finish().boundaries.map(({ at, value }) => [at, value]));
  if (cuts.some((cut) => !values.has(cut))) return 'awaiting_reading';
  const at = (instant: number): bigint => {
    const value = values.get(instant);
    if (value === undefined) throw new Error(`no boundary value at ${new Date(instant).toISOString()}`);
    return value;
  };
  return metered.map((range) => ({
    context: rangeContext(range, about),
    usage: { at, share: null, passes: [] },
  }));
}
