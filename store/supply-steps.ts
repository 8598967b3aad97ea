import { RULE } from '../domain/cases.ts';
import type { SupplyState } from '../domain/supply.ts';
import { recordAction } from './actions.ts';
import { noteCutOff } from './balance-notices.ts';
import { closeCase, openCase } from './cases.ts';
import { queueCommands } from './commands.ts';
import type { WatchedSupply } from './supply.ts';
import type { Transaction } from './transaction.ts';

export interface TakenStep {
  readonly name: string;
  readonly to: SupplyState;
  readonly actor: string;
  readonly reason: string | null;
  /** What every meter is told, and until when it may act on it. */
  readonly order: { readonly op: string; readonly expiresAt: Date } | null;
}

/**
 * Takes a step under `lockSupplies`: the state, its event, who did it, the merchant's notice, the commands and the
 * case of one that failed are all in the transaction.
 */
export async function takeSupplyStep(tx: Transaction, supply: WatchedSupply, step: TakenStep): Promise<void> {
  const { siteId, leaseId, state, facts } = supply;
  const { actor, reason } = step;
  const at = new Date(facts.now);
  const commands =
    step.order === null
      ? null
      : await queueCommands(tx, supply.devices, {
          ...step.order,
          reason: reason ?? `prepaid balance ${facts.balance}`,
          requestedBy: actor,
          at,
        });
  await tx.query(
    `INSERT INTO supplies AS s (lease_id, site_id, state, since, notified_at, command_ids)
     VALUES ($1, $2, $3, $4, CASE WHEN $3 = 'notified' THEN $4::timestamptz END, coalesce($5::uuid[], '{}'))
     ON CONFLICT (lease_id) DO UPDATE SET state = excluded.state, since = excluded.since,
       notified_at = CASE excluded.state WHEN 'notified' THEN excluded.since WHEN 'connected' THEN NULL ELSE s.notified_at END,
       command_ids = CASE WHEN excluded.state = 'connected' THEN '{}' ELSE coalesce($5::uuid[], s.command_ids) END`,
    [leaseId, siteId, step.to, at, commands],
  );
  await tx.query(
    `INSERT INTO supply_events (site_id, lease_id, at, step, from_state, to_state, actor, reason, balance, commands)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      ...[siteId, leaseId, at, step.name, state, step.to, actor, reason, facts.balance],
      commands?.length ?? 0,
    ],
  );
  await recordAction(tx.orm, {
    ...{ siteId, at, actor, action: `supply.${step.name}`, subject: `lease ${leaseId}` },
    detail: { from: state, to: step.to, reason, balance: `${facts.balance}`, commands: commands ?? [] },
  });
  if (step.to === 'notified' || step.to === 'connected') {
    const isGiven = step.to === 'notified';
    await noteCutOff(tx, { siteId, leaseId, balance: facts.balance, at, isGiven });
  }
  await noteFailure(tx, supply, step);
}

async function noteFailure(tx: Transaction, supply: WatchedSupply, step: TakenStep): Promise<void> {
  const { siteId, leaseId, stall, devices, facts } = supply;
  const about = {
    siteId,
    kind: 'supply_failed',
    key: `lease ${leaseId}`,
    at: new Date(facts.now),
  } as const;
  if (step.to === 'cut_failed' || step.to === 'reconnect_failed') {
    await openCase(tx, { ...about, subject: { lease: leaseId, stall, state: step.to, devices } });
  } else if (step.to === 'cut' || step.to === 'connected') {
    const by = step.reason === null ? RULE : step.actor;
    await closeCase(tx, { ...about, by, resolution: step.to, note: step.reason ?? undefined });
  }
}
