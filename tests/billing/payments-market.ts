import { type BankAccount, createBankTransfer } from '../../billing/providers/local.ts';
import { createSandbox } from '../../billing/providers/sandbox.ts';
import type { SandboxProvider } from '../../demo/sandbox-provider.ts';
import { createCharge } from '../../store/charges.ts';
import type { Database } from '../../store/database.ts';
import { bookTransaction } from '../../store/ledger.ts';
import { transaction } from '../../store/transaction.ts';
import { at, type Market } from './market.ts';

export const ACCOUNT: BankAccount = { accountName: '南门市场', account: '6222 0000 1111', bank: '示例银行' };
export const bankTransfer = createBankTransfer(ACCOUNT);

/** The sandbox as billing sees it; it is asked again after a short while. */
export const sandboxAdapter = (sandbox: SandboxProvider, callbackUrl?: string) =>
  createSandbox({ url: sandbox.url, secret: sandbox.secret, callbackUrl, callMsMax: 500 });

let numbers = 0;

/** A merchant's lease of a stall of its own. */
export async function leaseOf(
  market: Market,
  charging: 'prepaid' | 'postpaid' = 'postpaid',
): Promise<number> {
  return market.lease(await market.stall(), '2026-01-01', null, { charging });
}

/** A bill as it is when it was issued: the receivable is booked. */
export async function issueBill(
  db: Database,
  market: Market,
  leaseId: number,
  amount: bigint,
  dueAt: Date = at('2026-11-15'),
): Promise<number> {
  return transaction(db, async (tx) => {
    const number = `${market.site}-${++numbers}`;
    const period = `2026-${String((numbers % 12) + 1).padStart(2, '0')}`;
    // Which fee lines it is the sum of is not what these tests are about.
    await tx.query('SET LOCAL session_replication_role = replica');
    const { rows } = await tx.query<{ id: string }>(
      `INSERT INTO bills (site_id, lease_id, period, status, number, amount, currency, created_at, created_by, issued_at,
         issued_by, due_at)
       VALUES ($1, $2, $3, 'issued', $4, $5, 'CNY', $6, 'test', $6, 'test', $7) RETURNING id`,
      [market.site, leaseId, period, number, amount, at('2026-11-01'), dueAt],
    );
    await tx.query('SET LOCAL session_replication_role = origin');
    const id = Number(rows[0]?.id);
    await bookTransaction(tx, {
      ...{
        siteId: market.site,
        currency: 'CNY',
        key: `bill ${id}`,
        kind: 'bill.issued',
        at: at('2026-11-01'),
      },
      actor: 'test',
      refs: { bill: id },
      entries: [
        { account: { kind: 'receivable', leaseId }, amount },
        { account: { kind: 'revenue', code: 'energy' }, amount: -amount },
      ],
    });
    return id;
  });
}

export async function chargeBill(
  db: Database,
  leaseId: number,
  billId: number,
  amount: bigint,
  provider: 'sandbox' | 'balance' | 'bank_transfer' = 'sandbox',
): Promise<{ readonly id: number; readonly orderNo: string }> {
  const created = await transaction(db, (tx) =>
    createCharge(tx, {
      ...{ leaseId, billId, purpose: 'bill', provider, amount, requestedBy: 'test', at: new Date() },
    }),
  );
  if (!created.ok) throw new Error(created.reason);
  return created;
}

export async function topUp(
  db: Database,
  leaseId: number,
  amount: bigint,
  provider: 'sandbox' | 'bank_transfer' = 'sandbox',
) {
  const created = await transaction(db, (tx) =>
    createCharge(tx, {
      ...{ leaseId, purpose: 'top_up', provider, amount, requestedBy: 'test', at: new Date() },
    }),
  );
  if (!created.ok) throw new Error(created.reason);
  return created;
}

/** The balances of a lease's and the provider's accounts, by kind; minor units, debit positive; without zeros. */
export async function balancesOf(
  db: Database,
  market: Pick<Market, 'site'>,
): Promise<Record<string, bigint>> {
  const { rows } = await db.$client.query<{ kind: string; balance: string }>(
    `SELECT a.kind, sum(e.amount) AS balance FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
     WHERE a.site_id = $1 GROUP BY a.kind HAVING sum(e.amount) <> 0 ORDER BY 1`,
    [market.site],
  );
  return Object.fromEntries(rows.map(({ kind, balance }) => [kind, BigInt(balance)]));
}

export interface ChargeState {
  readonly status: string;
  readonly order_no: string;
  readonly paid: string | null;
  readonly applied: string | null;
  readonly refunded: string;
  readonly failure: string | null;
}

export async function chargesOf(db: Database, leaseId: number): Promise<readonly ChargeState[]> {
  const { rows } = await db.$client.query<ChargeState>(
    'SELECT status, order_no, paid, applied, refunded, failure FROM charges WHERE lease_id = $1 ORDER BY id',
    [leaseId],
  );
  return rows;
}

export async function billStatus(db: Database, id: number): Promise<string> {
  const { rows } = await db.$client.query<{ status: string }>('SELECT status FROM bills WHERE id = $1', [id]);
  return rows[0]?.status ?? '';
}

export async function openCases(db: Database, site: string): Promise<readonly string[]> {
  const { rows } = await db.$client.query<{ reason: string }>(
    `SELECT subject->>'reason' AS reason FROM cases WHERE site_id = $1 AND status = 'open' AND kind = 'payment_mismatch'
     ORDER BY id`,
    [site],
  );
  return rows.map(({ reason }) => reason);
}

/** Successes booked: what a payer's money did to the ledger, once for each. */
export async function bookings(db: Database, site: string, kind = 'charge.succeeded'): Promise<number> {
  const { rows } = await db.$client.query<{ n: string }>(
    'SELECT count(*) AS n FROM ledger_transactions WHERE site_id = $1 AND kind = $2',
    [site, kind],
  );
  return Number(rows[0]?.n);
}
