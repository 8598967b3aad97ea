import type { Queryable } from './database.ts';
import { bookTransaction, readBalance } from './ledger.ts';

/** The lease that stands for drivers whom no merchant pays for: prepaid, because what they owe is collected at once. */
export async function findWalkIn(db: Queryable, siteId: string): Promise<number | undefined> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM leases WHERE site_id = $1 AND kind = 'walk_in'`,
    [siteId],
  );
  return rows[0] && Number(rows[0].id);
}

/** Makes the site's walk-in lease from then on, in the name of the site's operator. @throws where there is one. */
export async function createWalkIn(tx: Queryable, siteId: string, startsAt: Date): Promise<number> {
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO leases (site_id, party_id, kind, charging, starts_at)
     SELECT site_id, party_id, 'walk_in', 'prepaid', $2 FROM leases WHERE site_id = $1 AND kind = 'house' RETURNING id`,
    [siteId, startsAt],
  );
  if (!rows[0]) throw new Error(`site ${siteId} has no house lease`);
  return Number(rows[0].id);
}

/** What was collected less what was charged, minor units: it is nothing when every driver has paid. */
export async function readWalkInBalance(db: Queryable, siteId: string, leaseId: number): Promise<bigint> {
  return -(await readBalance(db, siteId, { kind: 'prepaid', leaseId }));
}

/**
 * Money taken at the gate for a pass, once: cash in hand against the walk-in balance.
 * @throws a unique violation when money was taken for the pass before.
 */
export async function collectAtGate(
  tx: Queryable,
  one: {
    readonly siteId: string;
    readonly currency: string;
    readonly leaseId: number;
    readonly passId: number;
    /** Minor units. */
    readonly amount: bigint;
    readonly actor: string;
    readonly at: Date;
  },
): Promise<void> {
  await tx.query('INSERT INTO pass_collections (pass_id, amount, at, collected_by) VALUES ($1, $2, $3, $4)', [
    one.passId,
    one.amount,
    one.at,
    one.actor,
  ]);
  await bookTransaction(tx, {
    siteId: one.siteId,
    currency: one.currency,
    key: `pass ${one.passId} collected`,
    kind: 'pass.collected',
    at: one.at,
    actor: one.actor,
    refs: { pass: one.passId, lease: one.leaseId },
    entries: [
      { account: { kind: 'clearing', code: 'gate_cash' }, amount: one.amount },
      { account: { kind: 'prepaid', leaseId: one.leaseId }, amount: -one.amount },
    ],
  });
}
