import { Counter, Gauge, Histogram } from 'prom-client';

/** Counted on every message, so kept as plain numbers and handed over when someone asks. */
export const traffic = { publishes: 0, bytes: 0 };

new Counter({
  name: 'stallgrid_broker_publishes_total',
  help: 'Messages of devices that were handed to the journal',
  collect() {
    this.reset();
    this.inc(traffic.publishes);
  },
});
new Counter({
  name: 'stallgrid_broker_publish_bytes_total',
  help: 'Their payload bytes',
  collect() {
    this.reset();
    this.inc(traffic.bytes);
  },
});

/** Set by the broker that runs. */
export const connections = { open: () => 0, connecting: () => 0, waitingBytes: () => 0 };
new Gauge({
  name: 'stallgrid_broker_connections',
  help: 'Connections: open ones, and those whose credentials are not yet good',
  labelNames: ['stage'],
  collect() {
    this.set({ stage: 'open' }, connections.open());
    this.set({ stage: 'connecting' }, connections.connecting());
  },
});

new Gauge({
  name: 'stallgrid_broker_waiting_bytes',
  help: 'Bytes of publishes that wait for the journal; at the limit nothing more is read',
  collect() {
    this.set(connections.waitingBytes());
  },
});
export const connectsTotal = new Counter({
  name: 'stallgrid_broker_connects_total',
  help: 'Devices that connected with good credentials',
});
export const certificateExpires = new Gauge({
  name: 'stallgrid_broker_certificate_expires_timestamp_seconds',
  help: 'When the certificate of MQTTS_PORT ends, as a Unix time; absent without one',
});
certificateExpires.remove();

/** Why a connection was refused or closed by the broker, or a publish or subscription was not taken. */
const REFUSALS = [
  'too_many_connections',
  'connection_rate',
  'connect_timeout',
  'not_mqtt',
  'packet_too_large',
  'malformed',
  'protocol_version',
  'client_id',
  'credentials',
  'will_topic',
  'credentials_changed',
  'superseded',
  'topic',
  'payload_too_large',
  'journal',
] as const;
export type Refusal = (typeof REFUSALS)[number];

export const refused = new Counter({
  name: 'stallgrid_broker_refused_total',
  help: 'Connections, publishes and subscriptions that were refused, by reason',
  labelNames: ['reason'],
});
// From 0, so that the first one is seen to be one more.
for (const reason of REFUSALS) refused.inc({ reason }, 0);
export const refuse = (reason: Refusal): void => refused.inc({ reason });

export const appendSeconds = new Histogram({
  name: 'stallgrid_broker_append_seconds',
  help: 'From the publish to its record being durable',
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
});

export const commands = new Counter({
  name: 'stallgrid_broker_commands_total',
  help: 'Commands sent, acknowledged on the MQTT level, requeued because the connection was lost, and expired',
  labelNames: ['outcome'],
});
