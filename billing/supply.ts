import type { SiteSettings } from '../contracts/settings.ts';
import { type CutOffRules, cutWindowEnd, nextSupplyStep, orderExpiry } from '../domain/supply.ts';
import type { Database } from '../store/database.ts';
import { holdBalance, lockSupplies, readSupplies, type WatchedSupply } from '../store/supply.ts';
import { takeSupplyStep } from '../store/supply-steps.ts';
import { type Transaction, transaction } from '../store/transaction.ts';

const LEASES_PER_BATCH = 200;
/** From one step to the next at once, e.g. acknowledged → cut → reconnecting; no chain of steps is longer. */
const STEPS_MAX = 4;
/** Who takes the steps that follow from the rules. */
const PLATFORM = 'platform';

export interface SupplySite {
  readonly id: string;
  readonly timeZone: string;
}

/** Takes every step that is due at a site. Returns how many it took, and how many supplies await an acknowledgement. */
export async function watchSupplies(
  db: Database,
  site: SupplySite,
  { prepaid, holidays }: SiteSettings,
  at: Date,
): Promise<{ readonly steps: number; readonly awaiting: number }> {
  const rules: CutOffRules = { ...prepaid, holidays, timeZone: site.timeZone };
  const about = { siteId: site.id, at, cutOff: rules.cutOff };
  let steps = 0;
  let awaiting = 0;
  for (let afterLease: number | undefined = 0; afterLease !== undefined; ) {
    const after: number = afterLease;
    afterLease = await transaction(db, async (tx) => {
      await lockSupplies(tx, site.id);
      const supplies = await readSupplies(tx, { ...about, afterLease: after, limit: LEASES_PER_BATCH });
      for (const supply of supplies) {
        const end = await takeSteps(tx, supply, rules);
        steps += end.steps;
        if (end.awaits) awaiting++;
      }
      return supplies.length < LEASES_PER_BATCH ? undefined : supplies.at(-1)?.leaseId;
    });
  }
  return { steps, awaiting };
}

async function takeSteps(
  tx: Transaction,
  first: WatchedSupply,
  rules: CutOffRules,
): Promise<{ readonly steps: number; readonly awaits: boolean }> {
  let supply = first;
  let steps = 0;
  for (; steps < STEPS_MAX; steps++) {
    const step = nextSupplyStep(supply.state, supply.facts, rules);
    if (!step) break;
    if (step.op === 'relay_open' && (await holdBalance(tx, supply.leaseId)) > 0n) break;
    const { now } = supply.facts;
    // Without a meter there is nothing to tell: the stall is as it would be after an acknowledgement.
    const isTold = step.op !== undefined && supply.devices.length > 0;
    const to = step.op === 'relay_close' && !isTold ? 'connected' : step.to;
    const expiresAt = step.op && new Date(orderExpiry(step.op, now, cutWindowEnd(now, rules)));
    const order = isTold && expiresAt ? { op: step.op, expiresAt } : null;
    await takeSupplyStep(tx, supply, { name: step.name, to, actor: PLATFORM, reason: null, order });
    const facts = {
      ...supply.facts,
      notifiedAt: to === 'notified' ? now : supply.facts.notifiedAt,
      commands: order ? ('open' as const) : supply.facts.commands,
    };
    supply = { ...supply, state: to, facts };
  }
  return { steps, awaits: supply.state === 'cutting' || supply.state === 'reconnecting' };
}
