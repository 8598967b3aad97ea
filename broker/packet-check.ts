import { isUtf8 } from 'node:buffer';
import { CONNECT, DISCONNECT } from './packet-framer.ts';

const PUBACK = 4;
const PUBREC = 5;
const PUBREL = 6;
const PUBCOMP = 7;
const SUBSCRIBE = 8;
const UNSUBSCRIBE = 10;
const PINGREQ = 12;

export type PacketFault = 'malformed' | 'protocol_version';

/** By protocol name. MQIsdp is MQTT 3.1, which differs in nothing that a device here uses. */
const LEVELS: ReadonlyMap<string, number> = new Map([
  ['MQTT', 4],
  ['MQIsdp', 3],
]);

/**
 * Judges a whole packet from a device, all but PUBLISH, before any of it reaches the parser. That one is lenient:
 * it reads beyond a packet's end into the next, replaces bytes that are no UTF-8 and takes fields that flags deny.
 */
export function faultOf(packet: Buffer, headerBytes: number): PacketFault | undefined {
  const type = (packet[0] ?? 0) >> 4;
  const flags = (packet[0] ?? 0) & 0x0f;
  const fields = new Fields(packet, headerBytes);
  // 2.2.2-2, 3.6.1-1, 3.8.1-1, 3.10.1-1, 3.14.1-1
  if (flags !== (type === PUBREL || type === SUBSCRIBE || type === UNSUBSCRIBE ? 2 : 0)) return 'malformed';
  switch (type) {
    case CONNECT:
      return faultOfConnect(fields);
    case PUBACK:
    case PUBREC:
    case PUBREL:
    case PUBCOMP:
      return fields.number() > 0 && fields.atEnd ? undefined : 'malformed';
    case SUBSCRIBE:
    case UNSUBSCRIBE:
      return areFilters(fields, type === SUBSCRIBE) ? undefined : 'malformed';
    case PINGREQ:
    case DISCONNECT:
      return fields.atEnd ? undefined : 'malformed';
    default:
      return 'malformed';
  }
}

/** 3.1.2 and 3.1.3: every field that the flags announce, in its order, and nothing behind. */
function faultOfConnect(fields: Fields): PacketFault | undefined {
  const expected = LEVELS.get(fields.text() ?? '');
  const level = fields.byte();
  if (expected === undefined || level === undefined) return 'malformed';
  // Before the rest, which another version may have put elsewhere (3.1.2-2).
  if (level !== expected) return 'protocol_version';
  const flags = fields.byte() ?? 1;
  const [reserved, hasWill, hasPassword, hasUserName] = [1, 4, 0x40, 0x80].map((bit) => (flags & bit) !== 0);
  const willQos = (flags >> 3) & 3;
  if (reserved || willQos === 3 || (!hasWill && (flags & 0x38) !== 0)) return 'malformed';
  if (hasPassword && !hasUserName) return 'malformed';
  fields.number();
  fields.text();
  if (hasWill) {
    if (!isTopicName(fields.text())) return 'malformed';
    fields.bytes();
  }
  if (hasUserName) fields.text();
  if (hasPassword) fields.bytes();
  return fields.atEnd ? undefined : 'malformed';
}

/** At least one filter (3.8.3-3, 3.10.3-2), behind each of a SUBSCRIBE the QoS, 0 to 2 (3-8.3-4). */
function areFilters(fields: Fields, withQos: boolean): boolean {
  if (fields.number() <= 0) return false;
  do {
    if (!isTopicFilter(fields.text())) return false;
    if (withQos && (fields.byte() ?? 3) > 2) return false;
  } while (fields.isMore);
  return fields.atEnd;
}

/** 4.7.1-1, 4.7.3-1 */
const isTopicName = (topic: string | undefined): boolean =>
  topic !== undefined && topic !== '' && !/[+#]/.test(topic);

/** `#` is the whole last level, `+` a whole level (4.7.1-2, 4.7.1-3). */
const isTopicFilter = (filter: string | undefined): boolean =>
  filter !== undefined &&
  filter !== '' &&
  filter
    .split('/')
    .every(
      (level, n, levels) =>
        !/[+#]/.test(level) || level === '+' || (level === '#' && n === levels.length - 1),
    );

/** Reads a packet's fields one after the other; once one is not there, or no text, `atEnd` stays false. */
class Fields {
  readonly #packet: Buffer;
  #at: number;
  #broken = false;

  constructor(packet: Buffer, at: number) {
    this.#packet = packet;
    this.#at = at;
  }

  get isMore(): boolean {
    return !this.#broken && this.#at < this.#packet.length;
  }

  /** Every field was there, and nothing is left. */
  get atEnd(): boolean {
    return !this.#broken && this.#at === this.#packet.length;
  }

  byte(): number | undefined {
    return this.#take(1)?.[0];
  }

  /** Two bytes; -1 when they are not there. */
  number(): number {
    return this.#take(2)?.readUInt16BE() ?? -1;
  }

  /** As many bytes as the two before them say. */
  bytes(): Buffer | undefined {
    const length = this.number();
    return length < 0 ? undefined : this.#take(length);
  }

  /** UTF-8 without surrogates and U+0000 (1.5.3-1, 1.5.3-2); a U+FEFF stays (1.5.3-3). */
  text(): string | undefined {
    const bytes = this.bytes();
    if (bytes && isUtf8(bytes) && !bytes.includes(0)) return bytes.toString();
    this.#broken = true;
    return undefined;
  }

  #take(count: number): Buffer | undefined {
    const end = this.#at + count;
    if (this.#broken || end > this.#packet.length) {
      this.#broken = true;
      return undefined;
    }
    const taken = this.#packet.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
