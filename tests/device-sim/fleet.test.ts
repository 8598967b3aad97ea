import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IPublishPacket } from 'mqtt-packet';
import { afterEach, describe, expect, test } from 'vitest';
import { type FleetProgress, type SimulatedDeviceInput, zFleetConfig } from '../../contracts/fleet.ts';
import { zAck, zEvent, zState, zUplink } from '../../contracts/mqtt.ts';
import { HOUR_MS } from '../../device-sim/calendar.ts';
import { type FleetOptions, runFleet } from '../../device-sim/fleet.ts';
import { type RawBroker, startRawBroker } from './raw-broker.ts';

const NOW = Date.parse('2026-11-01T08:20:00+08:00');
const FROM = Date.parse('2026-10-20T00:00:00+08:00');
const meter = { id: 'E1', kind: 'electricity_meter', trade: 'meat', size: 1500, secret: 'e-secret' } as const;
const sensor = { id: 'S1', kind: 'stall_sensor', trade: 'meat', secret: 's-secret' } as const;
const gate = { id: 'G1', kind: 'gate', trade: 'gate', size: 3600, secret: 'g-secret' } as const;

let broker: RawBroker | undefined;
let fleets: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of fleets) await stop();
  fleets = [];
  await broker?.close();
});

/** Runs a fleet until the test, or its signal, ends it. */
function start(
  port: number,
  devices: readonly SimulatedDeviceInput[],
  options: Partial<FleetOptions> = {},
): { readonly done: Promise<FleetProgress>; stop(): Promise<FleetProgress> } {
  const config = zFleetConfig.parse({
    site: 'demo',
    timeZone: 'Asia/Shanghai',
    seed: 'fleet',
    historyFrom: FROM,
    devices,
  });
  const stopping = new AbortController();
  const done = runFleet({
    url: `mqtt://127.0.0.1:${port}`,
    config,
    startAt: NOW,
    signal: stopping.signal,
    ...options,
  });
  const stop = (): Promise<FleetProgress> => {
    stopping.abort();
    return done;
  };
  fleets.push(stop);
  return { done, stop };
}

const json = (publish: IPublishPacket): unknown => JSON.parse(publish.payload.toString());
const on = (topic: string) => (broker?.publishes ?? []).filter((p) => p.topic === topic);
const arrays = (topic: string) =>
  on(topic)
    .map(json)
    .filter((body) => Array.isArray(body));
const live = (topic: string) =>
  on(topic)
    .map(json)
    .filter((body) => !Array.isArray(body))
    .map((body) => zUplink.parse(body));

describe('a fleet', () => {
  test('connects each device by its own name and secret, with a Will, and announces it', async () => {
    broker = await startRawBroker();
    start(broker.port, [meter, sensor]);
    await expect.poll(() => on('v1/demo/S1/state').length + on('v1/demo/E1/state').length).toBe(2);
    const connect = broker.connects.find((c) => c.clientId === 'demo/E1');
    expect(connect).toMatchObject({ username: 'demo/E1', clean: true, protocolVersion: 4 });
    expect(String(connect?.password)).toBe('e-secret');
    expect(connect?.will).toMatchObject({ topic: 'v1/demo/E1/state', qos: 1, retain: true });
    expect(zState.parse(JSON.parse(String(connect?.will?.payload)))).toEqual({ online: false });
    const [state] = on('v1/demo/E1/state');
    expect(state).toMatchObject({ qos: 1, retain: true });
    expect(state && zState.parse(json(state)).online).toBe(true);
  });

  test('delivers every hour it has kept, in arrays, oldest first, and then is done', async () => {
    broker = await startRawBroker();
    const { done } = start(broker.port, [meter], { historyOnly: true });
    const last = await done;
    const items = arrays('v1/demo/E1/up')
      .flat()
      .map((item) => zUplink.parse(item));
    const hours = Math.floor((NOW - FROM) / HOUR_MS) + 1;
    expect(items.map((item) => item.ts)).toEqual(Array.from({ length: hours }, (_, i) => FROM + i * HOUR_MS));
    expect(last).toMatchObject({ historyDone: true, backfilled: hours, backfillTotal: hours, errors: {} });
    expect(last.acked).toBe(last.published);
    const values = items.map((item) => Number(item.values.energy_import));
    expect(values.every((value, i) => i === 0 || value >= (values[i - 1] ?? 0))).toBe(true);
  });

  test('a device that is restarted sends only what was not acknowledged', async () => {
    broker = await startRawBroker();
    const dir = mkdtempSync(join(tmpdir(), 'stallgrid-fleet-'));
    const flashFile = join(dir, 'flash.json');
    await start(broker.port, [meter], { historyOnly: true, flashFile }).done;
    broker.publishes.length = 0;
    await start(broker.port, [meter], { historyOnly: true, flashFile, startAt: NOW + 3 * HOUR_MS }).done;
    const again = arrays('v1/demo/E1/up')
      .flat()
      .map((item) => zUplink.parse(item).ts);
    const nextHour = Math.ceil(NOW / HOUR_MS) * HOUR_MS;
    expect(again).toEqual([nextHour, nextHour + HOUR_MS, nextHour + 2 * HOUR_MS]);
    rmSync(dir, { recursive: true });
  });

  test('reports live on its interval, and a stall that opens or closes at once', async () => {
    broker = await startRawBroker();
    // A minute in 100 ms.
    start(broker.port, [meter, sensor], { speed: 600 });
    await expect.poll(() => live('v1/demo/E1/up').length, { timeout: 20_000 }).toBeGreaterThan(5);
    await expect.poll(() => live('v1/demo/S1/up').length, { timeout: 20_000 }).toBeGreaterThan(20);
    const times = live('v1/demo/E1/up').map((u) => u.ts ?? 0);
    expect(times.slice(1, 5).map((ts, i) => ts - (times[i] ?? 0))).toEqual([60_000, 60_000, 60_000, 60_000]);
    const shutters = live('v1/demo/S1/up').map((u) => u.values.open);
    expect(shutters).toContain(true);
    expect(shutters).toContain(false);
  });

  test('a gate tells of each vehicle', async () => {
    broker = await startRawBroker();
    start(broker.port, [gate], { speed: 60 });
    await expect.poll(() => on('v1/demo/G1/event').length, { timeout: 20_000 }).toBeGreaterThan(3);
    const events = on('v1/demo/G1/event').map((p) => zEvent.parse(json(p)));
    expect(new Set(events.map((e) => e.id)).size).toBe(events.length);
    expect(events[0]).toMatchObject({
      type: 'pass',
      data: { plate: expect.any(String), class: expect.any(String) },
    });
  });

  test('a command is done once and acknowledged; an expired one is refused', async () => {
    broker = await startRawBroker();
    start(broker.port, [gate]);
    await expect.poll(() => on('v1/demo/G1/state').length).toBe(1);
    const command = (id: string, op: string, expires: number): string =>
      JSON.stringify({ id, op, args: {}, expires });
    const ids = [1, 2, 3].map((n) => `00000000-0000-4000-8000-00000000000${n}`);
    const [opened = '', expired = '', unknown = ''] = ids;
    const topic = 'v1/demo/G1/cmd';
    broker.send('demo/G1', topic, command(opened, 'open', NOW + 60_000));
    broker.send('demo/G1', topic, command(opened, 'open', NOW + 60_000));
    broker.send('demo/G1', topic, command(expired, 'open', NOW - 1));
    broker.send('demo/G1', topic, command(unknown, 'self_destruct', NOW + 60_000));
    broker.send('demo/G1', topic, 'not json');
    await expect.poll(() => on('v1/demo/G1/ack').length, { timeout: 10_000 }).toBe(3);
    const acks = new Map(
      on('v1/demo/G1/ack')
        .map((p) => zAck.parse(json(p)))
        .map((ack) => [ack.id, ack]),
    );
    expect(acks.get(opened)).toMatchObject({ ok: true, result: { barrier_open: true } });
    expect(acks.get(expired)).toMatchObject({ ok: false, result: { error: 'expired' } });
    expect(acks.get(unknown)).toMatchObject({ ok: false });
  });

  test('a lost broker costs nothing: what was measured meanwhile follows', async () => {
    broker = await startRawBroker();
    const { stop } = start(broker.port, [{ ...meter, from: NOW }], { speed: 120 });
    await expect.poll(() => live('v1/demo/E1/up').length, { timeout: 20_000 }).toBeGreaterThan(1);
    broker.drop();
    await expect.poll(() => arrays('v1/demo/E1/up').length, { timeout: 20_000 }).toBeGreaterThan(1);
    await stop();
    const measured = on('v1/demo/E1/up')
      .flatMap(json)
      .map((body) => zUplink.parse(body).ts ?? 0)
      .filter((ts) => ts > NOW);
    const instants = [...new Set(measured)].sort((a, b) => a - b);
    expect(instants.every((ts, i) => i === 0 || ts - (instants[i - 1] ?? 0) === 60_000)).toBe(true);
  });

  test('an outage ends the connection, and what was kept is sent after it', async () => {
    broker = await startRawBroker();
    const faults = { outage: { everyS: 1200, forS: 400 } };
    start(broker.port, [{ ...meter, from: NOW, faults }], { speed: 300 });
    await expect.poll(() => broker?.connects.length, { timeout: 20_000 }).toBeGreaterThan(2);
    await expect.poll(() => arrays('v1/demo/E1/up').length, { timeout: 20_000 }).toBeGreaterThan(2);
  });

  test('a dead device delivers what it had, and never comes back', async () => {
    broker = await startRawBroker();
    const deadFrom = FROM + 5 * HOUR_MS;
    const { done } = start(broker.port, [{ ...meter, faults: { deadFrom } }], { historyOnly: true });
    await done;
    const items = arrays('v1/demo/E1/up')
      .flat()
      .map((item) => zUplink.parse(item).ts);
    expect(items.at(-1)).toBe(deadFrom);
    expect(live('v1/demo/E1/up')).toEqual([]);
  });

  test('a clock that is ahead shows in what is sent, not in what was measured', async () => {
    broker = await startRawBroker();
    const twin = { ...meter, id: 'E2', loadKey: 'E1', faults: { clockAheadS: 420 } };
    await start(broker.port, [meter, twin], { historyOnly: true }).done;
    const right = arrays('v1/demo/E1/up')
      .flat()
      .map((item) => zUplink.parse(item));
    const ahead = arrays('v1/demo/E2/up')
      .flat()
      .map((item) => zUplink.parse(item));
    expect(ahead.map((u) => u.ts)).toEqual(right.map((u) => (u.ts ?? 0) + 420_000));
    expect(ahead.map((u) => u.values)).toEqual(right.map((u) => u.values));
  });

  test('refused devices are counted with the reason, and go on trying', async () => {
    let refusing = true;
    broker = await startRawBroker({ connack: () => (refusing ? 5 : 0) });
    const reports: FleetProgress[] = [];
    const { done } = start(broker.port, [meter], { historyOnly: true, onProgress: (p) => reports.push(p) });
    await expect.poll(() => Object.keys(reports.at(-1)?.errors ?? {}), { timeout: 10_000 }).toHaveLength(1);
    expect(Object.keys(reports.at(-1)?.errors ?? {})[0]).toMatch(/not authorized/i);
    refusing = false;
    expect(await done).toMatchObject({ historyDone: true });
  });
});
