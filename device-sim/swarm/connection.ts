import { connect, type Socket } from 'node:net';
import { generate } from 'mqtt-packet';
import type { SwarmPayload } from './payloads.ts';

export interface SwarmClient {
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** Where this client publishes; any topic, so that other brokers can be measured too. */
  readonly topic: string;
}

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly client: SwarmClient;
  /** The client's number in the swarm. */
  readonly index: number;
  /** Publishes without a PUBACK at any time. */
  readonly window: number;
  readonly payload: SwarmPayload;
  readonly messagesMax: number;
  readonly keepaliveS: number;
  readonly onConnected: () => void;
  /** Once for every PUBACK, with the time since its publish was written. */
  readonly onAcked: (latencyMs: number) => void;
  /** Once after each chunk that held acknowledgements: the window has room again. */
  readonly onRoom: (connection: SwarmConnection) => void;
  /** The connection is gone and will not come back. */
  readonly onLost: (reason: string) => void;
}

// One read buffer for all sockets: a chunk is parsed whole before the next one is read.
const READ_BUFFER = Buffer.allocUnsafe(64 * 1024);
const EMPTY = Buffer.alloc(0);
const CONNACK = 0x20;
const PUBACK = 0x40;
const PINGRESP = 0xd0;
const DUP = 0x08;

/**
 * One MQTT 3.1.1 client over a bare socket. Every slot of its window holds one whole PUBLISH with the slot's
 * number + 1 as message id; a slot is patched and written again once its PUBACK is here, which also proves
 * that the kernel no longer needs the bytes.
 */
export class SwarmConnection {
  readonly index: number;
  connected = false;
  sent = 0;
  acked = 0;
  /** Every message number below this is acknowledged. */
  ackedBelow = 0;
  /** Message numbers acknowledged out of order, above `ackedBelow`; never more than the window. */
  readonly ackedBeyond = new Set<number>();
  readonly #options: ConnectionOptions;
  readonly #packetBytes: number;
  readonly #payloadAt: number;
  readonly #slots: Buffer;
  /** Message number in a slot while it waits for its PUBACK, else −1. */
  readonly #pending: Float64Array;
  readonly #sentAtMs: Float64Array;
  #next = 0;
  #socket: Socket | undefined;
  #rest = EMPTY;
  #finished = false;

  constructor(options: ConnectionOptions) {
    const { client, payload, index, window } = options;
    this.#options = options;
    this.index = index;
    const body = payload.template(index);
    const packet = generate({
      cmd: 'publish',
      topic: client.topic,
      payload: body,
      qos: 1,
      messageId: 1,
      retain: false,
      dup: false,
    });
    this.#packetBytes = packet.length;
    this.#payloadAt = packet.length - body.length;
    this.#slots = Buffer.alloc(packet.length * window);
    for (let slot = 0; slot < window; slot++) {
      packet.copy(this.#slots, slot * packet.length);
      this.#slots.writeUInt16BE(slot + 1, slot * packet.length + this.#payloadAt - 2);
    }
    this.#pending = new Float64Array(window).fill(-1);
    this.#sentAtMs = new Float64Array(window);
  }

  get pending(): number {
    return this.sent - this.acked;
  }

  open(): void {
    const { host, port, client, keepaliveS } = this.#options;
    this.#rest = EMPTY;
    let reason = 'closed by the broker';
    const socket = connect({
      host,
      port,
      noDelay: true,
      onread: { buffer: READ_BUFFER, callback: (bytes) => this.#onChunk(READ_BUFFER.subarray(0, bytes)) },
    });
    this.#socket = socket;
    socket.once('error', (error: NodeJS.ErrnoException) => {
      reason = error.code ?? error.message;
    });
    socket.once('close', () => {
      if (this.#socket === socket) this.#lose(reason);
    });
    socket.write(
      generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId: client.clientId,
        keepalive: keepaliveS,
        ...(client.username === undefined ? {} : { username: client.username }),
        ...(client.password === undefined ? {} : { password: Buffer.from(client.password) }),
      }),
    );
  }

  /** Publishes at most `count` further messages, as far as the window has room. Returns how many. */
  send(count: number, nowMs: number): number {
    const { window, payload, messagesMax } = this.#options;
    if (!this.connected) return 0;
    let first = this.#next;
    let published = 0;
    while (published < count && this.sent < messagesMax && this.#pending[this.#next] === -1) {
      const slot = this.#next;
      const at = slot * this.#packetBytes;
      const n = this.sent++;
      payload.patch(this.#slots, at + this.#payloadAt, this.index, n);
      this.#slots[at] = (this.#slots[at] ?? 0) & ~DUP;
      this.#pending[slot] = n;
      this.#sentAtMs[slot] = nowMs;
      published++;
      this.#next = slot + 1;
      if (this.#next === window) {
        this.#write(first, window);
        this.#next = 0;
        first = 0;
      }
    }
    this.#write(first, this.#next);
    return published;
  }

  ping(): void {
    if (this.connected) this.#socket?.write(generate({ cmd: 'pingreq' }));
  }

  close(): void {
    this.#finished = true;
    if (this.connected) this.#socket?.end(generate({ cmd: 'disconnect' }));
    this.connected = false;
    this.#socket?.destroySoon();
  }

  #write(from: number, to: number): void {
    if (to > from) {
      this.#socket?.write(this.#slots.subarray(from * this.#packetBytes, to * this.#packetBytes));
    }
  }

  /** After a reconnect: what has no PUBACK goes out once more, marked as a duplicate (MQTT-4.4.0-1). */
  #resend(): void {
    const nowMs = performance.now();
    const { window } = this.#options;
    for (let i = 0; i < window; i++) {
      const slot = (this.#next + i) % window;
      if (this.#pending[slot] === -1) continue;
      const at = slot * this.#packetBytes;
      this.#slots[at] = (this.#slots[at] ?? 0) | DUP;
      this.#sentAtMs[slot] = nowMs;
      this.#write(slot, slot + 1);
    }
  }

  #onChunk(chunk: Buffer): boolean {
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const ackedBefore = this.acked;
    const nowMs = performance.now();
    let at = 0;
    while (data.length - at >= 2) {
      const type = (data[at] ?? 0) & 0xf0;
      const length = 2 + (data[at + 1] ?? 0);
      if (length > 4) return this.#fail(`unexpected packet ${type >> 4}`);
      if (data.length - at < length) break;
      if (type === PUBACK) {
        if (!this.#onPuback(data.readUInt16BE(at + 2), nowMs)) return false;
      } else if (type === CONNACK) {
        const code = data[at + 3] ?? 255;
        if (code !== 0) return this.#fail(`CONNACK ${code}`);
        this.connected = true;
        this.#resend();
        this.#options.onConnected();
      } else if (type !== PINGRESP) {
        return this.#fail(`unexpected packet ${type >> 4}`);
      }
      at += length;
    }
    this.#rest = at === data.length ? EMPTY : Buffer.from(data.subarray(at));
    if (this.acked > ackedBefore) this.#options.onRoom(this);
    return true;
  }

  #onPuback(messageId: number, nowMs: number): boolean {
    const slot = messageId - 1;
    const n = this.#pending[slot] ?? -1;
    if (n === -1) return this.#fail('PUBACK for a message that is not pending');
    this.#pending[slot] = -1;
    this.acked++;
    this.ackedBeyond.add(n);
    while (this.ackedBeyond.delete(this.ackedBelow)) this.ackedBelow++;
    this.#options.onAcked(nowMs - (this.#sentAtMs[slot] ?? nowMs));
    return true;
  }

  #fail(reason: string): false {
    this.#lose(reason);
    this.#socket?.destroy();
    this.#socket = undefined;
    return false;
  }

  #lose(reason: string): void {
    if (this.#finished) return;
    this.connected = false;
    this.#finished = true;
    this.#options.onLost(reason);
  }

  /** Opens a lost connection again and sends what is pending. */
  reopen(): void {
    this.#finished = false;
    this.open();
  }
}
