import type { z } from 'zod';
import type { zHandOutcome } from '../contracts/charges.ts';
import type { HandOutcome, HandOutcomeStatus } from '../domain/charges.ts';
import type { Queryable } from './database.ts';

/** A charge, or one of its refunds. */
export interface Settleable {
  readonly chargeId: number;
  readonly refundId: number | null;
}

export interface HandOutcomeRow extends Settleable {
  readonly id: number;
  readonly siteId: string;
  readonly outcome: HandOutcome;
  readonly note: string;
  readonly status: HandOutcomeStatus;
  readonly proposedBy: string;
}

interface Stored {
  id: string;
  site_id: string;
  charge_id: string;
  refund_id: string | null;
  outcome: HandOutcome;
  note: string;
  status: HandOutcomeStatus;
  proposed_by: string;
  proposed_at: Date;
  decided_by: string | null;
  decided_at: Date | null;
}

/** Undefined while another one of the same charge or refund waits to be decided. */
export async function insertHandOutcome(
  tx: Queryable,
  one: Omit<HandOutcomeRow, 'id' | 'status'> & { readonly at: Date },
): Promise<number | undefined> {
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO hand_outcomes (site_id, charge_id, refund_id, outcome, note, proposed_by, proposed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id`,
    [one.siteId, one.chargeId, one.refundId, one.outcome, one.note, one.proposedBy, one.at],
  );
  return rows[0] && Number(rows[0].id);
}

export async function findHandOutcome(tx: Queryable, id: number): Promise<HandOutcomeRow | undefined> {
  const { rows } = await tx.query<Stored>('SELECT * FROM hand_outcomes WHERE id = $1', [id]);
  const [row] = rows;
  return (
    row && {
      ...{ id, siteId: row.site_id, outcome: row.outcome, note: row.note, status: row.status },
      chargeId: Number(row.charge_id),
      refundId: row.refund_id === null ? null : Number(row.refund_id),
      proposedBy: row.proposed_by,
    }
  );
}

export async function endHandOutcome(
  tx: Queryable,
  id: number,
  end: { readonly status: HandOutcomeStatus; readonly actor: string; readonly at: Date },
): Promise<void> {
  await tx.query('UPDATE hand_outcomes SET status = $2, decided_by = $3, decided_at = $4 WHERE id = $1', [
    id,
    end.status,
    end.actor,
    end.at,
  ]);
}

/** The provider has said what became of it: nobody needs to decide any more. */
export async function overtakeHandOutcome(
  tx: Queryable,
  { chargeId, refundId }: Settleable,
  by: { readonly actor: string; readonly at: Date },
): Promise<void> {
  await tx.query(
    `UPDATE hand_outcomes SET status = 'overtaken', decided_by = $3, decided_at = $4
     WHERE charge_id = $1 AND refund_id IS NOT DISTINCT FROM $2 AND status = 'proposed'`,
    [chargeId, refundId, by.actor, by.at],
  );
}

/** Whether a person has said that it failed. */
export async function isFailedByHand(tx: Queryable, { chargeId, refundId }: Settleable): Promise<boolean> {
  const { rowCount } = await tx.query(
    `SELECT 1 FROM hand_outcomes WHERE charge_id = $1 AND refund_id IS NOT DISTINCT FROM $2
       AND status = 'applied' AND outcome = 'failed' LIMIT 1`,
    [chargeId, refundId],
  );
  return rowCount === 1;
}

const LISTED_MAX = 200;

/** What was said by hand of a charge and its refunds, the oldest first. */
export async function listHandOutcomes(
  tx: Queryable,
  chargeId: number,
): Promise<readonly z.input<typeof zHandOutcome>[]> {
  const { rows } = await tx.query<Stored>(
    `SELECT * FROM hand_outcomes WHERE charge_id = $1 ORDER BY id LIMIT ${LISTED_MAX}`,
    [chargeId],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    refund: row.refund_id === null ? null : Number(row.refund_id),
    as: row.outcome,
    note: row.note,
    status: row.status,
    proposedBy: row.proposed_by,
    proposedAt: row.proposed_at.toISOString(),
    decidedBy: row.decided_by,
    decidedAt: row.decided_at?.toISOString() ?? null,
  }));
}
