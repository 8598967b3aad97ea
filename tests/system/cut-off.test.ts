import { afterAll, beforeAll, expect, test } from 'vitest';
import { zFleetConfig } from '../../contracts/fleet.ts';
import { runFleet } from '../../device-sim/fleet.ts';
import { eventually } from '../support/eventually.ts';
import { type Platform, startPlatform } from '../support/platform.ts';

const SITE = 'market';
const HOUR_MS = 3_600_000;

let platform: Platform;
const stopping = new AbortController();
let fleet: Promise<unknown> = Promise.resolve();
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(async () => {
  stopping.abort();
  await fleet;
  await platform?.remove();
});

test('a meter is cut off and, after a top-up, reconnected: each counts once the meter has acknowledged it', {
  timeout: 120_000,
}, async () => {
  const post = <T>(path: string, body: unknown): Promise<T> => platform.api('POST', `/api/v1/${path}`, body);
  const get = <T>(path: string): Promise<T> => platform.api('GET', `/api/v1/${path}`);
  const startsAt = new Date(Date.now() - 30 * HOUR_MS).toISOString();
  await post('sites', { id: SITE, name: '新市场', timeZone: 'Asia/Shanghai', currency: 'CNY' });
  await post('places', {
    ...{ site: SITE, kind: 'floor', code: 'F1', plan: { width: 40, height: 30, walls: [], labels: [] } },
  });
  await post('places', {
    ...{ site: SITE, kind: 'stall', code: 'A-01', parent: 'F1', rect: { x: 1, y: 1, w: 3, h: 3 } },
  });
  const party = await post<{ id: number }>('parties', { name: '王记水产', initials: 'wjsc' });
  const lease = await post<{ id: number }>('leases', {
    ...{ site: SITE, stall: 'A-01', party: party.id, charging: 'prepaid', startsAt },
  });
  const meter = await post<{ id: string; secret: string; registers: { id: number }[] }>('devices', {
    ...{ site: SITE, serial: 'meter-1', profile: 'electricity-meter', place: 'A-01' },
  });
  await post('installations', {
    ...{ register: meter.registers[0]?.id, stall: 'A-01', startsAt, startValue: '0' },
  });
  fleet = runFleet({
    url: `mqtt://127.0.0.1:${platform.mqttPort}`,
    config: zFleetConfig.parse({
      site: SITE,
      timeZone: 'Asia/Shanghai',
      seed: 'cut-off',
      historyFrom: Date.parse(startsAt) + HOUR_MS,
      devices: [
        { id: meter.id, kind: 'electricity_meter', trade: 'seafood', size: 60_000, secret: meter.secret },
      ],
    }),
    signal: stopping.signal,
  });
  const latest = async (): Promise<Record<string, number>> =>
    (await get<{ latest: { values: Record<string, number> } }>(`devices/${meter.id}`)).latest.values;
  await eventually(async () => expect((await latest())['power']).toBeGreaterThan(0));
  const balance = () => get<{ balance: string; supply: { state: string } }>(`balances/${lease.id}`);
  expect(await balance()).toMatchObject({ balance: '0', supply: { state: 'connected' } });

  const step = await post(`supplies/${lease.id}/steps`, { step: 'manual_cut', reason: 'test of the relay' });
  expect(step).toMatchObject({ to: 'cutting', commands: 1 });
  await eventually(async () => expect((await balance()).supply.state).toBe('cut'));
  await eventually(async () => expect((await latest())['power']).toBe(0));
  const [order] = (await get<{ items: object[] }>(`devices/${meter.id}/commands`)).items;
  expect(order).toMatchObject({ op: 'relay_open', status: 'succeeded', result: { relay: 'open' } });

  const topUp = { purpose: 'top_up', lease: lease.id, amount: '5000', provider: 'cash', receiptNo: 'R-1' };
  await post('charges', topUp);
  await eventually(async () =>
    expect(await balance()).toMatchObject({ balance: '5000', supply: { state: 'connected' } }),
  );
  const { items } = await get<{ items: { step: string; actor: string }[] }>(`supplies/${lease.id}/events`);
  expect(items.map((event) => event.step).reverse()).toEqual([
    ...['manual_cut', 'confirm_cut', 'reconnect', 'confirm_reconnect'],
  ]);
});
