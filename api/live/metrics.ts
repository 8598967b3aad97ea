import { Counter, Histogram } from 'prom-client';

export const deltasSent = new Counter({
  name: 'stallgrid_api_deltas_sent_total',
  help: 'Deltas sent to live sockets; one that goes to ten sockets counts ten times',
});
export const snapshotsSent = new Counter({
  name: 'stallgrid_api_snapshots_sent_total',
  help: 'Snapshots sent to live sockets: to a new one, or again to one that was behind or missed something',
  labelNames: ['reason'],
});
for (const reason of ['new', 'again']) snapshotsSent.inc({ reason }, 0);
export const deltaSeconds = new Histogram({
  name: 'stallgrid_api_delta_seconds',
  help: 'From the first notice of a change to its delta being handed to the sockets',
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
});
