import { X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { CHANNELS, zCommandNotice, zCredentialsNotice, zPresenceNotice } from '../contracts/notify.ts';
import type { Database } from '../store/database.ts';
import type { Journal } from '../store/journal/port.ts';
import { listen } from '../store/listen.ts';
import { CommandDelivery } from './command-delivery.ts';
import { ConnectionGate } from './connection-gate.ts';
import { CredentialBook } from './credential-book.ts';
import { DeviceBroker } from './device-broker.ts';
import { type Arrival, type FrontDoor, openFrontDoor, type TlsOptions } from './front-door.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { certificateExpires, connections } from './metrics.ts';
import { PresenceLog } from './presence.ts';
import { Publishes } from './publishes.ts';
import { openRollCall } from './roll-call.ts';
import { Waiting } from './waiting.ts';
import { within } from './within.ts';

export interface BrokerDeps {
  readonly db: Database;
  readonly databaseUrl: string;
  /** One, or several that share the sites. */
  readonly journals: readonly Journal[];
  readonly log: Logger;
  /** 0 for any free one. */
  readonly port: number;
  readonly host?: string;
  readonly tls?: TlsOptions;
  readonly limits?: Partial<Limits>;
}

export interface Broker {
  readonly port: number;
  readonly tlsPort: number | undefined;
  /** Serves MQTT on a stream of any kind, past the gate. */
  serve(arrival: Arrival): void;
  close(): Promise<void>;
}

/** How often connections are checked for a secret that expired after a rotation. */
const EXPEL_MS = 5_000;
/** The longest that a step of closing waits; six do, and all is done within 3 s whatever the database does. */
const CLOSE_STEP_MS = 450;
/** For acknowledgements that are on their way out. */
const LAST_WORDS_MS = 50;

/**
 * Opens the MQTT front door. Needs the database to start, and then goes on without it: credentials are in memory,
 * online states and commands wait.
 * @throws when the database does not answer or a port is taken.
 */
export async function startBroker(deps: BrokerDeps): Promise<Broker> {
  const { db, log, journals } = deps;
  const limits: Limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const noteAll = (): void => {
    for (const [device, connection] of broker.connections())
      presence.note(device, true, connection.admittedAt);
  };
  const rollCall = await openRollCall({ db, databaseUrl: deps.databaseUrl, log, onReturned: noteAll });
  const gate = new ConnectionGate(limits);
  const waiting = new Waiting(limits.waitingBytesMax);
  const publishes = new Publishes({ journals, limits, log });
  const credentials = new CredentialBook({ db, log, onChanged: (devices) => broker.expel(devices) });
  const presence = new PresenceLog({
    db,
    log,
    broker: rollCall.id,
    onSuperseded: (device, at) => broker.supersede(device, at),
  });
  const commands = new CommandDelivery({
    db,
    log,
    broker: rollCall.id,
    find: (device) => broker.find(device),
    inFlightMax: limits.commandsInFlightMax,
    drainTimeoutMs: limits.drainTimeoutMs,
  });
  const broker: DeviceBroker = new DeviceBroker({
    limits,
    gate,
    credentials,
    publishes,
    waiting,
    log,
    onOnline: (connection, device) => presence.note(device, true, connection.admittedAt),
    onOffline: (connection, device) => {
      if (!broker.find(device)) presence.note(device, false, Date.now());
      void commands.connectionLost(connection);
    },
    onSubscribed: (device) => commands.wake(device),
    onCommandAcknowledged: (connection, packetId) => commands.acknowledged(connection, packetId),
  });

  const closers: (() => unknown)[] = [
    () => rollCall.close(CLOSE_STEP_MS),
    () => commands.close(CLOSE_STEP_MS),
    () => presence.close(CLOSE_STEP_MS),
  ];
  const close = async (): Promise<void> => {
    for (let step = closers.pop(); step; step = closers.pop()) await step();
  };
  try {
    await credentials.load();
    const listener = await listen({
      url: deps.databaseUrl,
      channels: [CHANNELS.credentials, CHANNELS.commands, CHANNELS.presence],
      log,
      onNotice: (channel, payload) => onNotice(channel, payload),
      onConnected: async () => {
        // The first time too: something may have changed between loading and listening.
        credentials.refresh('all');
        // Whoever has a newer connection answers again.
        noteAll();
        await commands.wakeAll();
      },
    });
    closers.push(
      () => within(CLOSE_STEP_MS, listener.close()),
      () => credentials.close(),
    );

    await broker.start();
    const expelling = setInterval(() => broker.expel('all'), EXPEL_MS);
    let door: FrontDoor | undefined;
    closers.push(
      () => door?.disconnect(),
      () => sleep(LAST_WORDS_MS),
      () => broker.close(),
      () => publishes.idle(CLOSE_STEP_MS),
      () => broker.stopReading(),
      () => clearInterval(expelling),
      () => door?.close(),
    );

    door = await openFrontDoor({
      host: deps.host,
      port: deps.port,
      tls: deps.tls,
      limits,
      gate,
      onArrival: (arrival) => broker.serve(arrival),
    });
    connections.open = () => broker.size;
    connections.waitingBytes = () => waiting.bytes;
    connections.connecting = () => Math.max(0, gate.open - broker.size);
    if (deps.tls) certificateExpires.set(Date.parse(new X509Certificate(deps.tls.cert).validTo) / 1000);
    log.info({ port: door.port, tlsPort: door.tlsPort, devices: credentials.size }, 'broker: listening');
    return { port: door.port, tlsPort: door.tlsPort, serve: (arrival) => broker.serve(arrival), close };
  } catch (error) {
    await close();
    throw error;
  }

  function onNotice(channel: string, payload: unknown): void {
    if (channel === CHANNELS.commands) {
      const notice = zCommandNotice.safeParse(payload);
      if (notice.success) commands.wake(notice.data.device);
      return;
    }
    if (channel === CHANNELS.presence) {
      const notice = zPresenceNotice.safeParse(payload);
      if (!notice.success || notice.data.broker === rollCall.id) return;
      for (const [device, at] of notice.data.connected) broker.supersede(device, at);
      return;
    }
    const notice = zCredentialsNotice.safeParse(payload ?? {});
    if (notice.success) credentials.refresh(notice.data.device ?? 'all');
  }
}
