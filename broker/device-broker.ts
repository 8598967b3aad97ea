import type { EventEmitter } from 'node:events';
import { Aedes, type Client, type ConnectPacket, type PublishPacket, type Subscription } from 'aedes';
import type { Logger } from 'pino';
import { SEGMENT, UPLINK_KINDS } from '../contracts/mqtt.ts';
import { boundedLog, type LogLine } from './bounded-log.ts';
import { DeviceConnection } from './connection.ts';
import type { ConnectionGate } from './connection-gate.ts';
import type { CredentialBook } from './credential-book.ts';
import type { Arrival } from './front-door.ts';
import type { Limits } from './limits.ts';
import { connectsTotal, type Refusal, refuse } from './metrics.ts';
import { NoSessionStore, silentBus } from './no-session-store.ts';
import type { Done, Publish, Publishes } from './publishes.ts';
import { TokenBucket } from './token-bucket.ts';
import type { Waiting } from './waiting.ts';

/** MQTT 3.1.1, 3.2.2.3. The connection itself answers 1 to another protocol version. */
const CONNACK = { identifierRejected: 2, badCredentials: 4, notAuthorized: 5 } as const;
/** Site and device with a slash between; MQTT 3.1.1 sets no limit. */
const CLIENT_ID_LENGTH_MAX = 129;
const SUBSCRIBABLE = ['cmd', '+', '#'];

export interface DeviceBrokerDeps {
  readonly limits: Limits;
  readonly gate: ConnectionGate;
  readonly credentials: CredentialBook;
  readonly publishes: Publishes;
  readonly waiting: Waiting;
  readonly log: Logger;
  readonly onOnline: (connection: DeviceConnection, device: string) => void;
  readonly onOffline: (connection: DeviceConnection, device: string) => void;
  readonly onSubscribed: (device: string) => void;
  readonly onCommandAcknowledged: (connection: DeviceConnection, packetId: number) => void;
}

/** Nothing is fanned out: what a device publishes went to the journal before aedes comes to this. */
class QuietAedes extends Aedes {
  override publish(_packet: PublishPacket, clientOrDone: unknown, done?: Done): void {
    const callback = typeof clientOrDone === 'function' ? (clientOrDone as Done) : done;
    callback?.();
  }
}

/** aedes with the platform's policy: who may connect as what, publish and subscribe where. */
export class DeviceBroker {
  readonly #deps: DeviceBrokerDeps;
  readonly #aedes: QuietAedes;
  /** Open connections by device. */
  readonly #open = new Map<string, DeviceConnection>();
  readonly #warn: LogLine;
  #closing = false;

  constructor(deps: DeviceBrokerDeps) {
    this.#deps = deps;
    this.#warn = boundedLog(deps.log);
    this.#aedes = new QuietAedes({
      mq: silentBus,
      persistence: new NoSessionStore(),
      connectTimeout: deps.limits.connectTimeoutMs,
      drainTimeout: deps.limits.drainTimeoutMs,
      maxClientsIdLength: CLIENT_ID_LENGTH_MAX,
      maxInflightInbound: deps.limits.unacknowledgedMax,
      preConnect: (client, packet, done) => this.#examine(client, packet, done),
      authenticate: (client, username, password, done) => {
        const code = this.#admit(client, username, password);
        done(
          code === undefined ? null : Object.assign(new Error('refused'), { returnCode: code }),
          code === undefined,
        );
      },
      authorizePublish: (client, packet, done) => this.#publish(client, packet, done),
      authorizeSubscribe: (client, subscription, done) => done(null, this.#subscribe(client, subscription)),
    });
    this.#aedes.on('clientReady', (client) => this.#ready(client));
    this.#aedes.on('subscribe', (subscriptions, client) => this.#subscribed(client, subscriptions));
    this.#aedes.on('unsubscribe', (topics, client) => {
      for (const topic of topics) connectionOf(client).subscriptions.delete(topic);
    });
    this.#aedes.on('ack', ({ messageId }, client) => {
      if (messageId !== undefined) deps.onCommandAcknowledged(connectionOf(client), messageId);
    });
    this.#aedes.on('clientError', (client, error) => {
      const { identity } = connectionOf(client);
      deps.log.debug(
        { err: error, site: identity?.site, device: identity?.device },
        'broker: connection failed',
      );
    });
    // Not among the events of its types.
    (this.#aedes as EventEmitter).on('error', (error) =>
      deps.log.error({ err: error }, 'broker: aedes failed'),
    );
    this.#aedes.on('connectionError', (_client, error) =>
      deps.log.debug({ err: error }, 'broker: no connection'),
    );
  }

  async start(): Promise<void> {
    await this.#aedes.listen();
  }

  find(device: string): DeviceConnection | undefined {
    return this.#open.get(device);
  }

  get size(): number {
    return this.#open.size;
  }

  /** Serves MQTT on a stream. */
  serve(arrival: Arrival): void {
    if (this.#closing) {
      arrival.socket.destroy();
      return;
    }
    const { limits, waiting } = this.#deps;
    const connection = new DeviceConnection({
      ...arrival,
      limits,
      waiting,
      onRefused: refuse,
      onPublish: (publish) => this.#publishPlain(connection, client, publish),
    });
    if (connection.destroyed) return;
    const client: Client & Partial<Internals> = this.#aedes.handle(connection);
    client._parser?.prependListener('packet', tellApart);
  }

  /** What aedes does with a PUBLISH of QoS 0 or 1, in fewer steps. */
  #publishPlain(connection: DeviceConnection, client: Partial<Internals>, publish: Publish): void {
    // Any packet is a sign of life (MQTT-3.1.2-24).
    client._keepaliveTimer?.refresh();
    this.#deps.publishes.take(connection, publish, (error) => {
      if (error) connection.destroy(error);
      else if (publish.messageId) connection.acknowledge(publish.messageId);
    });
  }

  /** Looks at a CONNECT before its credentials: what is wrong is answered in `#admit`, with a CONNACK. */
  #examine(client: Client, packet: ConnectPacket, done: (error: null, success: boolean) => void): void {
    const connection = connectionOf(client);
    const refusal = refusalOfConnect(packet);
    if (refusal) {
      connection.refusedCode = refusal.code;
      refuse(refusal.reason);
    }
    // A session that outlives its connection would be an offline queue without a bound.
    packet.clean = true;
    const { keepAliveSMax } = this.#deps.limits;
    packet.keepalive = Math.min(packet.keepalive || keepAliveSMax, keepAliveSMax);
    done(null, true);
  }

  /** The CONNACK code of a refusal, or undefined. */
  #admit(client: Client, username: string | undefined, password: Buffer | undefined): number | undefined {
    const connection = connectionOf(client);
    const { credentials, gate } = this.#deps;
    if (connection.refusedCode !== undefined) {
      gate.chargeRefusal(connection.address);
      return connection.refusedCode;
    }
    const admission = credentials.admit(client.id, password, connection.certificateName);
    if (username !== client.id || !admission) {
      refuse('credentials');
      gate.chargeRefusal(connection.address);
      const [site, device] = client.id.split('/');
      this.#warn({ site, device, address: connection.address }, 'broker: wrong credentials');
      return CONNACK.badCredentials;
    }
    gate.noteGood(connection.address);
    const prefix = `v1/${admission.site}/${admission.device}/`;
    connection.identity = { ...admission, prefix };
    return undefined;
  }

  #ready(client: Client): void {
    const connection = connectionOf(client);
    const { identity } = connection;
    const { credentials, limits, onOnline, onOffline } = this.#deps;
    // Its credentials may have changed while it connected.
    if (!identity || connection.destroyed || !credentials.isValid(identity)) {
      connection.destroy();
      return;
    }
    const { device, rateLimit } = identity;
    connection.admittedAt = Date.now();
    // aedes has closed an older connection by now, unless two came at the same time.
    this.#open.get(device)?.destroy();
    this.#open.set(device, connection);
    connection.once('close', () => {
      if (this.#open.get(device) === connection) this.#open.delete(device);
      onOffline(connection, device);
    });
    connectsTotal.inc();
    onOnline(connection, device);
    const rate = (): TokenBucket => new TokenBucket(rateLimit, rateLimit * limits.burstS, performance.now());
    connection.open({ publishes: rate(), others: rate() });
  }

  /** aedes acknowledges after `done()` and closes the connection, without acknowledging, after `done(error)`. */
  #publish(client: Client | null, packet: PublishPacket, done: Done): void {
    // Wills that a persistence kept for another broker come without a client; ours keeps none.
    if (!client) done(new Error('a Will without a client'));
    else if (!client.closed && isMalformed(packet)) {
      refuse('malformed');
      done(new Error('malformed'));
    }
    // A closed client publishes nothing but its Will. A broker that stops is no reason for Wills: devices are well.
    else if (!client.closed) this.#deps.publishes.take(connectionOf(client), packet, done);
    else if (this.#closing) done(new Error('the broker is closing'));
    else this.#deps.publishes.takeWill(connectionOf(client), packet, done);
  }

  /** Null, which aedes answers with 0x80, for anything but the device's own commands. */
  #subscribe(client: Client, subscription: Subscription): Subscription | null {
    const prefix = connectionOf(client).identity?.prefix;
    const topic = namedTopic(subscription);
    if (prefix && SUBSCRIBABLE.some((last) => topic === prefix + last)) return subscription;
    refuse('topic');
    return null;
  }

  #subscribed(client: Client, subscriptions: readonly Subscription[]): void {
    const connection = connectionOf(client);
    for (const subscription of subscriptions) {
      if (subscription.qos <= 2) connection.subscriptions.set(namedTopic(subscription), subscription.qos);
    }
    if (connection.identity && connection.subscriptions.size > 0) {
      this.#deps.onSubscribed(connection.identity.device);
    }
  }

  /** Closes connections whose credentials are good no more. */
  expel(devices: Iterable<string> | 'all'): void {
    for (const device of devices === 'all' ? [...this.#open.keys()] : devices) {
      const connection = this.#open.get(device);
      if (!connection?.identity || this.#deps.credentials.isValid(connection.identity)) continue;
      refuse('credentials_changed');
      connection.destroy();
    }
  }

  /** The device has connected elsewhere: its connection here, if not newer than that, is closed (MQTT-3.1.4-2). */
  supersede(device: string, at: number): void {
    const connection = this.#open.get(device);
    if (!connection || connection.admittedAt > at) return;
    refuse('superseded');
    connection.destroy();
  }

  /** Open connections, by device. */
  connections(): Iterable<readonly [string, DeviceConnection]> {
    return this.#open;
  }

  /** Reads nothing more; what was read can still be acknowledged. */
  stopReading(): void {
    this.#closing = true;
    for (const connection of this.#open.values()) connection.stopReading();
  }

  async close(): Promise<void> {
    this.#closing = true;
    await new Promise<void>((resolve) => this.#aedes.close(resolve));
  }
}

const connectionOf = (client: Client): DeviceConnection => client.conn as DeviceConnection;

/** Not among the properties of its types. */
interface Internals {
  readonly _parser: EventEmitter;
  readonly _keepaliveTimer: NodeJS.Timeout | null;
}

/** aedes gives one code for filters that are the same, where each must have its own (MQTT-3.8.4-5). */
function tellApart({
  cmd,
  subscriptions = [],
}: {
  readonly cmd: string;
  subscriptions?: Subscription[];
}): void {
  if (cmd !== 'subscribe' || subscriptions.length < 2) return;
  const seen = new Set<string>();
  for (const [n, subscription] of subscriptions.entries()) {
    if (seen.has(subscription.topic)) subscription.topic = `\0${n}\0${subscription.topic}`;
    seen.add(subscription.topic);
  }
}

/** U+0000 comes from no device. */
const namedTopic = ({ topic }: Subscription): string => topic.slice(topic.lastIndexOf('\0') + 1);

/**
 * What the parser takes and the standard does not: no packet id or 0 (2.3.1-1), DUP with QoS 0 (3.3.1-2), a topic
 * that is no UTF-8 (1.5.3-1), and a packet so short that its id was read from the next one.
 */
function isMalformed({ topic, payload, qos, dup, messageId = 0, length }: PublishPacket): boolean {
  if (qos === 0 ? dup : messageId < 1) return true;
  const headerBytes = 2 + Buffer.byteLength(topic) + (qos === 0 ? 0 : 2);
  return length !== headerBytes + payload.length;
}

function refusalOfConnect(
  packet: ConnectPacket,
): { readonly reason: Refusal; readonly code: number } | undefined {
  const { clientId, will } = packet;
  const [site = '', device = '', ...rest] = clientId.slice(0, CLIENT_ID_LENGTH_MAX + 1).split('/');
  if (rest.length > 0 || !SEGMENT.test(site) || !SEGMENT.test(device)) {
    return { reason: 'client_id', code: CONNACK.identifierRejected };
  }
  if (will && !UPLINK_KINDS.some((kind) => will.topic === `v1/${clientId}/${kind}`)) {
    return { reason: 'will_topic', code: CONNACK.notAuthorized };
  }
  return undefined;
}
