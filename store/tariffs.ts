import { and, asc, desc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Commodity } from '../domain/commodities.ts';
import { localDate } from '../domain/local-days.ts';
import { minorDigits } from '../domain/money.ts';
import { roundingFaults } from '../domain/tariffs/check.ts';
import type { TariffDefinition } from '../domain/tariffs/definition.ts';
import type { Database, Executor } from './database.ts';
import { readClosedUntil } from './lease-tariffs.ts';
import { feeLines } from './schema/billing.ts';
import { leases, leaseTariffs } from './schema/parties.ts';
import { sites } from './schema/places.ts';
import { tariffs, tariffVersions } from './schema/tariffs.ts';

export interface TariffVersionRow {
  readonly id: number;
  readonly version: number;
  readonly effectiveFrom: Date;
  readonly definition: TariffDefinition;
}

export interface TariffRow {
  readonly id: number;
  readonly site: string;
  readonly code: string;
  readonly name: string;
  readonly commodity: Commodity;
  readonly versions: readonly TariffVersionRow[];
}

export interface NewTariff {
  readonly site: string;
  readonly code: string;
  readonly name: string;
  readonly commodity: Commodity;
  readonly effectiveFrom: Date;
  /** Passed `zTariffDefinition`. */
  readonly definition: TariffDefinition;
}

export type TariffRefusal =
  | 'unknown_site'
  /** The code belongs to a tariff of another commodity. */
  | 'other_commodity'
  /** A version takes effect at that very instant. */
  | 'effective_from_taken'
  /** Fee lines of this tariff reach past the instant: it would change the price of what has been charged. */
  | 'already_charged'
  /** It would take effect in a closed period: what that period is computed from stays as it is. */
  | 'period_closed'
  /** A component rounds finer than the currency's minor unit. */
  | 'rounding_below_minor';

/** A closed month or day, and the first day that is open; in the site's zone. */
export interface ClosedAt {
  readonly period: string;
  readonly earliest: string;
}

/** Creates the tariff, or the next version of the one with that code; then its name is the newest one. */
export async function createTariff(
  db: Database,
  input: NewTariff,
): Promise<
  | { readonly ok: true; readonly tariff: Omit<TariffRow, 'versions'>; readonly version: TariffVersionRow }
  | {
      readonly ok: false;
      readonly reason: TariffRefusal;
      /** Of `period_closed`. */
      readonly closed?: ClosedAt;
    }
> {
  return db.transaction(async (tx) => {
    const [site] = await tx.select().from(sites).where(eq(sites.id, input.site));
    if (!site) return { ok: false, reason: 'unknown_site' } as const;
    if (roundingFaults(input.definition, minorDigits(site.currency)).length > 0) {
      return { ok: false, reason: 'rounding_below_minor' } as const;
    }
    // Also the lock under which the next version number is taken.
    const [tariff] = await tx
      .insert(tariffs)
      .values({ siteId: input.site, code: input.code, name: input.name, commodity: input.commodity })
      .onConflictDoUpdate({
        target: [tariffs.siteId, tariffs.code],
        set: { code: input.code },
        setWhere: eq(tariffs.commodity, input.commodity),
      })
      .returning();
    if (!tariff) return { ok: false, reason: 'other_commodity' } as const;
    const closed = await closedAt(tx, site, tariff.id, input.effectiveFrom);
    if (closed) return { ok: false, reason: 'period_closed', closed } as const;
    const reason = await versionRefusal(tx, tariff.id, input.effectiveFrom);
    if (reason) return { ok: false, reason } as const;
    const [version] = await tx
      .insert(tariffVersions)
      .values({
        tariffId: tariff.id,
        version: sql`(SELECT coalesce(max(version), 0) + 1 FROM tariff_versions WHERE tariff_id = ${tariff.id})`,
        effectiveFrom: input.effectiveFrom,
        definition: input.definition,
      })
      .returning();
    if (!version) throw new Error('the new version was not returned');
    const { id, code, commodity } = tariff;
    const { name } = input;
    if (tariff.name !== name) await tx.update(tariffs).set({ name }).where(eq(tariffs.id, id));
    return {
      ok: true,
      tariff: { id, site: input.site, code, name, commodity },
      version: toVersion(version),
    } as const;
  });
}

/** The closed period in which a tariff that leases pay would change; a tariff that nobody pays yet changes nothing. */
async function closedAt(
  tx: Executor,
  { id: siteId, timeZone }: { readonly id: string; readonly timeZone: string },
  tariffId: number,
  effectiveFrom: Date,
): Promise<ClosedAt | undefined> {
  const paying = await tx
    .select({ charging: leases.charging })
    .from(leaseTariffs)
    .innerJoin(leases, eq(leases.id, leaseTariffs.leaseId))
    .where(eq(leaseTariffs.tariffId, tariffId))
    .groupBy(leases.charging);
  if (paying.length === 0) return undefined;
  const { month, day } = await readClosedUntil(tx, siteId, timeZone);
  // A prepaid lease answers to days for its usage and to months for the rest.
  const until = paying.some(({ charging }) => charging === 'prepaid') ? Math.max(month, day) : month;
  const from = effectiveFrom.getTime();
  if (from >= until) return undefined;
  const inDay = localDate(from, timeZone);
  return { period: from < month ? inDay.slice(0, 7) : inDay, earliest: localDate(until, timeZone) };
}

async function versionRefusal(
  tx: Executor,
  tariffId: number,
  effectiveFrom: Date,
): Promise<TariffRefusal | undefined> {
  const [taken] = await tx
    .select({ id: tariffVersions.id })
    .from(tariffVersions)
    .where(and(eq(tariffVersions.tariffId, tariffId), eq(tariffVersions.effectiveFrom, effectiveFrom)));
  if (taken) return 'effective_from_taken';
  const [charged] = await tx
    .select({ id: feeLines.id })
    .from(feeLines)
    .innerJoin(tariffVersions, eq(tariffVersions.id, feeLines.tariffVersionId))
    .where(and(eq(tariffVersions.tariffId, tariffId), gt(feeLines.serviceTo, effectiveFrom)))
    .limit(1);
  return charged && 'already_charged';
}

/** By code, each with its versions, the newest first. */
export async function listTariffs(
  db: Executor,
  filter: { readonly site?: string | undefined; readonly afterId?: number; readonly limit: number },
): Promise<readonly TariffRow[]> {
  const rows = await db
    .select()
    .from(tariffs)
    .where(
      and(
        gt(tariffs.id, filter.afterId ?? 0),
        filter.site === undefined ? undefined : eq(tariffs.siteId, filter.site),
      ),
    )
    .orderBy(asc(tariffs.id))
    .limit(filter.limit);
  if (rows.length === 0) return [];
  const versions = await db
    .select()
    .from(tariffVersions)
    .where(
      inArray(
        tariffVersions.tariffId,
        rows.map(({ id }) => id),
      ),
    )
    .orderBy(desc(tariffVersions.effectiveFrom));
  return rows.map(({ id, siteId, code, name, commodity }) => ({
    ...{ id, site: siteId, code, name, commodity },
    versions: versions.filter(({ tariffId }) => tariffId === id).map(toVersion),
  }));
}

/** One version of a tariff, the latest numbered one if none is asked for. */
export async function readTariffVersion(
  db: Executor,
  key: { readonly site: string; readonly code: string; readonly version?: number | undefined },
): Promise<(TariffVersionRow & { readonly commodity: Commodity }) | undefined> {
  const [row] = await db
    .select({ version: tariffVersions, commodity: tariffs.commodity })
    .from(tariffVersions)
    .innerJoin(tariffs, eq(tariffs.id, tariffVersions.tariffId))
    .where(
      and(
        eq(tariffs.siteId, key.site),
        eq(tariffs.code, key.code),
        key.version === undefined ? undefined : eq(tariffVersions.version, key.version),
      ),
    )
    .orderBy(desc(tariffVersions.version))
    .limit(1);
  return row && { ...toVersion(row.version), commodity: row.commodity };
}

/** A tariff by its number with one version, the latest numbered one if none is asked for. */
export async function findTariffVersion(
  db: Executor,
  id: number,
  version?: number,
): Promise<{ readonly tariff: Omit<TariffRow, 'versions'>; readonly version: TariffVersionRow } | undefined> {
  const [row] = await db
    .select({ tariff: tariffs, version: tariffVersions })
    .from(tariffVersions)
    .innerJoin(tariffs, eq(tariffs.id, tariffVersions.tariffId))
    .where(and(eq(tariffs.id, id), version === undefined ? undefined : eq(tariffVersions.version, version)))
    .orderBy(desc(tariffVersions.version))
    .limit(1);
  if (!row) return undefined;
  const { siteId: site, code, name, commodity } = row.tariff;
  return { tariff: { id, site, code, name, commodity }, version: toVersion(row.version) };
}

/** Definitions were checked when they were stored. */
function toVersion(row: typeof tariffVersions.$inferSelect): TariffVersionRow {
  const { id, version, effectiveFrom, definition } = row;
  return { id, version, effectiveFrom, definition: definition as TariffDefinition };
}
