import { afterAll, describe, expect, test } from 'vitest';
import { at } from '../billing/market.ts';
import { PNG, startMetering } from './metering-api.ts';

const { api, metered, sent, post, get, stored } = await startMetering();
afterAll(() => api.close());

describe('an exchange', () => {
  test('ends one meter and starts the next in one step, or changes nothing', async () => {
    const { point, register } = await metered();
    const other = await metered();
    await sent(register, [['2026-10-02', 110_000n]]);
    const swap = { at: at('2026-10-03'), endValue: '111', startValue: '7', multiplier: '30' };
    const path = `metering-points/${point}/exchange`;
    expect(await post(path, { ...swap, register: other.register })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('another metering point') },
    });
    expect((await post(path, { ...swap, register, endValue: '90' })).body.detail).toContain('confirm');
    expect((await post(path, { ...swap, register, at: at('2026-09-30') })).status).toBe(422);
    expect((await get(`installations?register=${register}`)).items).toMatchObject([{ endsAt: null }]);

    expect(await post(path, { ...swap, register })).toMatchObject({
      status: 201,
      body: { register, startValue: '7000', multiplier: '30.0000', endsAt: null },
    });
    expect((await get(`installations?register=${register}`)).items).toMatchObject([
      { endValue: '111000', multiplier: '1.0000' },
      { startValue: '7000' },
    ]);
  });

  test.each([
    ['less than the last reading', '90', 'reading_less'],
    ['more than the supply can deliver since', '99999', 'reading_more'],
  ])('with an end value %s is taken only from whoever says why', async (_what, endValue, code) => {
    const { point, register } = await metered();
    await sent(register, [['2026-10-02', 110_000n]]);
    const swap = { at: at('2026-10-03'), endValue, startValue: '7', register };
    const path = `metering-points/${point}/exchange`;
    const refused = await post(path, swap);
    expect(refused).toMatchObject({ status: 422, body: { code, values: { value: '110.000' } } });
    expect(refused.body.detail).toContain('send confirm: true and a note');
    expect((await post(path, { ...swap, confirm: true })).body).toMatchObject({
      ...{ status: 422, code: 'reading_unexplained' },
      detail: expect.stringContaining('body.note'),
    });
    expect((await get(`installations?register=${register}`)).items).toMatchObject([{ endsAt: null }]);
    expect(await stored(register)).toEqual(['110000 good device']);

    const note = 'the dial was set back in the workshop';
    expect((await post(path, { ...swap, confirm: true, note })).status).toBe(201);
    const { rows } = await api.db.$client.query(
      `SELECT detail FROM actions WHERE action = 'installation.exchange' AND subject = $1`,
      [`metering-point ${point}`],
    );
    expect(rows).toMatchObject([{ detail: { confirm: true, note, endValue } }]);
    const { rows: vouched } = await api.db.$client.query(
      'SELECT value FROM reading_vouchers WHERE register_id = $1',
      [register],
    );
    expect(vouched).toEqual([{ value: `${endValue}000` }]);
  });

  test('that takes a meter out without another, and its multiplier, ask the same', async () => {
    const { point, register } = await metered();
    await sent(register, [['2026-10-02', 110_000n]]);
    const change = { at: at('2026-10-03'), value: '90', multiplier: '40' };
    const multiplier = `metering-points/${point}/multiplier`;
    expect((await post(multiplier, change)).body.code).toBe('reading_less');
    expect((await post(multiplier, { ...change, confirm: true })).body.code).toBe('reading_unexplained');
    const { items } = await get(`installations?register=${register}`);
    const end = (more: object) =>
      post(`installations/${items[0].id}/end`, { endsAt: at('2026-10-03'), endValue: '90000', ...more });
    expect((await end({})).body.code).toBe('reading_less');
    expect((await end({ confirm: true })).body.code).toBe('reading_unexplained');
    expect((await get(`installations?register=${register}`)).items).toMatchObject([{ endsAt: null }]);
    expect((await end({ confirm: true, note: 'burnt out, read from the bill' })).body.endValue).toBe('90000');
  });

  test('a new multiplier ends and starts the same register at its value', async () => {
    const { point, register } = await metered();
    const change = { at: at('2026-10-03'), value: '105', multiplier: '40' };
    expect((await post(`metering-points/${point}/multiplier`, change, 'integrator')).status).toBe(403);
    expect(await post(`metering-points/${point}/multiplier`, change)).toMatchObject({
      status: 201,
      body: { register, startValue: '105000', multiplier: '40.0000' },
    });
    const { entries } = await get(`metering-points/${point}/history`);
    expect(entries[0]).toMatchObject({ kind: 'action', action: 'installation.multiplier' });
  });
});

test('a meter that is taken out or put in is on record, and its readings are judged again', async () => {
  const { point, register } = await metered();
  await sent(register, [['2026-10-03', 120_000n]]);
  const { items } = await get(`installations?register=${register}`);
  const ended = await post(`installations/${items[0].id}/end`, {
    ...{ endsAt: at('2026-10-04'), endValue: '130000' },
  });
  expect(ended.status).toBe(200);
  await sent(register, [['2026-10-06', 5_000n]]);
  const { code } = (await get(`metering-points/${point}/history`)).point;
  const started = await post('installations', {
    ...{ register, point: code, startsAt: at('2026-10-05'), startValue: '900000', multiplier: '1' },
  });
  expect(started.status).toBe(201);
  // 5 kWh after a start at 900 kWh: that cannot be.
  expect(await stored(register)).toContain('5000 quarantined device');
  const { entries } = await get(`metering-points/${point}/history`);
  const actions = entries.map(({ action }: { action: string | null }) => action).filter(Boolean);
  expect(actions).toEqual(['installation.start', 'installation.end']);
});

describe('a handover', () => {
  test('is refused without what each meter shows, and names the meters', async () => {
    const { stall, lease, point } = await metered();
    const ended = await post(`leases/${lease}/end`, { at: at('2026-10-05') });
    expect(ended).toMatchObject({ status: 422, body: { detail: expect.stringContaining(`P`) } });
    const meters = ended.body.errors.map(({ message }: { message: string }) => message).join(', ');
    expect(ended.body).toMatchObject({ code: 'handover_unread', values: { meters } });
    const patched = await api.call({
      method: 'PATCH',
      url: `/api/v1/leases/${lease}`,
      payload: { endsAt: at('2026-10-05') },
    });
    expect(patched.status).toBe(422);
    const state = await get(`stalls/${stall}/handover?at=${at('2026-10-05').toISOString()}`);
    expect(state.meters).toMatchObject([{ point, near: null, lastReading: null }]);
    expect((await get(`leases/${lease}`)).endsAt).toBeNull();
  });

  test('takes the values given, ends the lease and starts the next at one instant', async () => {
    const { stall, lease, point, register } = await metered();
    const party = (await get(`leases/${lease}`)).party.id;
    const handover = {
      at: at('2026-10-05 09:30'),
      readings: [{ point, value: '123.4', photo: PNG }],
      newLease: { party, charging: 'prepaid', tariffs: [{ commodity: 'electricity', tariff: 'T' }] },
    };
    const bad = await post(`stalls/${stall}/handover`, { ...handover, newLease: { party: 999_999 } });
    expect(bad.status).toBe(422);
    expect(await stored(register)).toEqual([]);
    const { body } = await post(`stalls/${stall}/handover`, handover);
    expect(body).toMatchObject({
      ended: { id: lease, endsAt: '2026-10-05T01:30:00.000Z' },
      started: { charging: 'prepaid', startsAt: '2026-10-05T01:30:00.000Z', tariffs: [{ tariff: 'T' }] },
    });
    expect(await stored(register)).toEqual(['123400 good manual']);
  });

  test('with a value that cannot be is refused, unless somebody says why', async () => {
    const { lease, point, register } = await metered();
    await sent(register, [['2026-10-02', 110_000n]]);
    const handover = { at: at('2026-10-05 09:30'), readings: [{ point, value: '90' }] };
    const path = `leases/${lease}/end`;
    expect((await post(path, handover)).body.code).toBe('reading_less');
    expect((await post(path, { ...handover, confirm: true })).body.code).toBe('reading_unexplained');
    expect((await get(`leases/${lease}`)).endsAt).toBeNull();
    expect(await stored(register)).toEqual(['110000 good device']);
    const explained = { ...handover, confirm: true, note: 'both agree on it' };
    expect((await post(path, explained)).status).toBe(200);
    expect(await stored(register)).toEqual(['110000 good device', '90000 good manual']);
  });

  test('waits for its instant: a lease is not ended ahead', async () => {
    const { lease } = await metered();
    const url = `/api/v1/leases/${lease}`;
    const ahead = await api.call({ method: 'PATCH', url, payload: { endsAt: '2999-01-01T00:00:00Z' } });
    expect(ahead).toMatchObject({ status: 422, body: { code: 'lease_end_ahead' } });
    expect((await get(`leases/${lease}`)).endsAt).toBeNull();
  });

  test('needs no value where the device itself measured within 15 minutes', async () => {
    const { lease, register } = await metered();
    await sent(register, [['2026-10-05 00:14', 120_000n]]);
    expect((await post(`leases/${lease}/end`, { at: at('2026-10-05') })).body).toMatchObject({
      endsAt: '2026-10-04T16:00:00.000Z',
    });
  });
});
