import { createHash } from 'node:crypto';
import type { CallingProvider } from '../domain/charges.ts';
import { wakeBilling } from './charges.ts';
import type { Queryable } from './database.ts';

export interface StoredCallback {
  readonly id: number;
  readonly provider: CallingProvider;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly receivedAt: Date;
}

/** Callbacks that nobody has verified yet: above this, providers are told to come back later. */
export const CALLBACKS_WAITING_MAX = 10_000;
/** Refused and ignored ones are kept for a person to look at. */
const KEPT_DAYS = 30;

/**
 * Stores a callback as it came; the same again is counted on the row that is there. False when too many wait: then
 * nothing is stored.
 */
export async function storeCallback(tx: Queryable, one: Omit<StoredCallback, 'id'>): Promise<boolean> {
  const hash = createHash('sha256').update(one.body);
  // What is signed beside the body: the same body under another signature is looked at again.
  for (const name of Object.keys(one.headers).sort()) hash.update(`\n${name}: ${one.headers[name]}`);
  const { rowCount } = await tx.query(
    `INSERT INTO provider_callbacks (provider, hash, headers, body, received_at, status)
     SELECT $1, $2, $3, $4, $5, 'new'
     WHERE (SELECT count(*) FROM (SELECT 1 FROM provider_callbacks WHERE status = 'new' LIMIT ${CALLBACKS_WAITING_MAX}) w)
       < ${CALLBACKS_WAITING_MAX}
     ON CONFLICT (provider, hash) DO UPDATE SET count = provider_callbacks.count + 1`,
    [one.provider, hash.digest(), JSON.stringify(one.headers), one.body, one.receivedAt],
  );
  if (rowCount === 0) return false;
  await wakeBilling(tx);
  return true;
}

/** Locks the oldest callback that waits, until the transaction ends. */
export async function nextCallback(tx: Queryable): Promise<StoredCallback | undefined> {
  const { rows } = await tx.query<{
    id: string;
    provider: CallingProvider;
    headers: Record<string, string>;
    body: Buffer;
    received_at: Date;
  }>(`SELECT id, provider, headers, body, received_at FROM provider_callbacks WHERE status = 'new'
      ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED`);
  const row = rows[0];
  return (
    row && {
      id: Number(row.id),
      provider: row.provider,
      headers: row.headers,
      body: row.body,
      receivedAt: row.received_at,
    }
  );
}

export async function endCallback(
  tx: Queryable,
  id: number,
  end: {
    readonly status: 'applied' | 'ignored' | 'refused';
    readonly reason?: string | undefined;
    readonly chargeId?: number | undefined;
    readonly at: Date;
  },
): Promise<void> {
  await tx.query(
    'UPDATE provider_callbacks SET status = $2, reason = $3, charge_id = $4, ended_at = $5 WHERE id = $1',
    [id, end.status, end.reason ?? null, end.chargeId ?? null, end.at],
  );
}

/** Forgets what was refused or ignored long ago; what was applied stays with its charge. */
export async function forgetCallbacks(tx: Queryable, now: Date): Promise<void> {
  await tx.query(
    `DELETE FROM provider_callbacks WHERE status IN ('ignored', 'refused')
       AND ended_at < $1::timestamptz - make_interval(days => ${KEPT_DAYS})`,
    [now],
  );
}
