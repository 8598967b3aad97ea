import { and, desc, eq, getTableColumns, lt, type SQL, sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { FeeLineEvidence } from '../contracts/fee-lines.ts';
import type { zFeeLine } from '../contracts/rest.ts';
import type { Commodity } from '../domain/commodities.ts';
import type { RoundingWorkings } from '../domain/rating/workings.ts';
import type { StoredEvidence, UsageEvidence } from '../domain/settlement/evidence.ts';
import type { Executor } from './database.ts';
import { feeLines } from './schema/billing.ts';
import { billLines } from './schema/bills.ts';
import { meteringPoints } from './schema/metering.ts';
import { leases, parties } from './schema/parties.ts';
import { places } from './schema/places.ts';
import { tariffs, tariffVersions } from './schema/tariffs.ts';

export type FeeLineView = z.infer<typeof zFeeLine>;

export interface FeeLineFilter {
  readonly site?: string | undefined;
  readonly period?: string | undefined;
  readonly lease?: number | undefined;
  /** The stall's code. */
  readonly stall?: string | undefined;
  readonly commodity?: Commodity | undefined;
  /** Only lines that are on this bill. */
  readonly bill?: number | undefined;
  /** Only lines of this party's leases. */
  readonly partyId?: number | undefined;
  /** The last id of the page before. */
  readonly beforeId?: number | undefined;
  readonly limit: number;
}

/** The newest first. */
export async function listFeeLines(db: Executor, filter: FeeLineFilter): Promise<readonly FeeLineView[]> {
  const conditions: (SQL | undefined)[] = [
    filter.site === undefined ? undefined : eq(feeLines.siteId, filter.site),
    filter.period === undefined ? undefined : eq(feeLines.period, filter.period),
    filter.lease === undefined ? undefined : eq(feeLines.leaseId, filter.lease),
    filter.stall === undefined ? undefined : eq(places.code, filter.stall),
    filter.commodity === undefined ? undefined : eq(meteringPoints.commodity, filter.commodity),
    filter.partyId === undefined ? undefined : eq(leases.partyId, filter.partyId),
    filter.bill === undefined
      ? undefined
      : sql`${feeLines.id} IN (SELECT ${billLines.feeLineId} FROM ${billLines} WHERE ${billLines.billId} = ${filter.bill})`,
    filter.beforeId === undefined ? undefined : lt(feeLines.id, filter.beforeId),
  ];
  const rows = await selectLines(db)
    .where(and(...conditions))
    .orderBy(desc(feeLines.id))
    .limit(filter.limit);
  return rows.map(toView);
}

/** A line with what it was computed from. */
export async function readFeeLine(
  db: Executor,
  id: number,
): Promise<
  | (FeeLineView & {
      readonly inputHash: string;
      readonly evidence: FeeLineEvidence;
      readonly partyId: number;
    })
  | undefined
> {
  const [row] = await selectLines(db).where(eq(feeLines.id, id));
  if (!row) return undefined;
  const [{ evidence } = { evidence: undefined }] = await db
    .select({ evidence: feeLines.evidence })
    .from(feeLines)
    .where(eq(feeLines.id, id));
  return {
    ...toView(row),
    inputHash: row.line.inputHash,
    evidence: wireEvidence(evidence as StoredEvidence),
    partyId: row.partyId,
  };
}

function selectLines(db: Executor) {
  // Evidence is large: only who asks for one line reads it.
  const { evidence: _, ...line } = getTableColumns(feeLines);
  return db
    .select({
      line,
      // Of events only: the rest is not unpacked for it.
      passedAt: sql<
        string | null
      >`CASE WHEN ${feeLines.eventKey} <> '' THEN ${feeLines.evidence} #>> '{arithmetic,workings,at}' END`,
      partyId: leases.partyId,
      party: parties.name,
      stall: sql<string | null>`${places.code}`,
      commodity: meteringPoints.commodity,
      pointCode: meteringPoints.code,
      tariffCode: tariffs.code,
      tariffName: tariffs.name,
      tariffVersion: tariffVersions.version,
    })
    .from(feeLines)
    .innerJoin(leases, eq(leases.id, feeLines.leaseId))
    .innerJoin(parties, eq(parties.id, leases.partyId))
    .innerJoin(meteringPoints, eq(meteringPoints.id, feeLines.meteringPointId))
    .leftJoin(places, eq(places.id, meteringPoints.placeId))
    .innerJoin(tariffVersions, eq(tariffVersions.id, feeLines.tariffVersionId))
    .innerJoin(tariffs, eq(tariffs.id, tariffVersions.tariffId))
    .$dynamic();
}

type LineRow = Awaited<ReturnType<typeof selectLines>>[number];

function toView({ line, passedAt, party, stall, commodity, pointCode, ...tariff }: LineRow): FeeLineView {
  return {
    id: line.id,
    site: line.siteId,
    period: line.period,
    accountingPeriod: line.accountingPeriod,
    lease: { id: line.leaseId, party, stall },
    meteringPoint: { id: line.meteringPointId, code: pointCode },
    commodity,
    serviceFrom: line.serviceFrom.toISOString(),
    serviceTo: line.serviceTo.toISOString(),
    passedAt: passedAt === null ? null : new Date(passedAt).toISOString(),
    tariff: { code: tariff.tariffCode, name: tariff.tariffName, version: tariff.tariffVersion },
    component: line.component,
    band: line.band,
    sequence: line.sequence,
    quantity: `${line.quantity}`,
    unit: line.unit,
    unitPrice: line.unitPrice,
    amount: `${line.amount}`,
    currency: line.currency,
    kind: line.kind,
    correctsId: line.correctsId,
    postedAt: line.postedAt.toISOString(),
  };
}

/** Evidence as the first version of the platform stored it: without what no line had then, each rounded by itself. */
interface FirstUsage extends Omit<UsageEvidence, 'arithmetic'> {
  readonly arithmetic: Omit<UsageEvidence['arithmetic'], 'workings'> & {
    readonly workings?: UsageEvidence['arithmetic']['workings'];
    readonly rounding?: Pick<RoundingWorkings, 'stage' | 'mode' | 'quantum'>;
  };
}

/** Fills in what the evidence of older lines does not have. */
function completed(stored: FirstUsage): UsageEvidence {
  const { rounding, workings, ...sum } = stored.arithmetic;
  const withBasis = <B extends UsageEvidence['from']>(boundary: B): B =>
    boundary && { ...boundary, basis: boundary.basis ?? null };
  return {
    ...stored,
    from: withBasis(stored.from),
    to: withBasis(stored.to),
    since: stored.since ?? null,
    shares: stored.shares ?? null,
    arithmetic: {
      ...sum,
      workings: workings ?? {
        kind: 'unit',
        lossFactor: null,
        rounding: {
          ...(rounding ?? { stage: 'line', mode: 'half_up', quantum: '0.01' }),
          before: { exact: '0', rounded: '0' },
          after: { exact: sum.unrounded, rounded: sum.amount },
          lines: 1,
        },
      },
    },
  };
}

function wireEvidence(stored: StoredEvidence): FeeLineEvidence {
  if (stored.kind === 'reversal') return { ...stored, reverses: [...stored.reverses] };
  const list = stored.intervals.list?.map(([from, to, quantity]) => ({
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    quantity,
  }));
  return {
    ...completed(stored),
    intervals: { ...stored.intervals, list: list ?? null },
  } as FeeLineEvidence;
}
