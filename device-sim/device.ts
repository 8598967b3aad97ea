import { connect, type MqttClient } from 'mqtt';
import { topicOf } from '../contracts/mqtt.ts';
import { backfillInstants } from './backfill.ts';
import { applyBehaviours, type Behaviour, behavioursOf, inWindow, type Outgoing } from './behaviours.ts';
import { HOUR_MS } from './calendar.ts';
import type { Clock } from './clock.ts';
import { type Equipped, profileOf } from './equip.ts';
import type { Flash } from './flash.ts';
import { misread } from './misreadings.ts';
import { type OrderAnswer, takeOrders } from './orders.ts';
import { chance } from './random.ts';

export interface DeviceSurroundings {
  readonly url: string;
  readonly site: string;
  readonly historyFrom: number;
  readonly clock: Clock;
  readonly flash: Flash;
  /** Lets so many kept measurements through. */
  readonly pace: (items: number) => Promise<void>;
  /** Few devices deliver what they kept at the same time. */
  readonly limitBackfill: <T>(work: () => Promise<T>) => Promise<T>;
  readonly counters: FleetCounters;
  readonly onMessage?: ((device: string, kind: string, text: string) => void) | undefined;
}

export interface FleetCounters {
  published: number;
  acked: number;
  backfilled: number;
  readonly errors: Record<string, number>;
}

const BACKFILL_ITEMS = 120;
const BACKFILL_MESSAGES_IN_FLIGHT = 2;
const LIVE_UNACKED_MAX = 20;
const SHORT_MEMORY_MS = 24 * HOUR_MS;
const FIRMWARE = 'sim-1.0.0';

/**
 * One device on the network.
 *
 * - off: not connected and not trying to be (before the start, in an outage, at its life's end)
 * - connecting: mqtt.js tries, and tries again
 * - catching up: connected; what was measured since the last acknowledgement goes out first
 * - live: every interval and every change goes out as it is measured
 *
 * off → connecting → catching up → live; a lost connection leads back to connecting, an outage to off.
 */
export class Device {
  readonly id: string;
  readonly #equipped: Equipped;
  readonly #around: DeviceSurroundings;
  readonly #behaviours: readonly Behaviour[];
  readonly #intervalMs: number;
  readonly #phaseMs: number;
  readonly #endsAt: number;
  readonly #takeOrder: (payload: Buffer) => Promise<OrderAnswer>;
  readonly #waiting = new Set<(acked: boolean) => void>();
  #state: 'off' | 'connecting' | 'catching up' | 'live' = 'off';
  #client: MqttClient | undefined;
  /** Grows with every connection, so that what belongs to an earlier one knows to stop. */
  #connection = 0;
  #nextSample = 0;
  #nextChange = Number.POSITIVE_INFINITY;
  /** Of the present connection; a new one starts with an object of its own. */
  #inFlight = { count: 0 };
  /** The first catching up is over: everything kept from before the start is acknowledged. */
  caughtUp = false;

  constructor(equipped: Equipped, around: DeviceSurroundings) {
    const { spec, key } = equipped;
    this.id = spec.id;
    this.#equipped = equipped;
    this.#around = around;
    this.#behaviours = behavioursOf(spec.faults, key);
    this.#takeOrder = takeOrders({
      capability: equipped.capability,
      key,
      clock: around.clock,
      clockAheadMs: this.#clockAheadMs,
    });
    this.#intervalMs = profileOf(spec.kind).intervalS * 1000;
    this.#phaseMs = Math.floor(this.#intervalMs * chance(key, 0));
    this.#endsAt = Math.min(
      spec.faults.deadFrom ?? Number.MAX_SAFE_INTEGER,
      spec.until?.ts ?? Number.MAX_SAFE_INTEGER,
    );
  }

  get connected(): boolean {
    return this.#client?.connected ?? false;
  }

  /** What it would have to deliver if it connected now. */
  pending(): number[] {
    const { flash, clock, historyFrom } = this.#around;
    const { spec } = this.#equipped;
    const now = clock();
    const isMeter = spec.kind === 'electricity_meter' || spec.kind === 'water_meter';
    const from = spec.from ?? historyFrom;
    return backfillInstants({
      last: flash.lastAcked(this.id),
      from: isMeter ? from : Math.max(from, Math.floor((now - SHORT_MEMORY_MS) / HOUR_MS) * HOUR_MS),
      to: Math.min(now, this.#endsAt),
      intervalMs: this.#intervalMs,
      phaseMs: this.#phaseMs,
    });
  }

  /** Resolves with the first connection, or when the first attempt failed; mqtt.js goes on trying. */
  async start(): Promise<void> {
    if (this.#around.clock() >= this.#endsAt && this.pending().length === 0) {
      this.caughtUp = true;
      return;
    }
    const client = this.#connect();
    await new Promise<void>((resolve) => {
      client.once('connect', () => resolve());
      client.once('close', resolve);
    });
  }

  /** Does what is due. */
  tick(now: number): void {
    if (this.#state === 'off') {
      if (this.#client && !this.#inOutage(now) && now < this.#endsAt) this.#connect();
      return;
    }
    if (this.#state !== 'live') return;
    if (this.#inOutage(now) || now >= this.#endsAt) this.#disconnect();
    else if (now - this.#nextSample > 2 * this.#intervalMs) void this.#catchUp();
    else if (this.#inFlight.count < LIVE_UNACKED_MAX) this.#sendDue(now);
  }

  async stop(): Promise<void> {
    this.#state = 'off';
    this.#settle();
    const client = this.#client;
    this.#client = undefined;
    await new Promise<void>((resolve) =>
      client ? client.end(!client.connected, {}, () => resolve()) : resolve(),
    );
  }

  #inOutage(now: number): boolean {
    return inWindow(this.#equipped.spec.faults.outage, now, this.#equipped.key);
  }

  #connect(): MqttClient {
    const { url, site } = this.#around;
    const { spec, key } = this.#equipped;
    const name = `${site}/${spec.id}`;
    const client = connect(url, {
      clientId: name,
      username: name,
      password: spec.secret,
      clean: true,
      keepalive: 60,
      connectTimeout: 10_000,
      // A whole fleet that lost its broker must not come back in one instant.
      reconnectPeriod: 1_000 + Math.floor(3_000 * chance(key, 8)),
      reconnectOnConnackError: true,
      will: { topic: topicOf(site, spec.id, 'state'), payload: '{"online":false}', qos: 1, retain: true },
    });
    this.#client = client;
    this.#inFlight = { count: 0 };
    this.#state = 'connecting';
    client.on('connect', () => this.#onConnect());
    client.on('close', () => this.#onClose(client));
    client.on('message', (_topic, payload) => void this.#onCommand(payload));
    client.on('error', (error) => this.#count(error.message));
    return client;
  }

  #disconnect(): void {
    this.#state = 'off';
    this.#connection++;
    this.#settle();
    // Without DISCONNECT, as when the power goes: the broker publishes the Will.
    this.#client?.end(true);
  }

  #onConnect(): void {
    const { site, clock } = this.#around;
    this.#client?.subscribe(topicOf(site, this.id, 'cmd'), { qos: 1 }, (error) => {
      if (error) this.#count(error.message);
    });
    void this.#publish('state', JSON.stringify({ online: true, ts: clock(), firmware: FIRMWARE }));
    void this.#catchUp();
  }

  #onClose(client: MqttClient): void {
    if (client !== this.#client || this.#state === 'off') return;
    this.#state = 'connecting';
    this.#connection++;
    this.#settle();
  }

  async #catchUp(): Promise<void> {
    const { limitBackfill, clock } = this.#around;
    this.#state = 'catching up';
    const connection = ++this.#connection;
    const deliver = (): Promise<boolean> => this.#deliverKept(connection);
    // What fits one message need not queue behind weeks of others: the floor comes to life first.
    const delivered = await (this.pending().length <= BACKFILL_ITEMS ? deliver() : limitBackfill(deliver));
    if (!delivered || connection !== this.#connection) return;
    this.caughtUp = true;
    this.#state = 'live';
    const now = clock();
    this.#nextSample =
      Math.floor((now - this.#phaseMs) / this.#intervalMs + 1) * this.#intervalMs + this.#phaseMs;
    this.#nextChange = this.#equipped.capability.nextChange(now);
    if (now >= this.#endsAt) this.#disconnect();
  }

  /** Sends what was kept, oldest first, in arrays. False when the connection went meanwhile. */
  async #deliverKept(connection: number): Promise<boolean> {
    const { pace, flash, counters } = this.#around;
    const instants = this.pending();
    const inFlight: Promise<boolean>[] = [];
    for (let at = 0; at < instants.length; at += BACKFILL_ITEMS) {
      const part = instants.slice(at, at + BACKFILL_ITEMS);
      await pace(part.length);
      if (connection !== this.#connection) return false;
      const ts = part[part.length - 1] ?? 0;
      const text = `[${part.flatMap((instant) => this.#uplinks(instant, true)).join(',')}]`;
      const sent = this.#send([{ kind: 'up', ts, text, backfill: true }]).then((acked) => {
        if (!acked) return false;
        flash.acked(this.id, ts);
        counters.backfilled += part.length;
        return true;
      });
      inFlight.push(sent);
      if (inFlight.length >= BACKFILL_MESSAGES_IN_FLIGHT && !(await inFlight.shift())) return false;
    }
    return (await Promise.all(inFlight)).every(Boolean);
  }

  #sendDue(now: number): void {
    const { capability } = this.#equipped;
    const due: Outgoing[] = [];
    while (Math.min(this.#nextSample, this.#nextChange) <= now && due.length < LIVE_UNACKED_MAX) {
      const ts = Math.min(this.#nextSample, this.#nextChange);
      for (const event of capability.eventsAt(ts)) {
        const text = JSON.stringify({ ...event, ts: ts + this.#clockAheadMs });
        due.push({ kind: 'event', ts, text, backfill: false });
      }
      due.push(...this.#live(ts));
      if (ts === this.#nextSample) this.#nextSample += this.#intervalMs;
      if (ts === this.#nextChange) this.#nextChange = capability.nextChange(ts);
    }
    if (due.length === 0) return;
    const { flash } = this.#around;
    const ts = due[due.length - 1]?.ts ?? now;
    void this.#send(due).then((acked) => acked && flash.acked(this.id, ts));
  }

  get #clockAheadMs(): number {
    return (this.#equipped.spec.faults.clockAheadS ?? 0) * 1000;
  }

  #live(ts: number): Outgoing[] {
    return this.#uplinks(ts, false).map((text) => ({ kind: 'up', ts, text, backfill: false }));
  }

  #uplinks(ts: number, history: boolean): string[] {
    const { capability, spec } = this.#equipped;
    return misread(capability.sample(ts, history), spec.faults, ts).map((values) =>
      JSON.stringify({ ts: ts + this.#clockAheadMs, values }),
    );
  }

  /** Lets the faults act, then publishes. True once all of it is acknowledged. */
  async #send(messages: readonly Outgoing[]): Promise<boolean> {
    const out = applyBehaviours(this.#behaviours, messages);
    const acked = await Promise.all(out.map((m) => this.#publish(m.kind, m.text)));
    return acked.every(Boolean);
  }

  /** True when acknowledged, false when the connection was lost or the fleet stopped before. */
  #publish(kind: 'up' | 'event' | 'state' | 'ack', text: string): Promise<boolean> {
    const { site, counters, onMessage } = this.#around;
    const client = this.#client;
    if (!client?.connected) return Promise.resolve(false);
    counters.published++;
    const inFlight = this.#inFlight;
    inFlight.count++;
    onMessage?.(this.id, kind, text);
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      client.publish(topicOf(site, this.id, kind), text, { qos: 1, retain: kind === 'state' }, (error) => {
        inFlight.count--;
        this.#waiting.delete(resolve);
        if (error) this.#count(error.message);
        else counters.acked++;
        resolve(!error);
      });
    });
  }

  #settle(): void {
    for (const resolve of this.#waiting) resolve(false);
    this.#waiting.clear();
  }

  async #onCommand(payload: Buffer): Promise<void> {
    const { clock, onMessage } = this.#around;
    const { capability } = this.#equipped;
    onMessage?.(this.id, 'cmd', payload.toString());
    const answer = await this.#takeOrder(payload);
    if (answer.kind === 'unreadable') return this.#count('command that could not be read');
    if (answer.kind === 'again') return;
    void this.#publish('ack', answer.text);
    if (!answer.changed) return;
    const now = clock();
    void this.#send(this.#live(now));
    this.#nextChange = capability.nextChange(now);
  }

  #count(error: string): void {
    const { errors } = this.#around.counters;
    errors[error] = (errors[error] ?? 0) + 1;
  }
}
