import type { Logger } from 'pino';
import { UPLINK_KINDS } from '../contracts/mqtt.ts';
import type { Journal } from '../store/journal/port.ts';
import { boundedLog, type LogLine } from './bounded-log.ts';
import type { DeviceConnection } from './connection.ts';
import type { Limits } from './limits.ts';
import { appendSeconds, refuse, traffic } from './metrics.ts';

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
  readonly done: Done;
  outcome: 'waiting' | 'durable' | Error;
}

/** A connection's publishes in the order of arrival, which is the order of acknowledging (MQTT-4.6.0-2). */
interface Line {
  readonly pending: Pending[];
  /** Behind a failure nothing is acknowledged: the device sends it all again, in order. */
  failed: boolean;
}

const KINDS: ReadonlySet<string> = new Set(UPLINK_KINDS);

/**
 * Makes publishes durable. An acknowledgement follows `done()`; `done(error)` closes the connection without one,
 * and the device sends it again. Nothing is ever refused because of what its payload says: ingest judges that.
 */
export class Publishes {
  readonly #journal: Journal;
  readonly #limits: Limits;
  readonly #warn: LogLine;
  readonly #lines = new WeakMap<DeviceConnection, Line>();
  #inFlight = 0;
  #onIdle: (() => void) | undefined;

  constructor(deps: {
    readonly journal: Journal;
    readonly limits: Limits;
    readonly log: Logger;
  }) {
    this.#journal = deps.journal;
    this.#limits = deps.limits;
    this.#warn = boundedLog(deps.log);
  }

  /** Handles a device's own publish, which its connection has counted. */
  take(connection: DeviceConnection, publish: Publish, done: Done): void {
    const settle: Done = (error) => {
      connection.settled();
      done(error);
    };
    // A repetition of what was stored and not yet released: it gets its PUBREC again (MQTT-4.3.3-2).
    if (publish.qos === 2 && connection.unreleased.has(publish.messageId ?? 0)) settle();
    else this.#append(connection, publish, settle);
  }

  /** Handles what a device left to be published in case its connection broke. */
  takeWill(connection: DeviceConnection, publish: Publish, done: Done): void {
    this.#append(connection, publish, done);
  }

  #append(connection: DeviceConnection, publish: Publish, done: Done): void {
    const { identity } = connection;
    const { topic } = publish;
    const kind = identity && topic.startsWith(identity.prefix) ? topic.slice(identity.prefix.length) : '';
    if (!identity || !KINDS.has(kind)) {
      refuse('topic');
      this.#warn({ device: identity?.device, topic }, 'broker: publish to a topic that is not its own');
      done(new Error(`not allowed to publish to ${topic}`));
      return;
    }
    const payload = Buffer.isBuffer(publish.payload) ? publish.payload : Buffer.from(publish.payload);
    if (payload.length > this.#limits.payloadBytesMax) {
      refuse('payload_too_large');
      done(new Error(`a payload of ${payload.length} bytes is too large`));
      return;
    }

    const pending: Pending = { done, outcome: 'waiting' };
    const line = this.#lineOf(connection);
    line.pending.push(pending);
    this.#inFlight++;
    const startedAt = performance.now();
    const { site, device } = identity;
    const record = { site, device, kind, payload, receivedAt: Date.now(), retain: publish.retain };
    const finish = (outcome: 'durable' | Error): void => {
      pending.outcome = outcome;
      acknowledge(line);
      if (--this.#inFlight === 0) this.#onIdle?.();
    };
    this.#journal.append(record).then(
      () => {
        appendSeconds.observe((performance.now() - startedAt) / 1000);
        traffic.publishes++;
        traffic.bytes += payload.length;
        finish('durable');
      },
      (error: Error) => {
        refuse('journal');
        this.#warn({ err: error, device }, 'broker: publish not durable, connection closed');
        finish(error);
      },
    );
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

/** Answers for all that nothing earlier waits for. */
function acknowledge(line: Line): void {
  const { pending } = line;
  for (let first = pending[0]; first && first.outcome !== 'waiting' && !line.failed; first = pending[0]) {
    pending.shift();
    const { done, outcome } = first;
    if (outcome === 'durable') {
      done();
      continue;
    }
    line.failed = true;
    // The acknowledgements before it are written at the end of this turn.
    setImmediate(done, outcome);
  }
}
