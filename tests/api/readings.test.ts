import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { monthPartitions } from '../../store/partitions.ts';
import { scanReadings } from '../../store/reading-scan.ts';
import { insertReadings } from '../../store/readings.ts';
import { at, buildMarket, FLAT, HOUR, type Market } from '../billing/market.ts';
import { startTestApi, type TestApi } from './support.ts';

let api: TestApi;
let market: Market;
let house: number;
let tariff: number;
let frame = 0;
const NOW = new Date('2026-10-20T00:00:00Z');
const PNG = Buffer.from('89504e470d0a1a0a0000', 'hex').toString('base64');

beforeAll(async () => {
  api = await startTestApi();
  market = await buildMarket(api.db, 's1');
  tariff = await market.tariff('T', '2026-01-01', FLAT);
  house = await market.lease(null, '2026-01-01', null, { tariff });
  expect(house).toBeGreaterThan(0);
});
afterAll(() => api.close());

/** A leased stall with a meter that showed 100 kWh on 1 October. */
async function metered() {
  const stall = await market.stall();
  const lease = await market.lease(stall, '2026-09-01', null, { tariff });
  const point = await market.point(stall);
  const register = await market.meter(point, '2026-10-01', 100_000n);
  return { stall, lease, point, register };
}

/** As ingest stores what a device sent, and moves its cursor. */
async function sent(
  register: number,
  rows: readonly (readonly [local: string, value: bigint])[],
  quality: 'good' | 'future' = 'good',
): Promise<void> {
  frame++;
  const readings = rows.map(([local, value]) => ({
    ...{ registerId: register, ts: at(local).getTime(), value, quality },
    ...{ receivedAt: at(local).getTime(), journalSeq: frame },
  }));
  await monthPartitions('readings').ensure(api.db.$client, readings);
  await insertReadings(api.db.$client, readings);
  await api.db.$client.query(
    `INSERT INTO journal_cursors VALUES ('ingest', $1) ON CONFLICT (reader) DO UPDATE SET seq = $1`,
    [frame],
  );
}
async function scan(): Promise<void> {
  while (!(await scanReadings(api.db, NOW)).isCaughtUp);
}
const post = (path: string, payload: object, as?: 'biller' | 'auditor' | 'integrator') =>
  api.call({ method: 'POST', url: `/api/v1/${path}`, payload, as });
const get = async (path: string) => (await api.call({ url: `/api/v1/${path}` })).body;
const casesOf = async (kind: string, register: number, status = 'open') =>
  (await get(`cases?site=s1&kind=${kind}&status=${status}`)).items.filter(
    (one: { subject: { registerId: number } }) => one.subject.registerId === register,
  );
const stored = async (register: number): Promise<string[]> =>
  (await get(`registers/${register}/readings`)).items
    .reverse()
    .map((r: { value: string; quality: string; source: string }) => `${r.value} ${r.quality} ${r.source}`);

describe('two values for one instant', () => {
  test('open a case with the one that fits; a person chooses, and the other one stays on record', async () => {
    const { register } = await metered();
    await sent(register, [
      ['2026-10-02', 110_000n],
      ['2026-10-03', 910_000n],
      ['2026-10-04', 130_000n],
    ]);
    await sent(register, [['2026-10-03', 120_000n]]);
    const [one] = await casesOf('reading_conflict', register);
    expect(one).toMatchObject({
      status: 'open',
      count: 1,
      subject: { device: expect.any(String), stall: expect.any(String) },
    });
    const around = await get(`registers/${register}/around?ts=${one.subject.ts}`);
    expect(around).toMatchObject({ suggestion: '120000', conflicts: [{ value: '120000', decidedBy: null }] });

    const decide = (payload: object) => post(`cases/${one.id}/reading-conflict`, payload, 'biller');
    expect(await decide({ value: '99999999' })).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('confirm') },
    });
    const decided = await decide({ value: '120000', note: 'checked' });
    expect(decided).toMatchObject({
      status: 200,
      body: { status: 'closed', resolution: 'chosen', note: 'checked' },
    });
    expect(await stored(register)).toEqual([
      '110000 good device',
      '120000 good device',
      '130000 good device',
    ]);
    expect((await get(`registers/${register}/around?ts=${one.subject.ts}`)).conflicts).toMatchObject([
      { value: '120000', decidedBy: 'key:biller/' },
      { value: '910000', decidedBy: 'key:biller/' },
    ]);
    // The value that lost may come again: it was decided.
    await sent(register, [['2026-10-03', 910_000n]]);
    expect(await casesOf('reading_conflict', register)).toEqual([]);
    expect((await decide({ value: '120000' })).status).toBe(409);
    const { rows } = await api.db.$client.query(
      `SELECT count(*)::int AS n FROM change_history WHERE table_name = 'readings' AND row_key LIKE $1`,
      [`${register} %`],
    );
    expect(rows[0].n).toBeGreaterThan(0);
  });

  test('another value than both is entered by hand', async () => {
    const { register } = await metered();
    await sent(register, [['2026-10-02', 110_000n]]);
    await sent(register, [['2026-10-02', 120_000n]]);
    const [one] = await casesOf('reading_conflict', register);
    expect((await post(`cases/${one.id}/reading-conflict`, { value: '115000' })).status).toBe(200);
    expect(await stored(register)).toEqual(['115000 good manual']);
  });
});

describe('what cannot be', () => {
  test('a glitch is quarantined and closed by rule', async () => {
    const { register } = await metered();
    await sent(register, [
      ['2026-10-02', 110_000n],
      ['2026-10-03', 0n],
      ['2026-10-04', 120_000n],
    ]);
    await scan();
    expect(await stored(register)).toEqual([
      '110000 good device',
      '0 quarantined device',
      '120000 good device',
    ]);
    expect(await casesOf('reading_refused', register)).toEqual([]);
    expect(await casesOf('reading_refused', register, 'closed')).toMatchObject([
      { closedBy: 'rule', resolution: 'glitch', subject: { reason: 'decreased', value: '0' } },
    ]);
    await scan();
    expect(await casesOf('reading_refused', register, 'closed')).toHaveLength(1);
  });

  test('one case holds all that follows from one fall; an exchange explains it', async () => {
    const { point, register } = await metered();
    await sent(register, [['2026-10-02', 110_000n]]);
    await sent(register, [
      ['2026-10-03', 500n],
      ['2026-10-04', 900n],
    ]);
    await scan();
    await sent(register, [['2026-10-05', 1_300n]]);
    await scan();
    const open = await casesOf('reading_refused', register);
    expect(open).toMatchObject([
      { count: 3, subject: { reason: 'decreased', before: { value: '110000' }, after: null } },
    ]);
    const decide = (payload: object) => post(`cases/${open[0].id}/reading-refused`, payload);
    const fault = await decide({
      decision: 'exchange',
      at: at('2026-10-02 12:00'),
      endValue: '50',
      startValue: '0',
    });
    expect(fault).toMatchObject({ status: 422, body: { detail: expect.stringContaining('body.endValue') } });
    const done = await decide({
      decision: 'exchange',
      at: at('2026-10-02 12:00'),
      endValue: '112.5',
      startValue: '0',
    });
    expect(done.body).toMatchObject({ status: 'closed', resolution: 'exchange' });
    expect(await stored(register)).toEqual([
      '110000 good device',
      '500 good device',
      '900 good device',
      '1300 good device',
    ]);
    const { entries } = await get(`metering-points/${point}/history`);
    expect(entries.map(({ kind, value }: { kind: string; value: string }) => `${kind} ${value}`)).toEqual([
      'action null',
      'installed 0',
      'manual 0',
      'manual 112500',
      'removed 112500',
      'installed 100000',
    ]);
  });

  test('a jump is believed once a person accepts it, and later readings go on from it', async () => {
    const { register } = await metered();
    await sent(register, [
      ['2026-10-02', 110_000n],
      ['2026-10-02 01:00', 990_000n],
      ['2026-10-02 02:00', 991_000n],
    ]);
    await scan();
    const [one] = await casesOf('reading_refused', register);
    expect(one).toMatchObject({ count: 2, subject: { reason: 'jumped' } });
    expect((await post(`cases/${one.id}/reading-refused`, { decision: 'accept' }, 'auditor')).status).toBe(
      403,
    );
    expect((await post(`cases/${one.id}/reading-refused`, { decision: 'accept' })).status).toBe(200);
    expect(await stored(register)).toEqual([
      '110000 good device',
      '990000 good device',
      '991000 good device',
    ]);
    await scan();
    expect(await casesOf('reading_refused', register)).toEqual([]);
  });

  test('a wrong maximum power is set right; too little changes nothing', async () => {
    const { register } = await metered();
    await sent(register, [
      ['2026-10-02', 110_000n],
      ['2026-10-02 01:00', 990_000n],
    ]);
    await scan();
    const [one] = await casesOf('reading_refused', register);
    const decide = (maxRate: number) =>
      post(`cases/${one.id}/reading-refused`, { decision: 'max_rate', maxRate });
    expect((await decide(200_000)).status).toBe(422);
    expect((await get(`cases/${one.id}`)).status).toBe('open');
    expect((await decide(900_000)).status).toBe(200);
    expect(await stored(register)).toEqual(['110000 good device', '990000 good device']);
  });

  test('rejected ones are never charged; what was really shown is entered with a picture', async () => {
    const { register } = await metered();
    await sent(register, [
      ['2026-10-02', 110_000n],
      ['2026-10-02 01:00', 990_000n],
      ['2026-10-02 02:00', 995_000n],
    ]);
    await scan();
    const [one] = await casesOf('reading_refused', register);
    const entered = {
      decision: 'manual',
      ts: at('2026-10-02 03:00'),
      value: '111.2',
      photo: PNG,
      note: 'on the spot',
    };
    expect((await post(`cases/${one.id}/reading-refused`, entered)).body).toMatchObject({
      resolution: 'manual',
    });
    expect(await stored(register)).toEqual([
      '110000 good device',
      '990000 rejected device',
      '995000 rejected device',
      '111200 good manual',
    ]);
  });
});

describe('a reading entered by hand', () => {
  test('is stored with its picture, which is served as nothing else', async () => {
    const { register, point } = await metered();
    const entered = { ts: at('2026-10-02'), value: '110.5', photo: PNG, note: 'meter offline' };
    expect(await post(`registers/${register}/readings`, entered, 'biller')).toMatchObject({
      status: 201,
      body: { value: '110500', unit: 'Wh', source: 'manual', quality: 'good' },
    });
    const { entries } = await get(`metering-points/${point}/history`);
    const manual = entries.find(({ kind }: { kind: string }) => kind === 'manual');
    expect(manual).toMatchObject({
      value: '110500',
      actor: 'key:biller/',
      note: 'meter offline',
      period: '2026-10',
    });
    const photo = await api.app.inject({
      url: `/api/v1/reading-photos/${manual.photo}`,
      headers: { authorization: `Bearer ${await api.keyOf('biller')}` },
    });
    expect(photo.rawPayload.toString('base64')).toBe(PNG);
    expect(photo.headers).toMatchObject({ 'content-type': 'image/png', 'x-content-type-options': 'nosniff' });
    expect((await api.call({ url: `/api/v1/reading-photos/${manual.photo}`, as: 'nobody' })).status).toBe(
      401,
    );
  });

  test.each([
    ['less than before', { value: '90' }, 'body.confirm', 'reading_less'],
    ['more than can be', { value: '99999' }, 'body.confirm', 'reading_more'],
    ['more than the dial shows', { value: '100000000', confirm: true }, 'body.value', 'reading_beyond_dial'],
    [
      'no picture',
      { value: '111', photo: Buffer.from('<svg/>').toString('base64') },
      'body.photo',
      undefined,
    ],
    ['the future', { value: '111', ts: '2999-01-01T00:00:00Z' }, 'body.ts', 'reading_ahead'],
    [
      'before the meter',
      { value: '111', ts: '2026-09-01T00:00:00Z', confirm: true },
      'body.ts',
      'reading_without_meter',
    ],
    [
      'an instant that has a reading',
      { value: '111', ts: at('2026-10-02') },
      'at that instant',
      'reading_taken',
    ],
  ])('with %s is refused, and nothing is stored', async (_what, payload, detail, code) => {
    const { register } = await metered();
    await sent(register, [['2026-10-02', 110_000n]]);
    const answer = await post(`registers/${register}/readings`, { ts: at('2026-10-02 01:00'), ...payload });
    expect(answer.status).toBeGreaterThanOrEqual(409);
    expect(answer.body.detail).toContain(detail);
    expect(answer.body.code).toBe(code);
    expect(await stored(register)).toEqual(['110000 good device']);
  });

  test('that is doubtful is believed when it is confirmed', async () => {
    const { register } = await metered();
    const entered = { ts: at('2026-10-01 01:00'), value: '5000', confirm: true };
    const path = `registers/${register}/readings`;
    expect((await post(path, { ...entered, note: ' ' })).body.code).toBe('reading_unexplained');
    expect(await stored(register)).toEqual([]);
    expect((await post(path, { ...entered, note: 'the generator ran' })).status).toBe(201);
    await sent(register, [['2026-10-02', 5_001_000n]]);
    await scan();
    expect(await stored(register)).toEqual(['5000000 good manual', '5001000 good device']);
  });
});

describe('a device whose clock ran ahead', () => {
  test('waits for a person, who accepts some, moves others and rejects the rest', async () => {
    const { register } = await metered();
    const hours = [0, 1, 2, 3, 4, 5].map(
      (n) => [`2026-10-02 0${n}:00`, 110_000n + BigInt(n) * 1_000n] as const,
    );
    await sent(register, hours, 'future');
    await scan();
    const device = `s1-M`;
    const all = (await get('cases?site=s1&kind=clock_ahead&status=open')).items;
    const one = all.find((c: { subject: { device: string } }) => c.subject.device.startsWith(device));
    expect(await get(`devices/${one.key}/clock-ahead`)).toMatchObject({
      count: 6,
      from: '2026-10-01T16:00:00.000Z',
      newest: [{ value: '115000', register, unit: 'Wh' }, {}, {}, {}, {}, {}],
    });
    const decide = (payload: object) => post(`cases/${one.id}/clock-ahead`, payload);
    const from = at('2026-10-02');
    expect((await decide({ decision: 'accept', from, to: at('2026-10-02 02:00') })).body.status).toBe('open');
    const moved = { decision: 'shift', from, to: at('2026-10-02 04:00'), offsetMs: -HOUR / 2 };
    expect((await decide(moved)).body.status).toBe('open');
    const again = await decide(moved);
    expect([again.status, again.body.code]).toEqual([422, 'none_waiting']);
    const rejected = await decide({ decision: 'reject', from, to: at('2026-10-03') });
    expect(rejected.body).toMatchObject({ status: 'closed', resolution: 'reject' });
    expect(rejected.body.decisions.map(({ action }: { action: string }) => action)).toEqual([
      'case.accept',
      'case.shift',
      'case.reject',
    ]);
    expect(await stored(register)).toEqual([
      '110000 good device',
      '111000 good device',
      '112000 good manual',
      '112000 rejected device',
      '113000 good manual',
      '113000 rejected device',
      '114000 rejected device',
      '115000 rejected device',
    ]);
  });
});

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
