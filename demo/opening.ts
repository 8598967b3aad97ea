import { recordAction } from '../store/actions.ts';
import { createAllocation } from '../store/allocations.ts';
import { applyOutcome } from '../store/charge-outcomes.ts';
import { createCharge } from '../store/charges.ts';
import type { Database } from '../store/database.ts';
import { addLeaseTariff, findLease, findTariffId, type LeaseRow } from '../store/leases.ts';
import { readTree } from '../store/meter-tree.ts';
import { createParty } from '../store/parties.ts';
import { insertPasses } from '../store/passes.ts';
import { lockSettings, writeSettings } from '../store/settings.ts';
import { createSplitRule } from '../store/split-rules.ts';
import { type Transaction, transaction } from '../store/transaction.ts';
import { addMonthlyPass, createVehicle } from '../store/vehicles.ts';
import { createWalkIn, findWalkIn } from '../store/walk-in.ts';
import { leasesOf } from './leases-by-stall.ts';
import type { DemoMarket } from './market.ts';
import { OPERATOR } from './people.ts';
import { monthOf, openedAt, SITE } from './site.ts';
import { TARIFF } from './tariffs.ts';

/** What every prepaid lease began with, minor units: about a month of most. */
const FIRST_TOP_UP = 60_000n;
const PARTNERS = [
  { kind: 'owner', name: '江南置业有限公司', percent: '20' },
  { kind: 'integrator', name: '智云物联科技', percent: '10' },
] as const;
const OPERATOR_PERCENT = '70';
/** What each floor's main shares out, and by what. */
const ALLOCATIONS = [
  { main: 'E-MAIN-1', what: 'residual', weight: 'area' },
  { main: 'E-MAIN-2', what: 'residual_and_common', weight: 'area' },
  { main: 'E-MAIN-3', what: 'residual', weight: 'usage' },
] as const;

/**
 * How the market was set up on its first day, once: its settings, walk-in account, vehicles, allocations, the split of
 * the service fee, and what prepaid merchants paid in. The power of nobody is cut before the books are in order.
 */
export async function openBooks(
  db: Database,
  { vehicles, passes }: Pick<DemoMarket, 'vehicles' | 'passes'>,
  of: { readonly startedAt: number; readonly historyDays: number },
): Promise<void> {
  const at = new Date(openedAt(of.startedAt, of.historyDays));
  const walkIn = (await findWalkIn(db.$client, SITE.id)) ?? (await setUp(db, { vehicles, passes }, at));
  if ((await findLease(db, walkIn))?.tariffs.length !== 0) return;
  const tariffId = await findTariffId(db, SITE.id, TARIFF.gate, 'gate');
  if (tariffId === undefined) throw new Error('the market has no gate tariff');
  await addLeaseTariff(db, walkIn, { tariffId, commodity: 'gate', startsAt: at });
}

/** Answers the walk-in lease, which is made last: where it is, all the rest is. */
async function setUp(
  db: Database,
  { vehicles, passes }: Pick<DemoMarket, 'vehicles' | 'passes'>,
  at: Date,
): Promise<number> {
  const leases = await leasesOf(db);
  return transaction(db, async (tx) => {
    await configure(tx, at);
    for (const { main, ...rule } of ALLOCATIONS) {
      const point = (await readTree(tx, SITE.id)).find(({ code }) => code === main);
      if (point) {
        const fromMonth = monthOf(at.getTime());
        await createAllocation(tx, { main: point.id, fromMonth, ...rule, actor: OPERATOR, at });
      }
    }
    await splitService(tx, leases, at);
    for (const vehicle of vehicles) {
      const leaseId = vehicle.stall === undefined ? null : (leases.get(vehicle.stall)?.id ?? null);
      const { plate, class: kind } = vehicle;
      const known = { siteId: SITE.id, plate: plate.replace('·', ''), class: kind, note: null };
      const id = await createVehicle(tx, { ...known, leaseId, by: OPERATOR, at });
      if (!vehicle.hasMonthlyPass) continue;
      const range = { from: at.getTime(), to: at.getTime() + 62 * 86_400_000 };
      await addMonthlyPass(tx, id, range, { actor: OPERATOR, at });
    }
    await insertPasses(tx, passes);
    for (const lease of leases.values())
      if (lease.charging === 'prepaid') await topUp(tx, lease.id, FIRST_TOP_UP, at);
    return createWalkIn(tx, SITE.id, at);
  });
}

/** Takes cash for a lease's balance, as at the counter. */
export async function topUp(tx: Transaction, leaseId: number, amount: bigint, at: Date): Promise<void> {
  const receiptNo = `R${leaseId}-${at.getTime()}`;
  const created = await createCharge(tx, {
    ...{ leaseId, purpose: 'top_up', provider: 'cash', amount, requestedBy: OPERATOR, at },
    payWith: { receiptNo },
  });
  if (!created.ok) throw new Error(`no top-up of lease ${leaseId}: ${created.reason}`);
  const outcome = {
    status: 'succeeded',
    providerRef: receiptNo,
    paid: amount,
    currency: SITE.currency,
  } as const;
  await applyOutcome(tx, created.id, outcome, { actor: OPERATOR, at });
}

async function configure(tx: Transaction, at: Date): Promise<void> {
  const { settings } = await lockSettings(tx.orm, SITE.id);
  const { billing, lateFees, settlement } = settings;
  const changed = {
    ...settings,
    billing: { ...billing, numberPrefix: 'JN-', dueDays: 7 },
    lateFees: { ...lateFees, percentPerDay: '0.05' },
    settlement: { ...settlement, payableAfterDays: 0 },
  };
  await writeSettings(tx.orm, SITE.id, changed, { actor: OPERATOR, at });
  await recordAction(tx.orm, {
    ...{ siteId: SITE.id, at, actor: OPERATOR, action: 'settings.change', subject: `site ${SITE.id}` },
    detail: { before: settings, after: changed },
  });
}

async function splitService(tx: Transaction, leases: ReadonlyMap<string, LeaseRow>, at: Date): Promise<void> {
  const house = leases.get('')?.party.id;
  if (house === undefined) throw new Error('the market has no house lease');
  const shares = [{ partyId: house, percent: OPERATOR_PERCENT }];
  for (const { percent, ...party } of PARTNERS)
    shares.push({ partyId: (await createParty(tx.orm, party)).id, percent });
  await createSplitRule(tx, {
    ...{ siteId: SITE.id, commodity: 'electricity', component: 'service', effectiveFrom: at, shares },
    ...{ actor: OPERATOR, at },
  });
}
