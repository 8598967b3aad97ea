import { connect, type Socket } from 'node:net';
import { generate, parser } from 'mqtt-packet';
import type { FleetCommand, FleetDevice, FleetReport } from './fleet.ts';

const KEEP_ALIVE_S = 60;
const CONNECT_MS_MAX = 30_000;
const REPORT_MS = 100;
const FIRST_KWH = 1_000;

/**
 * A device as it is in the field: it knows its credential and nothing of the platform's state. When its connection
 * is lost it waits at random, connects, subscribes to its commands and publishes a reading, with what has no PUBACK
 * going first.
 */
class Device {
  acked: number[] = [];
  /** Connected, and its first publish since was acknowledged. */
  back = false;
  #socket: Socket | undefined;
  #pending: { readonly ts: number; readonly value: number } | undefined;
  #value = FIRST_KWH;
  readonly #of: FleetDevice;

  constructor(of: FleetDevice) {
    this.#of = of;
  }

  get connected(): boolean {
    return this.#socket !== undefined;
  }

  later(): void {
    const { backOffMs } = fleet;
    setTimeout(() => this.#connect(), backOffMs[0] + Math.random() * (backOffMs[1] - backOffMs[0])).unref();
  }

  ping(): void {
    this.#socket?.write(PING);
  }

  #connect(): void {
    if (closing) return;
    const { clientId, password } = this.#of;
    const socket = connect({ host: '127.0.0.1', port: fleet.port, noDelay: true });
    const packets = parser();
    let outcome = 'closed before CONNACK';
    socket.setTimeout(CONNECT_MS_MAX, () => {
      outcome = 'no answer';
      socket.destroy();
    });
    socket.on('data', (bytes) => packets.parse(bytes));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      outcome = error.code ?? error.message;
    });
    socket.on('close', () => {
      this.#socket = undefined;
      this.back = false;
      if (!closing) {
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        this.later();
      }
    });
    packets.on('packet', (packet) => {
      if (packet.cmd === 'connack' && packet.returnCode !== 0) {
        outcome = `CONNACK ${packet.returnCode}`;
        socket.destroy();
      } else if (packet.cmd === 'connack') {
        outcome = 'connection lost';
        socket.setTimeout(0);
        this.#socket = socket;
        this.#report(socket);
      } else if (packet.cmd === 'puback' && this.#pending) {
        this.acked.push(this.#pending.ts);
        this.#pending = undefined;
        this.back = true;
      }
    });
    socket.write(
      generate({
        ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: KEEP_ALIVE_S },
        ...{ clientId, username: clientId, password: Buffer.from(password) },
      }),
    );
  }

  #report(socket: Socket): void {
    this.#pending ??= { ts: Date.now(), value: this.#value++ };
    const { ts, value } = this.#pending;
    const topic = `v1/${this.#of.clientId}`;
    const payload = JSON.stringify({ ts, values: { energy_import: value, power: 812 } });
    socket.write(
      Buffer.concat([
        generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: `${topic}/cmd`, qos: 1 }] }),
        generate({
          ...{ cmd: 'publish', topic: `${topic}/up`, payload, messageId: 2, qos: 1 },
          ...{ dup: false, retain: false },
        }),
      ]),
    );
  }
}

const PING = generate({ cmd: 'pingreq' });
let fleet: Extract<FleetCommand, { type: 'start' }>;
let devices: Device[] = [];
let closing = false;
const outcomes: Record<string, number> = {};
const say = (report: FleetReport): void => void process.send?.(report);

process.on('message', (command: FleetCommand) => {
  if (command.type === 'start') {
    fleet = command;
    devices = command.devices.map((device) => new Device(device));
    for (const device of devices) device.later();
    setInterval(() => {
      const connected = devices.filter((device) => device.connected).length;
      const back = devices.filter((device) => device.back).length;
      say({ type: 'progress', at: Date.now(), connected, back, outcomes });
    }, REPORT_MS);
    setInterval(() => {
      for (const device of devices) device.ping();
    }, KEEP_ALIVE_S * 500);
  } else if (command.type === 'acked') {
    say({ type: 'acked', acked: devices.map((device) => device.acked) });
  }
});
process.on('disconnect', () => {
  closing = true;
  process.exit(0);
});
