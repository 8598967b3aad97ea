import { afterAll, describe, expect, test } from 'vitest';
import { at, HOUR } from '../billing/market.ts';
import { PNG, startMetering } from './metering-api.ts';

const { api, metered, sent, scan, post, get, casesOf, stored } = await startMetering();
afterAll(() => api.close());

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
      'photo_kind',
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
