import { connect, type Socket } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';
import type { Dice } from './dice.ts';
import type { Habits } from './habits.ts';
import type { MeterTruth, Reading } from './truth.ts';

export interface Identity {
  readonly clientId: string;
  readonly topic: string;
  readonly username?: string;
  readonly password?: string;
}

/** One PUBLISH. It stays as it is, however often it is sent. */
export interface Message {
  readonly readings: readonly Reading[];
  /** Set by the first PUBACK. */
  acknowledged: boolean;
  /** Measured by a clock that is an hour or more ahead. */
  readonly isAhead: boolean;
}

export interface DeviceOptions {
  readonly port: number;
  readonly identity: Identity;
  readonly truth: MeterTruth;
  readonly dice: Dice;
  readonly habits: Habits;
  /** Readings a second. */
  readonly rate: number;
  readonly onPuback: () => void;
  readonly onTrouble: (kind: Trouble) => void;
}

export type Trouble = 'lost' | 'silent' | 'refused' | 'out of order';

const WINDOW = 20;
/** A device keeps so many readings of an outage for later; what is beyond it measures afterwards. */
const BACKLOG_MAX = 400;
/** With more than this to tell, several readings share a message. */
const SINGLE_MAX = 40;
const ARRAY_READINGS = 20;
const CONNECT_MS_MAX = 10_000;
const PUBACK_MS_MAX = 10_000;
const RETRY_MS = { min: 200, max: 1_500 };

/**
 * A meter as real ones are built: it publishes at QoS 1, keeps what is not acknowledged, sends it again after every
 * reconnect with the same instant and value, and gives a connection up on which no PUBACK comes for ten seconds.
 */
export class Device {
  readonly messages: Message[] = [];
  readonly truth: MeterTruth;
  readonly #options: DeviceOptions;
  /** By packet id, in the order of their first sending. */
  readonly #unacknowledged = new Map<number, Message>();
  /** Packet ids that this connection has to acknowledge, in this order. */
  #due: number[] = [];
  #outbox: Message[] = [];
  #measured = 0;
  #backlog = 0;
  #packetId = 0;
  #socket: Socket | undefined;
  #connected = false;
  #heardAt = 0;
  #retry: NodeJS.Timeout | undefined;
  #finishing = false;
  #closed = false;

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.truth = options.truth;
  }

  open(): void {
    if (this.#closed) return;
    const { port, identity, onTrouble } = this.#options;
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket = socket;
    this.#heardAt = performance.now();
    this.#due = [];
    const packets = parser({ protocolVersion: 4 });
    packets.on('packet', (packet) => this.#take(packet));
    packets.on('error', () => socket.destroy());
    socket.on('data', (bytes) => packets.parse(bytes));
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#connected) onTrouble('lost');
      this.#connected = false;
      const { min, max } = RETRY_MS;
      if (!this.#closed) this.#retry = setTimeout(() => this.open(), min + Math.random() * (max - min));
    });
    const { clientId, username, password } = identity;
    socket.write(
      generate({
        cmd: 'connect',
        ...{ protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId, keepalive: 60 },
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password: Buffer.from(password) }),
      }),
    );
  }

  /** Measures for so many seconds, sends what it may, and looks whether it is still heard. */
  tick(seconds: number): void {
    this.#backlog = Math.min(BACKLOG_MAX, this.#backlog + seconds * this.#options.rate);
    this.#pump();
    const waits = !this.#connected || this.#unacknowledged.size > 0;
    const limit = this.#connected ? PUBACK_MS_MAX : CONNECT_MS_MAX;
    if (!waits || !this.#socket || this.#socket.destroyed || performance.now() - this.#heardAt < limit)
      return;
    this.#options.onTrouble('silent');
    this.#connected = false;
    this.#socket.destroy();
  }

  /** Measures no more than the month needs from now on, and that as fast as it can. */
  finish(): void {
    this.#finishing = true;
  }

  get isFinished(): boolean {
    const through = this.#measured >= this.truth.monthReadings;
    return through && this.#unacknowledged.size === 0 && this.#outbox.length === 0;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#socket?.destroy();
  }

  #pump(): void {
    while (this.#connected && this.#unacknowledged.size < WINDOW) {
      if (this.#outbox.length === 0) this.#outbox = this.#next();
      const message = this.#outbox.shift();
      if (!message) return;
      this.#publish(message);
    }
  }

  #next(): Message[] {
    if (this.#finishing) this.#backlog = Math.max(0, this.truth.monthReadings - this.#measured);
    if (this.#backlog < 1) return [];
    const count = this.#backlog > SINGLE_MAX ? ARRAY_READINGS : 1;
    const { habits, dice } = this.#options;
    const made = habits.compose(dice, this.messages, () => {
      const readings: Reading[] = [];
      while (readings.length < count && this.#backlog >= 1) {
        readings.push(this.truth.reading(this.#measured++));
        this.#backlog--;
      }
      return readings;
    });
    const known = new Set(this.messages.slice(-habits.memory));
    for (const message of made) if (!known.has(message)) this.messages.push(message);
    return made;
  }

  #publish(message: Message): void {
    do this.#packetId = (this.#packetId % 65_535) + 1;
    while (this.#unacknowledged.has(this.#packetId));
    if (this.#unacknowledged.size === 0) this.#heardAt = performance.now();
    this.#unacknowledged.set(this.#packetId, message);
    this.#write(this.#packetId, message, false);
  }

  #write(messageId: number, { readings }: Message, dup: boolean): void {
    const items = readings.map(({ ts, value }) => ({
      ts,
      values: { energy_import: value / 1000, power: 812 },
    }));
    const text = JSON.stringify(items.length === 1 ? items[0] : items);
    const payload = text + ' '.repeat(this.#options.habits.padding);
    const { topic } = this.#options.identity;
    this.#due.push(messageId);
    this.#socket?.write(generate({ cmd: 'publish', topic, payload, qos: 1, messageId, retain: false, dup }));
  }

  #take(packet: Packet): void {
    this.#heardAt = performance.now();
    if (packet.cmd === 'connack') {
      if (packet.returnCode !== 0) {
        this.#options.onTrouble('refused');
        this.#socket?.destroy();
        return;
      }
      this.#connected = true;
      for (const [id, message] of this.#unacknowledged) this.#write(id, message, true);
      this.#pump();
    } else if (packet.cmd === 'puback') this.#acknowledged(packet.messageId ?? 0);
  }

  #acknowledged(id: number): void {
    // PUBACKs come in the order of the PUBLISHes of this connection (MQTT-4.6.0-2).
    if (this.#due[0] !== id) this.#options.onTrouble('out of order');
    const place = this.#due.indexOf(id);
    if (place >= 0) this.#due.splice(place, 1);
    const message = this.#unacknowledged.get(id);
    if (!message) return;
    this.#unacknowledged.delete(id);
    message.acknowledged = true;
    this.#options.onPuback();
    this.#pump();
  }
}
