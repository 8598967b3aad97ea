import { UPLINK_KINDS } from '../contracts/mqtt.ts';
import type { Publish } from './publishes.ts';

const KINDS: ReadonlySet<string> = new Set(UPLINK_KINDS);

/**
 * Reads a PUBLISH as nearly all of them are: QoS 0 or 1, to a topic of the device's own, with nothing wrong about it
 * (MQTT 3.1.1, 3.3).
 * @param packet one whole packet, whose variable header begins at `headerBytes`; the payload is a view of it.
 * @param prefix of the device's topics, in ASCII.
 * @returns undefined for any other, which aedes parses and refuses or answers.
 */
export function readPlainPublish(
  packet: Buffer,
  headerBytes: number,
  prefix: string,
  payloadBytesMax: number,
): Publish | undefined {
  const flags = packet[0] ?? 0;
  const qos = (flags >> 1) & 3;
  const dup = (flags & 8) !== 0;
  const topicAt = headerBytes + 2;
  if (qos > 1 || (qos === 0 && dup) || packet.length < topicAt) return undefined;
  const topicEnd = topicAt + packet.readUInt16BE(headerBytes);
  const payloadAt = topicEnd + 2 * qos;
  if (packet.length < payloadAt || packet.length - payloadAt > payloadBytesMax) return undefined;
  // Whatever is not ASCII becomes something else here, and so no topic of its own.
  const topic = packet.toString('latin1', topicAt, topicEnd);
  if (!topic.startsWith(prefix) || !KINDS.has(topic.slice(prefix.length))) return undefined;
  const messageId = qos === 1 ? packet.readUInt16BE(topicEnd) : undefined;
  if (messageId === 0) return undefined;
  return { topic, payload: packet.subarray(payloadAt), qos, retain: (flags & 1) === 1, messageId };
}
