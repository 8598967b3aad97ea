import { generate } from 'mqtt-packet';
import type { Logger } from 'pino';
import { type Command, topicOf } from '../contracts/mqtt.ts';
import {
  type ClaimedCommand,
  claimCommands,
  devicesWithCommands,
  expireCommands,
  requeueCommands,
  settleCommands,
} from '../store/commands.ts';
import type { Database } from '../store/database.ts';
import type { DeviceConnection } from './connection.ts';
import { commands as counted } from './metrics.ts';
import { within } from './within.ts';

const SWEEP_MS = 1_000;
const RETRY_MS = 1_000;
/** Devices of one claim. */
const DEVICES_MAX = 200;
const BACKLOG_DEVICES_MAX = 100_000;

export interface CommandDeliveryDeps {
  readonly db: Database;
  readonly log: Logger;
  /** The number of this process among the brokers. */
  readonly broker: number;
  /** The device's open connection. */
  readonly find: (device: string) => DeviceConnection | undefined;
  readonly inFlightMax: number;
  /** For a device to read what it was sent, before more is. */
  readonly drainTimeoutMs: number;
}

/**
 * Takes queued commands from Postgres to the one device, while it is connected and subscribed and the command has
 * not expired. Each claim sends once; a command whose PUBLISH was not acknowledged (PUBACK) when its connection
 * was lost goes back into the queue, with the same id, by which the device knows it again; when this process is lost,
 * another broker puts it back (roll-call.ts). Its end is its `ack`,
 * which ingest reads from the journal, or its expiry, which is swept up here.
 */
export class CommandDelivery {
  readonly #deps: CommandDeliveryDeps;
  readonly #due = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #delivering: Promise<void> | undefined;
  readonly #returning = new Set<Promise<void>>();
  /** Commands that their devices have, to be written down. */
  readonly #settled: string[] = [];
  /** Connections that have not read what they were sent. */
  readonly #unread = new WeakSet<DeviceConnection>();
  #settling: Promise<void> | undefined;
  #sweeping = false;
  #closed = false;

  constructor(deps: CommandDeliveryDeps) {
    this.#deps = deps;
    this.#timer = setInterval(() => void this.#sweep(), SWEEP_MS);
  }

  /** The device may have commands, or may take some now. */
  wake(device: string): void {
    this.#wakeOnceRead(device);
    if (this.#closed || this.#roomOf(device) === 0) return;
    this.#due.add(device);
    this.#delivering ??= this.#deliver().finally(() => {
      this.#delivering = undefined;
    });
  }

  /** Notices were missed. @throws when the database does not answer. */
  async wakeAll(): Promise<void> {
    const query = { at: new Date(), limit: BACKLOG_DEVICES_MAX };
    for (const device of await devicesWithCommands(this.#deps.db.$client, query)) this.wake(device);
  }

  acknowledged(connection: DeviceConnection, packetId: number): void {
    const id = connection.commandsInFlight.get(packetId);
    if (id === undefined || !connection.identity) return;
    connection.commandsInFlight.delete(packetId);
    counted.inc({ outcome: 'acknowledged' });
    this.#settle(id);
    this.wake(connection.identity.device);
  }

  #settle(id: string): void {
    this.#settled.push(id);
    this.#settling ??= this.#writeSettled().finally(() => {
      this.#settling = undefined;
    });
  }

  /** Where this fails, a command may be sent once more should this process be lost. */
  async #writeSettled(): Promise<void> {
    while (this.#settled.length > 0) {
      await settleCommands(this.#deps.db.$client, this.#deps.broker, this.#settled.splice(0)).catch((error) =>
        this.#deps.log.debug({ err: error }, 'broker: delivered commands not written down'),
      );
    }
  }

  /** Gives back what the device may not have received. */
  async connectionLost(connection: DeviceConnection): Promise<void> {
    const ids = [...connection.commandsInFlight.values()];
    connection.commandsInFlight.clear();
    if (ids.length === 0 || !connection.identity) return;
    const returned = this.#requeue(ids);
    this.#returning.add(returned);
    await returned;
    this.#returning.delete(returned);
    this.wake(connection.identity.device);
  }

  /** Who does not read in time is closed, as it is for what aedes sends. */
  #wakeOnceRead(device: string): void {
    const connection = this.#deps.find(device);
    if (!connection?.writableNeedDrain || this.#unread.has(connection)) return;
    this.#unread.add(connection);
    const timer = setTimeout(() => connection.destroy(), this.#deps.drainTimeoutMs);
    // aedes makes it an event of closing too.
    connection.once('drain', () => {
      clearTimeout(timer);
      this.#unread.delete(connection);
      this.wake(device);
    });
  }

  /** How many commands it can take: none unless it is connected and subscribed, and reads. */
  #roomOf(device: string): number {
    const connection = this.#deps.find(device);
    if (!connection || connection.subscriptions.size === 0 || connection.writableNeedDrain) return 0;
    return this.#deps.inFlightMax - connection.commandsInFlight.size;
  }

  async #deliver(): Promise<void> {
    const { db, broker } = this.#deps;
    while (this.#due.size > 0 && !this.#closed) {
      const devices = [...this.#due].slice(0, DEVICES_MAX);
      for (const device of devices) this.#due.delete(device);
      try {
        const rooms = devices.map((device) => ({ device, room: this.#roomOf(device) }));
        const claimed = await claimCommands(db.$client, { broker, devices: rooms, at: new Date() });
        const unsent = claimed.filter((command) => !this.#send(command));
        if (unsent.length > 0) await this.#requeue(unsent.map((command) => command.id));
        // There may be more. Where there is no room for it, an acknowledgement will wake the device.
        for (const { device } of claimed) this.wake(device);
      } catch (error) {
        this.#deps.log.warn({ err: error }, 'broker: commands not read, will try again');
        for (const device of devices) this.#due.add(device);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** False when it must go back into the queue. One that expired meanwhile stays claimed, for the sweep. */
  #send({ id, device, op, args, expiresAt }: ClaimedCommand): boolean {
    const connection = this.#deps.find(device);
    const qos = Math.max(0, ...(connection?.subscriptions.values() ?? []));
    if (!connection?.identity || this.#roomOf(device) === 0) return false;
    if (expiresAt.getTime() <= Date.now()) return true;
    const topic = topicOf(connection.identity.site, device, 'cmd');
    const payload = JSON.stringify({ id, op, args, expires: expiresAt.getTime() } satisfies Command);
    const messageId = connection.nextPacketId();
    if (qos > 0) connection.commandsInFlight.set(messageId, id);
    else this.#settle(id);
    connection.write(
      generate({
        cmd: 'publish',
        topic,
        payload,
        qos: qos > 0 ? 1 : 0,
        messageId,
        dup: false,
        retain: false,
      }),
    );
    counted.inc({ outcome: 'sent' });
    return true;
  }

  async #requeue(ids: readonly string[]): Promise<void> {
    try {
      await requeueCommands(this.#deps.db.$client, this.#deps.broker, ids);
      counted.inc({ outcome: 'requeued' }, ids.length);
    } catch (error) {
      this.#deps.log.warn(
        { err: error, commands: ids.length },
        'broker: commands not given back, they will expire',
      );
    }
  }

  async #sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    try {
      const expired = await expireCommands(this.#deps.db.$client, new Date());
      if (expired > 0) counted.inc({ outcome: 'expired' }, expired);
    } catch (error) {
      this.#deps.log.debug({ err: error }, 'broker: expired commands not swept up');
    }
    this.#sweeping = false;
  }

  /** Waits at most `waitMs` for what goes back into the queue. */
  async close(waitMs: number): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await within(waitMs, Promise.all([this.#delivering, this.#settling, ...this.#returning]));
  }
}
