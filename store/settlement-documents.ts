import type { Commodity } from '../domain/commodities.ts';
import type { Queryable } from './database.ts';
import { listPayouts, type PayoutView } from './settlement-payouts.ts';
import {
  listShares,
  listStandings,
  type PartyStanding,
  readTurnover,
  type ShareView,
} from './settlement-statements.ts';

/** What one kind of fee of one period brought a party. */
export interface ShareSum {
  readonly commodity: Commodity;
  readonly component: string;
  readonly period: string;
  readonly lines: number;
  readonly amount: bigint;
}

export interface SettlementDocument {
  readonly standing: PartyStanding;
  /** Minor units; closing = previous + total − paidOut. */
  readonly previous: bigint;
  readonly total: bigint;
  readonly paidOut: bigint;
  readonly closing: bigint;
  readonly sums: readonly ShareSum[];
  readonly payouts: readonly PayoutView[];
  /** The newest first, and how many more there are. */
  readonly shares: readonly ShareView[];
  readonly sharesLeftOut: number;
}

export interface StatementAbout {
  readonly siteId: string;
  readonly partyId: number;
  /** The month's first date and the next one's. */
  readonly from: string;
  readonly to: string;
  readonly today: string;
}

const PAYOUTS_MAX = 1_000;
const SUMS_MAX = 1_000;

/** A party's month as a document. Call in one snapshot: its parts add up to its sums. */
export async function readSettlementDocument(
  tx: Queryable,
  about: StatementAbout,
  sharesMax: number,
): Promise<SettlementDocument | undefined> {
  const { siteId, partyId, from, to } = about;
  const [standing] = await listStandings(tx, about);
  if (!standing) return undefined;
  const { lines, ...turnover } = await readTurnover(tx, about);
  const { rows } = await tx.query<{
    commodity: Commodity;
    component: string;
    period: string;
    lines: number;
    amount: string;
  }>(
    `SELECT m.commodity, f.component, f.period, count(*)::int AS lines, sum(s.amount) AS amount
     FROM settlement_shares s JOIN fee_lines f ON f.id = s.fee_line_id JOIN metering_points m ON m.id = f.metering_point_id
     WHERE s.site_id = $1 AND s.party_id = $2 AND s.shared_on >= $3 AND s.shared_on < $4
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 LIMIT ${SUMS_MAX}`,
    [siteId, partyId, from, to],
  );
  const shares = await listShares(tx, { siteId, partyId, from, to, limit: sharesMax });
  const { previous, total, paidOut } = turnover;
  return {
    ...{ standing, previous, total, paidOut, closing: previous + total - paidOut },
    sums: rows.map((row) => ({ ...row, amount: BigInt(row.amount) })),
    payouts: await listPayouts(tx, { siteId, partyId, from, to, limit: PAYOUTS_MAX }),
    shares,
    sharesLeftOut: lines - shares.length,
  };
}
