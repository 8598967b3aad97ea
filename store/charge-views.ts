import type { z } from 'zod';
import type { zCharge, zChargeDetail } from '../contracts/charges.ts';
import { CHARGE_OPEN, type ChargeStatus, type Provider } from '../domain/charges.ts';
import type { Queryable } from './database.ts';
import { listHandOutcomes } from './hand-outcomes.ts';

export type ChargeView = z.input<typeof zCharge>;
export type ChargeDetail = z.input<typeof zChargeDetail>;

/** When a provider is to be asked next; null when nothing is open. */
export async function nextLook(tx: Queryable): Promise<Date | null> {
  const { rows } = await tx.query<{ next: Date | null }>(
    `SELECT least((SELECT min(next_look_at) FROM charges WHERE status = ANY($1)),
       (SELECT min(next_look_at) FROM refunds WHERE status = ANY($1))) AS next`,
    [CHARGE_OPEN],
  );
  return rows[0]?.next ?? null;
}

/** What the payer is shown: the market, the stall, and what is paid. */
export async function orderText(
  tx: Queryable,
  chargeId: number,
): Promise<{ readonly description: string; readonly createdAt: Date }> {
  const { rows } = await tx.query<{ description: string; created_at: Date }>(
    `SELECT c.created_at, concat_ws(' ', s.name, p.code, coalesce(b.number, b.period)) AS description
     FROM charges c JOIN sites s ON s.id = c.site_id JOIN leases l ON l.id = c.lease_id
     LEFT JOIN places p ON p.id = l.place_id LEFT JOIN bills b ON b.id = c.bill_id WHERE c.id = $1`,
    [chargeId],
  );
  const row = rows[0];
  if (!row) throw new Error(`there is no charge ${chargeId}`);
  return { description: row.description, createdAt: row.created_at };
}

export interface PaymentMethod {
  readonly provider: Provider;
  readonly autopay: boolean;
  readonly payer: Readonly<Record<string, string>>;
}

export async function findPaymentMethod(tx: Queryable, leaseId: number): Promise<PaymentMethod | null> {
  const { rows } = await tx.query<{ provider: Provider; autopay: boolean; payer: Record<string, string> }>(
    'SELECT provider, autopay, payer FROM lease_payment_methods WHERE lease_id = $1',
    [leaseId],
  );
  return rows[0] ?? null;
}

export const findPayer = async (tx: Queryable, leaseId: number): Promise<Readonly<Record<string, string>>> =>
  (await findPaymentMethod(tx, leaseId))?.payer ?? {};

export async function putPaymentMethod(
  tx: Queryable,
  leaseId: number,
  method: PaymentMethod,
  by: { readonly actor: string; readonly at: Date },
): Promise<void> {
  await tx.query(
    `INSERT INTO lease_payment_methods (lease_id, provider, autopay, payer, updated_at, updated_by)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (lease_id) DO UPDATE SET provider = excluded.provider,
       autopay = excluded.autopay, payer = excluded.payer, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
    [leaseId, method.provider, method.autopay, JSON.stringify(method.payer), by.at, by.actor],
  );
}

/** Of whom a lease is, in which market; undefined when there is none. */
export async function findPayingLease(
  tx: Queryable,
  leaseId: number,
): Promise<{ readonly siteId: string; readonly partyId: number; readonly currency: string } | undefined> {
  const { rows } = await tx.query<{ site_id: string; party_id: string; currency: string }>(
    'SELECT l.site_id, l.party_id, s.currency FROM leases l JOIN sites s ON s.id = l.site_id WHERE l.id = $1',
    [leaseId],
  );
  return (
    rows[0] && { siteId: rows[0].site_id, partyId: Number(rows[0].party_id), currency: rows[0].currency }
  );
}

interface ViewRow {
  id: string;
  site_id: string;
  lease_id: string;
  party: string;
  party_id: string;
  stall: string | null;
  purpose: ChargeView['purpose'];
  bill_id: string | null;
  bill_number: string | null;
  bill_period: string | null;
  provider: Provider;
  order_no: string;
  provider_ref: string | null;
  amount: string;
  paid: string | null;
  applied: string | null;
  refunded: string;
  currency: string;
  status: ChargeStatus;
  failure: string | null;
  pay_with: Record<string, string> | null;
  automatic: boolean;
  requested_by: string;
  created_at: Date;
  expires_at: Date | null;
  next_look_at: Date | null;
  ended_at: Date | null;
}

const VIEW = `SELECT c.*, y.name AS party, l.party_id, p.code AS stall, b.number AS bill_number, b.period AS bill_period
  FROM charges c JOIN leases l ON l.id = c.lease_id JOIN parties y ON y.id = l.party_id
  LEFT JOIN places p ON p.id = l.place_id LEFT JOIN bills b ON b.id = c.bill_id`;

/** Charges, newest first. */
export async function listCharges(
  tx: Queryable,
  query: {
    readonly site?: string | undefined;
    readonly status?: ChargeStatus | undefined;
    readonly provider?: Provider | undefined;
    readonly lease?: number | undefined;
    readonly bill?: number | undefined;
    /** Only those of this party's leases. */
    readonly partyId?: number | undefined;
    readonly beforeId?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly ChargeView[]> {
  const { rows } = await tx.query<ViewRow>(
    `${VIEW} WHERE ($1::text IS NULL OR c.site_id = $1) AND ($2::text IS NULL OR c.status = $2)
       AND ($3::text IS NULL OR c.provider = $3) AND ($4::bigint IS NULL OR c.lease_id = $4)
       AND ($5::bigint IS NULL OR c.bill_id = $5) AND ($6::bigint IS NULL OR l.party_id = $6)
       AND ($7::bigint IS NULL OR c.id < $7) ORDER BY c.id DESC LIMIT $8`,
    [
      ...[query.site ?? null, query.status ?? null, query.provider ?? null, query.lease ?? null],
      ...[query.bill ?? null, query.partyId ?? null, query.beforeId ?? null, query.limit],
    ],
  );
  return rows.map(toView);
}

/** A charge with all that happened to it, and whose it is. */
export async function readCharge(
  tx: Queryable,
  id: number,
): Promise<{ readonly view: ChargeDetail; readonly partyId: number } | undefined> {
  const { rows } = await tx.query<ViewRow>(`${VIEW} WHERE c.id = $1`, [id]);
  const row = rows[0];
  if (!row) return undefined;
  const refunds = await tx.query<{
    id: string;
    order_no: string;
    amount: string;
    status: ChargeStatus;
    reason: string;
    failure: string | null;
    requested_by: string;
    created_at: Date;
    ended_at: Date | null;
  }>('SELECT * FROM refunds WHERE charge_id = $1 ORDER BY id LIMIT 200', [id]);
  const events = await tx.query<{
    at: Date;
    refund_id: string | null;
    status: ChargeStatus;
    failure: string | null;
  }>('SELECT at, refund_id, status, failure FROM charge_events WHERE charge_id = $1 ORDER BY id LIMIT 500', [
    id,
  ]);
  const callbacks = await tx.query<{
    id: string;
    received_at: Date;
    count: number;
    status: string;
    reason: string | null;
  }>(
    'SELECT id, received_at, count, status, reason FROM provider_callbacks WHERE charge_id = $1 ORDER BY id LIMIT 200',
    [id],
  );
  return {
    partyId: Number(row.party_id),
    view: {
      ...toView(row),
      refunds: refunds.rows.map((one) => ({
        id: Number(one.id),
        orderNo: one.order_no,
        amount: one.amount,
        status: one.status,
        reason: one.reason,
        failure: one.failure,
        requestedBy: one.requested_by,
        createdAt: one.created_at.toISOString(),
        endedAt: one.ended_at?.toISOString() ?? null,
      })),
      byHand: [...(await listHandOutcomes(tx, id))],
      history: events.rows.map((one) => ({
        at: one.at.toISOString(),
        refund: one.refund_id === null ? null : Number(one.refund_id),
        status: one.status,
        failure: one.failure,
      })),
      callbacks: callbacks.rows.map((one) => ({
        id: Number(one.id),
        receivedAt: one.received_at.toISOString(),
        count: one.count,
        status: one.status,
        reason: one.reason,
      })),
    },
  };
}

const toView = (row: ViewRow): ChargeView => ({
  id: Number(row.id),
  site: row.site_id,
  lease: { id: Number(row.lease_id), party: row.party, stall: row.stall },
  purpose: row.purpose,
  bill:
    row.bill_id === null
      ? null
      : { id: Number(row.bill_id), number: row.bill_number, period: row.bill_period ?? '' },
  provider: row.provider,
  orderNo: row.order_no,
  providerRef: row.provider_ref,
  amount: row.amount,
  paid: row.paid,
  applied: row.applied,
  refunded: row.refunded,
  currency: row.currency,
  status: row.status,
  failure: row.failure,
  payWith: row.pay_with,
  automatic: row.automatic,
  requestedBy: row.requested_by,
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at?.toISOString() ?? null,
  nextLookAt: row.next_look_at?.toISOString() ?? null,
  endedAt: row.ended_at?.toISOString() ?? null,
});
