import { Duplex } from 'node:stream';
import type { Limits } from './limits.ts';
import type { Refusal } from './metrics.ts';
import { faultOf } from './packet-check.ts';
import { CONNECT, DISCONNECT, type FixedHeader, PUBLISH, readFixedHeader } from './packet-framer.ts';
import { readPlainPublish } from './plain-publish.ts';
import type { Publish } from './publishes.ts';
import type { TokenBucket } from './token-bucket.ts';
import type { Waiting } from './waiting.ts';

/** After the broker's last bytes, a peer has this long to take them and close. */
const LINGER_MS = 1_000;
/** A CONNACK: unacceptable protocol version (MQTT-3.1.2-2). */
const OTHER_VERSION = Buffer.of(0x20, 2, 0, 1);
/** A PUBACK of packet id 0 (MQTT 3.1.1, 3.4). */
const PUBACK_HEADER = 0x40020000;

export interface ConnectionOptions {
  readonly socket: Duplex;
  readonly address: string;
  /** The common name of a client certificate that was verified. */
  readonly certificateName?: string | undefined;
  /** Bytes that were read to tell what protocol this is. */
  readonly firstBytes?: Buffer;
  readonly limits: Limits;
  readonly waiting: Waiting;
  readonly onRefused: (reason: Refusal) => void;
  /** A publish that need not go through aedes; `acknowledge` answers it. */
  readonly onPublish: (publish: Publish) => void;
}

/** Who a connection turned out to be. */
export interface Identity {
  readonly site: string;
  readonly device: string;
  /** `v1/{site}/{device}/`: it publishes and subscribes only below. */
  readonly prefix: string;
  /** The hash of the secret it showed; undefined with a client certificate. */
  readonly secretHash: string | undefined;
  /** Publishes a second, from its profile. */
  readonly rateLimit: number;
}

/**
 * What aedes reads from and writes to: a device's socket behind a guard. Packets pass whole, once they were checked,
 * and where one must wait (too many unacknowledged, over the message rate, the journal behind) it and all behind it
 * stay in the socket: TCP slows the device down and nothing is lost. A plain PUBLISH goes past aedes, as long as none
 * that went to aedes is unanswered, so that all keep their order.
 *
 *   connect ──CONNECT passed──▶ connecting ──CONNACK sent──▶ open
 */
export class DeviceConnection extends Duplex {
  readonly address: string;
  readonly certificateName: string | undefined;
  /** Once its credentials were good. */
  identity: Identity | undefined;
  /** When it was admitted, epoch milliseconds. */
  admittedAt = 0;
  /** The CONNACK code that the CONNECT earned before its credentials were looked at. */
  refusedCode: number | undefined;
  /** Granted QoS by topic filter. */
  readonly subscriptions = new Map<string, number>();
  /** Commands sent that the device has not yet acknowledged on the MQTT level: packet id → command id. */
  readonly commandsInFlight = new Map<number, string>();
  /** Packet ids of QoS 2 publishes that are being stored. */
  readonly receiving = new Set<number>();
  /** Packet ids of QoS 2 publishes that were stored and wait for PUBREL. */
  readonly unreleased = new Set<number>();

  readonly #socket: Duplex;
  readonly #limits: Limits;
  readonly #waiting: Waiting;
  readonly #onRefused: (reason: Refusal) => void;
  readonly #onPublish: (publish: Publish) => void;
  #stage: 'connect' | 'connecting' | 'open' = 'connect';
  #publishRate: TokenBucket | undefined;
  /** Of all other packets: each costs as much. */
  #otherRate: TokenBucket | undefined;
  /** What came and may not pass yet, or is not yet whole. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** It is no use to look at what is held before it has this many bytes. */
  #wantedBytes = 0;
  /** The publish that is held first is counted and may pass, once it is whole. */
  #admitted = false;
  /** The packet that is held first may not pass: reading on would only hold more. */
  #stuck = false;
  /** aedes has not taken what passed. */
  #full = false;
  #stopped = false;
  /** The sizes of publishes that passed and were not answered for, in their order. */
  readonly #unacknowledged: number[] = [];
  /** One of those went to aedes, or aedes is waiting for the device to read. */
  #viaAedes = false;
  /** Packet ids whose PUBACKs leave as one write. */
  readonly #acknowledged: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #lastPacketId = 0;

  constructor(options: ConnectionOptions) {
    super({ allowHalfOpen: false, emitClose: true });
    this.address = options.address;
    this.certificateName = options.certificateName;
    this.#limits = options.limits;
    this.#waiting = options.waiting;
    this.#onRefused = options.onRefused;
    this.#onPublish = options.onPublish;
    this.#socket = options.socket;
    this.#socket.on('error', (error) => this.destroy(error));
    this.#socket.on('close', () => this.destroy());
    this.#socket.on('end', () => this.push(null));
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk));
    if (options.firstBytes) this.#take(options.firstBytes);
  }

  /** After CONNACK: what came behind the CONNECT may pass, at these rates. */
  open(rates: { readonly publishes: TokenBucket; readonly others: TokenBucket }): void {
    this.#publishRate = rates.publishes;
    this.#otherRate = rates.others;
    this.#stage = 'open';
    this.proceed();
  }

  /** The oldest publish that passed was answered for. */
  settled(): void {
    this.#waiting.shrink(this.#unacknowledged.shift() ?? 0);
    if (this.#stuck && this.#unacknowledged.length <= this.#limits.unacknowledgedMax / 2) this.proceed();
  }

  /** Tries again what had to wait. */
  proceed(): void {
    this.#stuck = false;
    this.#pass();
  }

  /** Sends a PUBACK. */
  acknowledge(packetId: number): void {
    this.#acknowledged.push(packetId);
    // What aedes acknowledges leaves at once.
    if (this.#viaAedes) this.#sendAcknowledged();
    else if (this.#acknowledged.length === 1) process.nextTick(() => this.#sendAcknowledged());
  }

  #sendAcknowledged(): void {
    const packetIds = this.#acknowledged.splice(0);
    if (packetIds.length === 0 || this.destroyed) return;
    const bytes = Buffer.allocUnsafe(packetIds.length * 4);
    for (const [n, packetId] of packetIds.entries()) bytes.writeUInt32BE(PUBACK_HEADER + packetId, n * 4);
    // Behind what aedes has written, where any of it is still here.
    if (this.writableLength === 0) this.#socket.write(bytes);
    else this.write(bytes);
  }

  /** Reads nothing more, for ever. */
  stopReading(): void {
    this.#stopped = true;
    this.#hold([]);
    this.#flow();
  }

  /** A packet id that no command in flight has. */
  nextPacketId(): number {
    do this.#lastPacketId = (this.#lastPacketId % 65_535) + 1;
    while (this.commandsInFlight.has(this.#lastPacketId));
    return this.#lastPacketId;
  }

  #take(chunk: Buffer): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    this.#pass();
  }

  #hold(chunks: Buffer[]): void {
    this.#held = chunks;
    this.#heldBytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  #pass(): void {
    if (this.destroyed || this.#stopped) this.#hold([]);
    else if (!this.#stuck && this.#heldBytes >= this.#wantedBytes) this.#passHeld();
    if (!this.destroyed) this.#flow();
  }

  /** Looks at what is held, packet by packet, as far as they may pass. */
  #passHeld(): void {
    const bytes = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held);
    this.#wantedBytes = 0;
    // Of what was looked at, aedes has not got what lies between these two.
    let from = 0;
    let at = 0;
    while (at < bytes.length && !this.#stopped) {
      const header = readFixedHeader(bytes, at);
      if (header === undefined) break;
      const packetBytes = header ? header.headerBytes + header.remainingBytes : 0;
      const packet = bytes.subarray(at, at + packetBytes);
      const isWhole = packet.length === packetBytes;
      const refusal = this.#refusalOf(header, isWhole ? packet : undefined);
      if (refusal || !header) {
        this.#refuse(refusal ?? 'malformed');
        return;
      }
      if (!this.#mayPass(header.type, packetBytes, isWhole)) break;
      if (!isWhole) {
        this.#wantedBytes = packetBytes;
        break;
      }
      const publish = header.type === PUBLISH ? this.#plainPublish(packet, header.headerBytes) : undefined;
      if (publish) {
        this.#give(bytes.subarray(from, at));
        from = at + packetBytes;
        this.#onPublish(publish);
      }
      // Nothing counts behind it (MQTT-3.14.4-2).
      if (header.type === DISCONNECT) this.#stopped = true;
      at += packetBytes;
    }
    this.#give(bytes.subarray(from, at));
    this.#hold(at < bytes.length && !this.#stopped ? [at === 0 ? bytes : bytes.subarray(at)] : []);
  }

  #give(bytes: Buffer): void {
    if (bytes.length > 0 && !this.push(bytes)) this.#full = true;
  }

  #plainPublish(packet: Buffer, headerBytes: number): Publish | undefined {
    // The one that is being looked at is counted already. aedes knows what to do about a device that does not read.
    if (this.#unacknowledged.length === 1) this.#viaAedes = false;
    this.#viaAedes ||= this.writableNeedDrain || this.#socket.writableNeedDrain;
    const publish =
      this.identity && !this.#viaAedes
        ? readPlainPublish(packet, headerBytes, this.identity.prefix, this.#limits.payloadBytesMax)
        : undefined;
    this.#viaAedes = publish === undefined;
    return publish;
  }

  /** @param packet once it is whole. */
  #refusalOf(header: FixedHeader | null, packet: Buffer | undefined): Refusal | undefined {
    if (!header) return 'malformed';
    const { type, headerBytes, remainingBytes } = header;
    const { controlBytesMax, payloadBytesMax, headerBytesMax } = this.#limits;
    if (this.#stage === 'connect' && type !== CONNECT) return 'not_mqtt';
    // MQTT-3.1.0-2
    if (this.#stage !== 'connect' && type === CONNECT) return 'malformed';
    const bytesMax = type === PUBLISH ? payloadBytesMax + headerBytesMax : controlBytesMax;
    if (remainingBytes > bytesMax) return 'packet_too_large';
    return packet && type !== PUBLISH ? faultOf(packet, headerBytes) : undefined;
  }

  /** Behind a packet that may not, none does. A publish is counted as soon as it may, the rest once they are whole. */
  #mayPass(type: number, packetBytes: number, isWhole: boolean): boolean {
    if (type === PUBLISH) {
      this.#admitted ||= this.#mayPublish(packetBytes);
      this.#stuck = !this.#admitted;
      if (isWhole) this.#admitted = false;
    } else if (isWhole) {
      this.#stuck = this.#stage === 'connecting' || !this.#isInTime(this.#otherRate);
      if (this.#stage === 'connect') this.#stage = 'connecting';
    }
    return !this.#stuck;
  }

  #mayPublish(packetBytes: number): boolean {
    if (this.#stage !== 'open') return false;
    if (this.#unacknowledged.length >= this.#limits.unacknowledgedMax) return false;
    if (this.#waiting.isFull()) {
      this.#waiting.add(this);
      return false;
    }
    if (!this.#isInTime(this.#publishRate)) return false;
    this.#unacknowledged.push(packetBytes);
    this.#waiting.grow(packetBytes);
    return true;
  }

  /** Whether one more may pass now; what is held is looked at again as soon as it may. */
  #isInTime(rate: TokenBucket | undefined): boolean {
    const now = performance.now();
    if (!rate || rate.take(now)) return true;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.proceed();
    }, rate.waitMs(now));
    return false;
  }

  #flow(): void {
    if (this.#full || this.#stopped || this.#stuck) this.#socket.pause();
    else this.#socket.resume();
  }

  #refuse(reason: Refusal): void {
    this.#onRefused(reason);
    if (reason === 'protocol_version') this.#socket.write(OTHER_VERSION);
    else this.#socket.destroy();
    this.destroy();
  }

  /**
   * All that is there as one buffer, as aedes expects of every Node: since 26 `read()` answers chunk by chunk, and
   * aedes would wait for ever for the event that announces the next.
   */
  override read(size?: number): Buffer | null {
    return super.read(size ?? (this.readableLength || undefined));
  }

  override _read(): void {
    if (!this.#full) return;
    this.#full = false;
    this.#flow();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#socket.write(chunk)) done();
    else this.#socket.once('drain', done);
  }

  /** What aedes acknowledges of one journal frame leaves as one write. */
  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), '', done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#waiting.delete(this);
    for (const bytes of this.#unacknowledged.splice(0)) this.#waiting.shrink(bytes);
    this.#hold([]);
    const socket = this.#socket;
    if (!socket.destroyed) {
      // A reason for the refusal may be on its way: closing with unread input would reset it away.
      socket.removeAllListeners('data');
      socket.resume();
      socket.end();
      const linger = setTimeout(() => socket.destroy(), LINGER_MS);
      socket.once('close', () => clearTimeout(linger));
    }
    done(error);
  }
}
