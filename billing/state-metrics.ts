import { setTimeout as sleep } from 'node:timers/promises';
import { Gauge } from 'prom-client';
import { type BillingState, readBillingState } from '../store/billing-state.ts';
import type { Database } from '../store/database.ts';

/** The database is asked at most so often, however many scrape, and so long. */
const KEEP_MS = 10_000;
const ASK_MS_MAX = 2_000;

let ask: (() => Promise<BillingState>) | undefined;
let asked: { readonly at: number; readonly state: Promise<BillingState | null> } | undefined;

/** Whose open work is among the metrics: that of all sites, the same in every process with billing. */
export function reportBillingState(of: { readonly db: Database; readonly now: () => Date } | null): void {
  ask = of ? () => readBillingState(of.db.$client, of.now()) : undefined;
  asked = undefined;
}

/** Null where there is no billing, or no answer: then there is no value. */
function currentState(): Promise<BillingState | null> {
  if (!ask) return Promise.resolve(null);
  if (!asked || performance.now() - asked.at > KEEP_MS) {
    const late = sleep(ASK_MS_MAX, null, { ref: false });
    asked = { at: performance.now(), state: Promise.race([ask().catch(() => null), late]) };
  }
  return asked.state;
}

function gauge(name: string, help: string, value: (state: BillingState) => number): void {
  new Gauge({
    name: `stallgrid_billing_${name}`,
    help,
    async collect() {
      this.reset();
      const state = await currentState();
      if (state) this.set(value(state));
      else this.remove();
    },
  });
}

function byStatus(
  name: string,
  help: string,
  value: (charge: BillingState['charges'][number]) => number,
): void {
  new Gauge({
    name: `stallgrid_billing_${name}`,
    help,
    labelNames: ['status'],
    async collect() {
      this.reset();
      const state = await currentState();
      for (const charge of state?.charges ?? []) this.set({ status: charge.status }, value(charge));
    },
  });
}

byStatus('charges_open', 'Charges that are not decided, by state.', ({ count }) => count);
byStatus(
  'charges_open_age_seconds',
  'Age of the oldest charge in a state that is not decided.',
  ({ ageS }) => ageS,
);
gauge('runs_open', 'Runs of fee lines and of bills that have not ended.', ({ runs }) => runs);
gauge('runs_open_age_seconds', 'Since the oldest open run was asked for.', ({ runAgeS }) => runAgeS);
gauge('callbacks_waiting', 'Callbacks that were not looked at yet.', ({ callbacks }) => callbacks);
gauge('callbacks_waiting_age_seconds', 'Since the oldest of them came.', ({ callbackAgeS }) => callbackAgeS);
gauge(
  'unclosed_month_seconds',
  'Since the end of the oldest month that was charged and is not closed; 0 when all are.',
  ({ unclosedMonthS }) => unclosedMonthS,
);
