import type { Logger } from 'pino';
import { UPLINK_KINDS } from '../contracts/mqtt.ts';
import { partitionOf } from '../store/journal/partition.ts';
import type { Journal } from '../store/journal/port.ts';
import { boundedLog, type LogLine } from './bounded-log.ts';
import type { DeviceConnection } from './connection.ts';
import type { Limits } from './limits.ts';
import { appendSeconds, type Refusal, refuse, traffic } from './metrics.ts';

export type Done = (error?: Error | null) => void;

export interface Publish {
  readonly topic: string;
  readonly payload: Buffer | string;
  readonly qos: number;
  readonly retain: boolean;
  readonly messageId?: number | undefined;
}

/** A publish that waits for the journal, or for those before it. */
interface Pending {
  readonly line: Line;
  readonly done: Done;
  /** Told when the publish is answered for; absent for a Will, which nobody counted. */
  readonly countedBy: DeviceConnection | undefined;
  outcome: 'waiting' | 'durable' | Error;
}

/** Publishes that one commit decides. The journal answers those of a frame with one and the same promise. */
interface Fate {
  readonly durable: Promise<void>;
  readonly publishes: Pending[];
}

/** A connection's publishes in the order of arrival, which is the order of acknowledging (MQTT-4.6.0-2). */
interface Line {
  readonly pending: Pending[];
  /** Behind a failure nothing is acknowledged: the device sends it all again, in order. */
  failed: boolean;
}

/** A topic may have 65,535 bytes. */
const TOPIC_LOGGED_MAX = 200;
const KINDS: ReadonlySet<string> = new Set(UPLINK_KINDS);

/**
 * Makes publishes durable. An acknowledgement follows `done()`; `done(error)` closes the connection without one,
 * and the device sends it again. Nothing is ever refused because of what its payload says: ingest judges that.
 */
export class Publishes {
  readonly #journals: readonly Journal[];
  readonly #limits: Limits;
  readonly #warn: LogLine;
  readonly #lines = new WeakMap<DeviceConnection, Line>();
  readonly #journalOf = new Map<string, Journal>();
  /** The newest commit of each journal that is being waited for. */
  readonly #fates = new Map<Journal, Fate>();
  #inFlight = 0;
  #onIdle: (() => void) | undefined;

  constructor(deps: {
    readonly journals: readonly Journal[];
    readonly limits: Limits;
    readonly log: Logger;
  }) {
    this.#journals = deps.journals;
    this.#limits = deps.limits;
    this.#warn = boundedLog(deps.log);
  }

  /** Handles a device's own publish, which its connection has counted. */
  take(connection: DeviceConnection, publish: Publish, done: Done): void {
    const packetId = publish.messageId ?? 0;
    // A repetition of what is stored and not yet released gets its PUBREC again (MQTT-4.3.3-2), not before the first.
    if (publish.qos === 2 && (connection.unreleased.has(packetId) || connection.receiving.has(packetId))) {
      const line = this.#lineOf(connection);
      line.pending.push({ line, done, countedBy: connection, outcome: 'durable' });
      acknowledge(line);
      return;
    }
    if (publish.qos === 2) connection.receiving.add(packetId);
    this.#append(connection, publish, done, connection);
  }

  /** Handles what a device left to be published in case its connection broke. */
  takeWill(connection: DeviceConnection, publish: Publish, done: Done): void {
    this.#append(connection, publish, done, undefined);
  }

  #append(
    connection: DeviceConnection,
    publish: Publish,
    done: Done,
    countedBy: DeviceConnection | undefined,
  ): void {
    const { identity } = connection;
    const { topic } = publish;
    const kind = identity && topic.startsWith(identity.prefix) ? topic.slice(identity.prefix.length) : '';
    if (!identity || !KINDS.has(kind)) {
      const about = {
        site: identity?.site,
        device: identity?.device,
        topic: topic.slice(0, TOPIC_LOGGED_MAX),
      };
      this.#warn(about, 'broker: publish to a topic that is not its own');
      refusePublish('topic', `not allowed to publish to ${topic}`, done, countedBy);
      return;
    }
    const payload = Buffer.isBuffer(publish.payload) ? publish.payload : Buffer.from(publish.payload);
    if (payload.length > this.#limits.payloadBytesMax) {
      refusePublish(
        'payload_too_large',
        `a payload of ${payload.length} bytes is too large`,
        done,
        countedBy,
      );
      return;
    }
    const { site, device } = identity;
    const pending: Pending = { line: this.#lineOf(connection), done, countedBy, outcome: 'waiting' };
    pending.line.pending.push(pending);
    this.#inFlight++;
    traffic.publishes++;
    traffic.bytes += payload.length;
    const record = { site, device, kind, payload, receivedAt: Date.now(), retain: publish.retain };
    const journal = this.#of(site);
    this.#await(journal, journal.append(record), pending);
  }

  /** A site's messages are all in the same journal: there they stay in order. */
  #of(site: string): Journal {
    let journal = this.#journalOf.get(site);
    if (!journal) {
      journal = this.#journals[partitionOf(site, this.#journals.length)];
      if (!journal) throw new Error('no journal');
      this.#journalOf.set(site, journal);
    }
    return journal;
  }

  #await(journal: Journal, durable: Promise<void>, pending: Pending): void {
    const current = this.#fates.get(journal);
    if (current?.durable === durable) {
      current.publishes.push(pending);
      return;
    }
    const fate: Fate = { durable, publishes: [pending] };
    this.#fates.set(journal, fate);
    const settle = (outcome: 'durable' | Error): void => {
      if (this.#fates.get(journal) === fate) this.#fates.delete(journal);
      this.#settle(fate, outcome);
    };
    const startedAt = performance.now();
    durable.then(
      () => {
        appendSeconds.observe((performance.now() - startedAt) / 1000);
        settle('durable');
      },
      (error: Error) => {
        this.#warn({ err: error }, 'broker: publishes not durable, their connections are closed');
        for (let n = fate.publishes.length; n > 0; n--) refuse('journal');
        settle(error);
      },
    );
  }

  #settle(fate: Fate, outcome: 'durable' | Error): void {
    for (const pending of fate.publishes) {
      pending.outcome = outcome;
      acknowledge(pending.line);
    }
    this.#inFlight -= fate.publishes.length;
    if (this.#inFlight === 0) this.#onIdle?.();
  }

  #lineOf(connection: DeviceConnection): Line {
    let line = this.#lines.get(connection);
    if (!line) {
      line = { pending: [], failed: false };
      this.#lines.set(connection, line);
    }
    return line;
  }

  /** Resolves when nothing waits for the journal, or after `waitMs`. */
  async idle(waitMs: number): Promise<void> {
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function refusePublish(
  reason: Refusal,
  text: string,
  done: Done,
  countedBy: DeviceConnection | undefined,
): void {
  refuse(reason);
  countedBy?.settled();
  done(new Error(text));
}

/** Answers for all that nothing earlier waits for. */
function acknowledge(line: Line): void {
  const { pending } = line;
  for (let first = pending[0]; first && first.outcome !== 'waiting' && !line.failed; first = pending[0]) {
    pending.shift();
    const { done, countedBy, outcome } = first;
    if (outcome === 'durable') {
      countedBy?.settled();
      done();
      continue;
    }
    line.failed = true;
    // The acknowledgements before it are written at the end of this turn.
    setImmediate(() => {
      countedBy?.settled();
      done(outcome);
    });
  }
}
