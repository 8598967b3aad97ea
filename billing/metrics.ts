import { Counter, Histogram } from 'prom-client';
import { CALLING_PROVIDERS } from '../domain/charges.ts';

/** What works in runs: those of fee lines by their kind (charge, shadow, close), and the others. */
type Kind = 'charge' | 'shadow' | 'close' | 'bills' | 'settlement' | 'audit';

const runsTotal = new Counter({
  name: 'stallgrid_billing_runs_total',
  help: 'Runs that ended, by kind (charge, shadow, close, bills, settlement, audit) and outcome.',
  labelNames: ['kind', 'outcome'],
});
const runSeconds = new Histogram({
  name: 'stallgrid_billing_run_seconds',
  help: 'Time a run took, by kind.',
  labelNames: ['kind'],
  buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 1800],
});
export const linesTotal = new Counter({
  name: 'stallgrid_billing_lines_total',
  help: 'Fee lines posted.',
});
export const readingsTotal = new Counter({
  name: 'stallgrid_billing_readings_total',
  help: 'Readings folded into quantities.',
});
export const interruptionsTotal = new Counter({
  name: 'stallgrid_billing_interruptions_total',
  help: 'Times that work was interrupted, because the database was away or full, and goes on later; by what was at work.',
  labelNames: ['work'],
});
export const callbacksTotal = new Counter({
  name: 'stallgrid_billing_callbacks_total',
  help: 'Callbacks of payment providers that were looked at, by what became of them.',
  labelNames: ['provider', 'status'],
});
export const chargeStepsTotal = new Counter({
  name: 'stallgrid_billing_charge_steps_total',
  help: 'Steps of charges and refunds, by the state that they led to.',
  labelNames: ['provider', 'of', 'status'],
});
export const providerSeconds = new Histogram({
  name: 'stallgrid_billing_provider_seconds',
  help: 'Time a payment provider took to answer, by what it was asked and what it said; `unknown` is no answer.',
  labelNames: ['provider', 'operation', 'status'],
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});

for (const kind of ['charge', 'shadow', 'close', 'bills', 'settlement', 'audit'] satisfies Kind[]) {
  for (const outcome of ['succeeded', 'failed']) runsTotal.inc({ kind, outcome }, 0);
}
// A series that begins at 1 has not increased: no alert would see the first.
for (const provider of CALLING_PROVIDERS) callbacksTotal.inc({ provider, status: 'refused' }, 0);

/** Call the answer when the run has ended; one that is left for later has not. */
export function timeRun(kind: Kind): (error: string | null) => void {
  const stop = runSeconds.startTimer({ kind });
  return (error) => {
    stop();
    runsTotal.inc({ kind, outcome: error === null ? 'succeeded' : 'failed' });
  };
}
