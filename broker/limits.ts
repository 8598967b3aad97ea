import { PACKET_BYTES_MAX, UNACKNOWLEDGED_MAX } from '../contracts/mqtt.ts';

/** A limit on everything that a stranger, or a device gone wrong, could make grow. */
export const DEFAULT_LIMITS = {
  /** Open connections, from the first byte on. */
  connectionsMax: 100_000,
  /** New connections a second, over all addresses and from one; ten times as many at once. */
  connectionRate: 2_000,
  /** A whole market may sit behind one address. An IPv6 address counts as its /64. */
  connectionRatePerAddress: 1_000,
  /** A refused CONNECT counts as this many connections more, where no device has shown a good secret lately. */
  refusalCost: 10,
  /** From the TCP connection to the CONNECT, and for a TLS handshake or HTTP upgrade in between. */
  connectTimeoutMs: 10_000,
  /** A CONNECT, and any other packet that is no PUBLISH. */
  controlBytesMax: 16 * 1024,
  payloadBytesMax: PACKET_BYTES_MAX,
  /** Topic, packet id and properties beside the payload. */
  headerBytesMax: 1024,
  unacknowledgedMax: UNACKNOWLEDGED_MAX,
  /** A device may publish this many seconds of its rate at once. */
  burstS: 10,
  /** Bytes of publishes of all devices that wait for the journal; beyond, no more are read. */
  waitingBytesMax: 32 * 1024 * 1024,
  /** A device that asks for more, or for none, is asked for a sign of life this often. */
  keepAliveSMax: 20 * 60,
  /** Bytes to a device that does not read them. */
  drainTimeoutMs: 30_000,
  /** Commands a device has not acknowledged on the MQTT level. */
  commandsInFlightMax: 20,
} as const;

export type Limits = { readonly [K in keyof typeof DEFAULT_LIMITS]: number };
