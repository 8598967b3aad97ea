import type { BillDetail } from '../contracts/bills.ts';
import type { Commodity, QuantityUnit } from '../domain/commodities.ts';
import { daysOf, localDate } from '../domain/local-days.ts';
import { QuantityFold } from '../domain/metering/fold.ts';
import { minorDigits } from '../domain/money.ts';
import type { FeeLineKind } from '../domain/settlement/difference.ts';
import type { StoredEvidence } from '../domain/settlement/evidence.ts';
import type { TariffDefinition, TariffName } from '../domain/tariffs/definition.ts';
import { readBillDetail } from './bill-details.ts';
import type { Database, Queryable } from './database.ts';
import { findSite } from './sites.ts';
import { grouped, readInstallations, readResumeMarks } from './usage-inputs.ts';
import { streamReadings } from './usage-readings.ts';

/** A bill's fee line, with what its evidence says of meters. */
export interface DocumentLine {
  readonly id: number;
  readonly meteringPointId: number;
  readonly commodity: Commodity;
  readonly component: { readonly code: string; readonly name: TariffName | null };
  readonly band: { readonly code: string; readonly name: TariffName | null };
  readonly eventKey: string;
  readonly serviceFrom: Date;
  readonly serviceTo: Date;
  readonly quantity: string;
  readonly unit: QuantityUnit;
  readonly unitPrice: string;
  readonly amount: string;
  readonly kind: FeeLineKind;
  readonly correctsId: number | null;
  readonly inputHash: string;
  readonly evidence: StoredEvidence;
}

/** Usage of each local day, base units; null where no reading tells. */
export interface DailyUsage {
  readonly commodity: Commodity;
  readonly unit: QuantityUnit;
  readonly days: readonly { readonly date: string; readonly quantity: bigint | null }[];
}

export interface BillDocument {
  readonly site: { readonly name: string; readonly timeZone: string };
  readonly bill: BillDetail;
  readonly digits: number;
  readonly lines: readonly DocumentLine[];
  /** Lines of the bill that are not among `lines`. */
  readonly linesLeftOut: number;
  readonly usage: readonly DailyUsage[];
}

/** More lines than a paper bill can show: a spreadsheet has them all. */
const LINES_MAX = 1_000;
const POINTS_MAX = 20;
/** Neither a change nor a journal frame is left out. */
const TODAY = Number.MAX_SAFE_INTEGER;

/** Undefined where there is no such bill, or not for this party. */
export async function readBillDocument(
  db: Database,
  of: { readonly id: number; readonly partyId?: number | undefined },
  now: Date,
): Promise<BillDocument | undefined> {
  const bill = await readBillDetail(db.$client, of.id, of.partyId, now);
  const site = bill && (await findSite(db, bill.site));
  if (!bill || !site) return undefined;
  const lines = await readDocumentLines(db.$client, of.id, LINES_MAX);
  return {
    site: { name: site.name, timeZone: site.timeZone },
    bill,
    digits: minorDigits(bill.currency),
    lines,
    linesLeftOut: bill.lines - lines.length,
    usage: await readDailyUsage(db, lines, site.timeZone, now),
  };
}

interface LineRow {
  readonly id: string;
  readonly point: string;
  readonly commodity: Commodity;
  readonly component: string;
  readonly band: string;
  readonly event_key: string;
  readonly service_from: Date;
  readonly service_to: Date;
  readonly quantity: string;
  readonly unit: QuantityUnit;
  readonly unit_price: string;
  readonly amount: string;
  readonly kind: FeeLineKind;
  readonly corrects_id: string | null;
  readonly input_hash: string;
  readonly evidence: StoredEvidence;
  readonly definition: TariffDefinition;
}

/** In the order in which they are read: by commodity, service range, component and band. */
export async function readDocumentLines(
  tx: Queryable,
  billId: number,
  limit: number,
): Promise<readonly DocumentLine[]> {
  const { rows } = await tx.query<LineRow>(
    `SELECT l.id, l.metering_point_id AS point, p.commodity, l.component, l.band, l.event_key, l.service_from,
       l.service_to, l.quantity, l.unit, l.unit_price, l.amount, l.kind, l.corrects_id, l.input_hash, l.evidence,
       v.definition
     FROM bill_lines i JOIN fee_lines l ON l.id = i.fee_line_id JOIN metering_points p ON p.id = l.metering_point_id
     JOIN tariff_versions v ON v.id = l.tariff_version_id
     WHERE i.bill_id = $1 ORDER BY p.commodity, l.service_from, l.metering_point_id, l.id LIMIT $2`,
    [billId, limit],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    meteringPointId: Number(row.point),
    commodity: row.commodity,
    component: { code: row.component, name: componentOf(row)?.name ?? null },
    band: { code: row.band, name: bandName(row) },
    eventKey: row.event_key,
    serviceFrom: row.service_from,
    serviceTo: row.service_to,
    quantity: row.quantity,
    unit: row.unit,
    unitPrice: row.unit_price,
    amount: row.amount,
    kind: row.kind,
    correctsId: row.corrects_id === null ? null : Number(row.corrects_id),
    inputHash: row.input_hash,
    evidence: row.evidence,
  }));
}

const componentOf = ({ definition, component }: LineRow) =>
  definition.components.find(({ code }) => code === component);

function bandName(row: LineRow): TariffName | null {
  const price = componentOf(row)?.price;
  if (price?.kind === 'time_of_use') return price.bands.find(({ code }) => code === row.band)?.name ?? null;
  if (price?.kind === 'per_event') return price.classes.find(({ code }) => code === row.band)?.name ?? null;
  return null;
}

/** By the fold that charges, cut at the site's midnights, from what is known today. */
async function readDailyUsage(
  db: Database,
  lines: readonly DocumentLine[],
  timeZone: string,
  now: Date,
): Promise<readonly DailyUsage[]> {
  const metered = lines.filter(({ unit, kind }) => (unit === 'Wh' || unit === 'L') && kind === 'original');
  const ids = [...new Set(metered.map(({ meteringPointId }) => meteringPointId))].slice(0, POINTS_MAX);
  if (ids.length === 0) return [];
  const range = {
    from: Math.min(...metered.map(({ serviceFrom }) => serviceFrom.getTime())),
    to: Math.max(...metered.map(({ serviceTo }) => serviceTo.getTime())),
  };
  const cuts = [range.from, ...daysOf(range, timeZone).map(({ to }) => to)];
  const byPoint = await foldAtCuts(db, ids, cuts, now);
  const commodityOf = new Map(metered.map((line) => [line.meteringPointId, line]));
  const byCommodity = grouped(ids, (id) => [commodityOf.get(id)?.commodity === 'water' ? 1 : 0, id]);
  return [...byCommodity.values()].map((points) => {
    const line = commodityOf.get(points[0] ?? 0);
    const days = cuts.slice(0, -1).map((from, i) => {
      const parts = points.map((id) => difference(byPoint.get(id), from, cuts[i + 1] ?? from));
      const quantity = parts.reduce<bigint | null>(
        (sum, part) => (sum === null || part === null ? null : sum + part),
        0n,
      );
      return { date: localDate(from, timeZone), quantity };
    });
    return { commodity: line?.commodity ?? 'electricity', unit: line?.unit ?? 'Wh', days };
  });
}

function difference(
  values: ReadonlyMap<number, bigint> | undefined,
  from: number,
  to: number,
): bigint | null {
  const [before, after] = [values?.get(from), values?.get(to)];
  return before === undefined || after === undefined ? null : after - before;
}

/** By point, the cumulative quantity at each cut that readings reach. */
async function foldAtCuts(
  db: Database,
  ids: readonly number[],
  cuts: readonly number[],
  now: Date,
): Promise<ReadonlyMap<number, ReadonlyMap<number, bigint>>> {
  const [first = 0, last = 0] = [cuts[0], cuts.at(-1)];
  const cutOff = { receivedUpTo: now, journalSeq: TODAY, changeId: TODAY };
  const client = await db.$client.connect();
  try {
    const installed = await readInstallations(client, ids, cutOff);
    const resume = await readResumeMarks(
      client,
      ids.map((id) => ({ id, at: first })),
    );
    const { rows } = await client.query<{ id: string; max_rate: string }>(
      'SELECT id, max_rate FROM metering_points WHERE id = ANY($1)',
      [ids],
    );
    const folds = rows.map((row) => {
      const id = Number(row.id);
      const installations = installed.get(id) ?? [];
      const mark = resume.get(id) ?? null;
      const fold = new QuantityFold({ installations, maxRate: BigInt(row.max_rate), cuts, resume: mark });
      return { id, installations, mark, fold };
    });
    const windows = folds.flatMap(({ installations, mark }, index) =>
      installations.flatMap(({ registerId, startsAt, endsAt }) => {
        const from = Math.max(startsAt, mark?.ts ?? 0) + 1;
        // Two days more: the reading after the last midnight.
        const to = Math.min(endsAt ?? Number.POSITIVE_INFINITY, last + 2 * 86_400_000);
        return from < to ? [{ index, registerId, from, to }] : [];
      }),
    );
    await streamReadings(client, windows, cutOff, (n, ts, value) => {
      const window = windows[n];
      if (window) folds[window.index]?.fold.push(window.registerId, ts, value);
    });
    return new Map(
      folds.map(({ id, fold }) => [
        id,
        new Map(fold.finish().boundaries.map(({ at, value }) => [at, value])),
      ]),
    );
  } finally {
    client.release();
  }
}
