import { Counter, Histogram } from 'prom-client';

export const runsTotal = new Counter({
  name: 'stallgrid_billing_runs_total',
  help: 'Billing runs that ended, by outcome.',
  labelNames: ['outcome'],
});
export const linesTotal = new Counter({
  name: 'stallgrid_billing_lines_total',
  help: 'Fee lines posted.',
});
export const readingsTotal = new Counter({
  name: 'stallgrid_billing_readings_total',
  help: 'Readings folded into quantities.',
});
export const runSeconds = new Histogram({
  name: 'stallgrid_billing_run_seconds',
  help: 'Time a billing run took.',
  buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 1800],
});
