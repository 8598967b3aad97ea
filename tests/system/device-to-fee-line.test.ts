import { Temporal } from 'temporal-polyfill';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { type LiveMessage, zLiveMessage } from '../../contracts/live.ts';
import type { SwarmClient } from '../../device-sim/swarm/connection.ts';
import { fixedPayload, meterPayload, type SwarmPayload } from '../../device-sim/swarm/payloads.ts';
import { runSwarm } from '../../device-sim/swarm/run.ts';
import { OCCUPANCY } from '../../domain/occupancy.ts';
import { eventually } from '../support/eventually.ts';
import { ADMIN_TOKEN, type Platform, startPlatform } from '../support/platform.ts';

const SITE = 'market';
const ZONE = 'Asia/Shanghai';
const thisMonth = Temporal.Now.zonedDateTimeISO(ZONE).startOfDay().with({ day: 1 });
const lastMonth = thisMonth.subtract({ months: 1 });
const period = lastMonth.toPlainDate().toPlainYearMonth().toString();
const hours = lastMonth.until(thisMonth, { largestUnit: 'hours' }).hours;
const iso = (instant: Temporal.ZonedDateTime): string => instant.toInstant().toString();

let platform: Platform;
beforeAll(async () => {
  // No DATABASE_URL: the platform as a stranger starts it, on its embedded stores.
  platform = await startPlatform();
});
afterAll(() => platform?.remove());

async function publish(client: SwarmClient, payload: SwarmPayload, messages: number): Promise<void> {
  const result = await runSwarm({
    host: '127.0.0.1',
    port: platform.mqttPort,
    clients: [client],
    window: 10,
    durationMs: 60_000,
    messagesPerClient: messages,
    payload,
  });
  expect(result).toMatchObject({ acked: messages, errors: {} });
}

interface Created {
  id: string;
  secret: string;
  mqtt: { clientId: string; username: string };
  registers: { id: number }[];
}

async function register(
  serial: string,
  profile: string,
): Promise<{ client: SwarmClient; registers: { id: number }[] }> {
  const device = await platform.api<Created>('POST', '/api/v1/devices', {
    site: SITE,
    serial,
    profile,
    place: 'A-01',
  });
  const client = { ...device.mqtt, password: device.secret, topic: `v1/${SITE}/${device.id}/up` };
  return { client, registers: device.registers };
}

test('an empty installation is set up over REST, and what its devices say is seen live and charged', {
  timeout: 120_000,
}, async () => {
  const post = <T>(path: string, body: unknown): Promise<T> => platform.api('POST', `/api/v1/${path}`, body);
  await post('sites', { id: SITE, name: '新市场', timeZone: ZONE, currency: 'CNY' });
  const plan = { width: 40, height: 30, walls: [], labels: [] };
  const floor = await post<{ id: number }>('places', { site: SITE, kind: 'floor', code: 'F1', plan });
  const rect = { x: 1, y: 1, w: 3, h: 3 };
  const stall = await post<{ id: number }>('places', {
    site: SITE,
    kind: 'stall',
    code: 'A-01',
    parent: 'F1',
    rect,
  });
  const party = await post<{ id: number }>('parties', { name: '王记水产', initials: 'wjsc' });
  await post('tariffs', {
    site: SITE,
    code: 'flat',
    name: 'Flat',
    commodity: 'electricity',
    effectiveFrom: iso(lastMonth),
    definition: { components: [{ code: 'energy', price: { kind: 'flat', unitPrice: '1.25' } }] },
  });
  await post('leases', {
    site: SITE,
    stall: 'A-01',
    party: party.id,
    startsAt: iso(lastMonth),
    tariffs: [{ commodity: 'electricity', tariff: 'flat' }],
  });
  const meter = await register('meter-1', 'electricity-meter');
  const sensor = await register('sensor-1', 'stall-sensor');
  const registerId = meter.registers[0]?.id;
  await post('installations', {
    register: registerId,
    stall: 'A-01',
    startsAt: iso(lastMonth),
    startValue: '100000000',
    multiplier: '40',
  });

  // Live: the sensor opens the stall, and a dashboard sees it without asking again.
  const socket = new WebSocket(`${platform.url.replace('http', 'ws')}/api/v1/live?floor=${floor.id}`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  const messages: LiveMessage[] = [];
  socket.on('message', (data) => messages.push(zLiveMessage.parse(JSON.parse(String(data)))));
  const occupancy = (type: 'snapshot' | 'delta'): string | undefined => {
    const tuples = messages
      .flatMap((m) => (m.type === type ? m.stalls : []))
      .filter(([id]) => id === stall.id);
    return OCCUPANCY[tuples.at(-1)?.[1] ?? -1];
  };
  await eventually(() => expect(occupancy('snapshot')).toBe('unknown'));
  await publish(sensor.client, fixedPayload(Buffer.from(`{"ts":${Date.now()},"values":{"open":true}}`)), 1);
  await eventually(() => expect(occupancy('delta')).toBe('occupied'));
  socket.close();

  // Money: a reading an hour over last month, each 1 Wh above the last, behind a 40:1 transformer.
  const payload = meterPayload({ startTs: lastMonth.epochMilliseconds, stepMs: 3_600_000 });
  await publish(meter.client, payload, hours + 1);
  await eventually(async () => {
    const path = `/api/v1/registers/${registerId}/readings?limit=1000`;
    expect((await platform.api<{ items: unknown[] }>('GET', path)).items).toHaveLength(hours + 1);
  });
  const bill = async (): Promise<{ status: string; linesPosted: number }> => {
    const run = await post<{ id: number }>('billing/runs', { site: SITE, period });
    return eventually(async () => {
      const state = await platform.api<{ status: string; linesPosted: number }>(
        'GET',
        `/api/v1/billing/runs/${run.id}`,
      );
      expect(['succeeded', 'failed']).toContain(state.status);
      return state;
    });
  };
  expect(await bill()).toMatchObject({ status: 'succeeded', linesPosted: 1 });
  const { items } = await platform.api<{ items: { id: number }[] }>(
    'GET',
    `/api/v1/fee-lines?site=${SITE}&period=${period}`,
  );
  // hours × 1 Wh × 40 at 1.25 a kWh, in cents, half up.
  const amount = Math.floor((hours * 40 * 125) / 1000 + 0.5);
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({
    lease: { party: '王记水产', stall: 'A-01' },
    quantity: String(hours * 40),
    unitPrice: '1.25',
    amount: String(amount),
    kind: 'original',
  });
  const line = await platform.api<{ evidence: unknown }>('GET', `/api/v1/fee-lines/${items[0]?.id}`);
  const evidence = JSON.stringify(line.evidence);
  expect(evidence).toContain('100000000');
  expect(evidence).toContain(String(100_000_000 + hours));
  expect(await bill()).toMatchObject({ status: 'succeeded', linesPosted: 0 });
});
