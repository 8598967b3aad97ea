import type { z } from 'zod';
import type { zBillReplay } from '../../contracts/audits.ts';
import { keyText, type LineKey, postedKeys } from '../../domain/settlement/difference.ts';
import { ms } from '../../store/usage-inputs.ts';
import { namedPeriod } from '../run.ts';
import { recompute } from './recompute.ts';
import { type AuditScope, iso } from './scope.ts';

/** Of a bill with more lines the rest is computed again and counted, and not listed. */
const LINES_MAX = 2_000;
const NOTHING = { quantity: 0n, amount: 0n };

interface Sums {
  readonly quantity: bigint;
  readonly amount: bigint;
}
interface Key {
  readonly posted: Sums;
  readonly again: Sums;
}
export type BillReplay = z.infer<typeof zBillReplay>;

/**
 * What a bill's lines come to when they are computed again from the stored readings and what the last run of their
 * period saw: of each line, all that is posted on its key beside what is due for it.
 */
export async function replayBill(scope: AuditScope, billId: number): Promise<BillReplay> {
  const { rows } = await scope.client.query<LineRow>(LINES, [billId]);
  const lines = rows.map(toLine);
  const pointIds = [...new Set(lines.map(({ point }) => point))];
  const wanted = new Set(lines.map(keyOf));
  const keys = new Map<string, Key>();
  for (const name of new Set(lines.map(({ period }) => period))) {
    const period = namedPeriod(name, scope.timeZone);
    const look: Parameters<typeof recompute>[1] = (points) => {
      for (const { point, posted, settlement } of points) {
        for (const key of postedKeys(posted)) {
          const text = keyOf({ ...key, point: point.id });
          const { quantity, amount } = key;
          if (wanted.has(text)) keys.set(text, { posted: { quantity, amount }, again: { quantity, amount } });
        }
        for (const line of settlement.lines) {
          const text = keyOf({ ...line, point: point.id });
          const key = keys.get(text);
          if (!key) continue;
          const again = {
            quantity: key.posted.quantity + line.quantity,
            amount: key.posted.amount + line.amount,
          };
          keys.set(text, { ...key, again });
        }
      }
    };
    await recompute({ ...scope, period }, look, { pointIds, withoutDays: true, signal: scope.signal });
  }
  const compared = lines.map((line) => viewLine(line, keys.get(keyOf(line))));
  return {
    bill: billId,
    amount: await amountOf(scope, billId),
    sum: `${lines.reduce((sum, { amount }) => sum + amount, 0n)}`,
    lines: compared.slice(0, LINES_MAX),
    more: Math.max(0, compared.length - LINES_MAX),
    different: compared.filter(({ equal }) => !equal).length,
  };
}

type Line = LineKey & {
  readonly id: number;
  readonly point: number;
  readonly period: string;
  readonly kind: string;
  readonly amount: bigint;
};

const keyOf = (line: LineKey & { readonly point: number }): string => `${line.point} ${keyText(line)}`;

/** A line whose key cannot be computed again has nothing to stand on. */
function viewLine(line: Line, key: Key | undefined): BillReplay['lines'][number] {
  const text = ({ quantity, amount }: Sums) => ({ quantity: `${quantity}`, amount: `${amount}` });
  const { posted, again } = key ?? { posted: { ...NOTHING, amount: line.amount }, again: NOTHING };
  return {
    line: line.id,
    point: line.point,
    component: line.component,
    band: line.band,
    event: line.eventKey,
    from: iso(line.from),
    to: iso(line.to),
    kind: line.kind,
    amount: `${line.amount}`,
    posted: text(posted),
    again: text(again),
    equal: key !== undefined && posted.quantity === again.quantity && posted.amount === again.amount,
  };
}

async function amountOf({ client }: AuditScope, billId: number): Promise<string> {
  const { rows } = await client.query<{ amount: string }>('SELECT amount FROM bills WHERE id = $1', [billId]);
  if (!rows[0]) throw new RangeError(`there is no bill ${billId}`);
  return rows[0].amount;
}

const LINES = `SELECT l.id, l.metering_point_id AS point, l.lease_id AS lease, l.tariff_version_id AS version, l.component, l.band,
    l.event_key AS event, ${ms('l.service_from')} AS f, ${ms('l.service_to')} AS t, l.period, l.kind, l.amount
  FROM bill_lines x JOIN fee_lines l ON l.id = x.fee_line_id WHERE x.bill_id = $1 ORDER BY l.id`;
interface LineRow {
  id: string;
  point: string;
  lease: string;
  version: string;
  component: string;
  band: string;
  event: string;
  f: string;
  t: string;
  period: string;
  kind: string;
  amount: string;
}
const toLine = (row: LineRow): Line => ({
  id: Number(row.id),
  point: Number(row.point),
  leaseId: Number(row.lease),
  tariffVersionId: Number(row.version),
  component: row.component,
  band: row.band,
  eventKey: row.event,
  from: Number(row.f),
  to: Number(row.t),
  period: row.period,
  kind: row.kind,
  amount: BigInt(row.amount),
});
