import { describe, expect, it } from 'vitest';
import { decode, decodeOne, good, METER, refusalsOf, TS } from './decoding.ts';
import { NOW, record, SITE } from './fixture.ts';

describe('an uplink that is as it should be', () => {
  it('becomes telemetry and a reading', () => {
    const batch = decodeOne({ id: 'x', ...good });
    expect(batch.telemetry).toEqual([
      { site: SITE, device: METER, ts: TS, values: { energy_import: 1.5, power: 10 } },
    ]);
    expect(batch.readings).toEqual([
      { registerId: 7, ts: TS, value: 1500n, quality: 'good', receivedAt: NOW, journalSeq: 3 },
    ]);
    expect(batch.deadLetters).toEqual([]);
  });

  it('may name its points by OBIS code', () => {
    const batch = decodeOne({ ts: TS, values: { '1-0:1.8.0': 2, '1-0:1.7.0': 5 } });
    expect(batch.telemetry[0]?.values).toEqual({ energy_import: 2, power: 5 });
    expect(batch.readings).toHaveLength(1);
  });

  it('may say its time in ISO 8601 with an offset', () => {
    const batch = decodeOne({ ...good, ts: '2026-10-15T15:59:59.000+08:00' });
    expect(batch.readings[0]?.ts).toBe(Date.UTC(2026, 9, 15, 7, 59, 59));
  });

  it('may be many in an array', () => {
    const batch = decodeOne([good, { ...good, ts: TS - 1 }, { ...good, ts: TS - 2 }]);
    expect(batch.readings.map((r) => r.ts)).toEqual([TS, TS - 1, TS - 2]);
    expect(batch.telemetry).toHaveLength(3);
  });

  it('is flagged when its clock runs more than five minutes ahead', () => {
    expect(decodeOne({ ...good, ts: NOW + 300_001 }).readings[0]?.quality).toBe('future');
    expect(decodeOne({ ...good, ts: NOW + 300_000 }).readings[0]?.quality).toBe('good');
  });

  it('without a time is shown at the time it was received, and is never a reading', () => {
    const batch = decodeOne({ values: good.values });
    expect(batch.telemetry[0]?.ts).toBe(NOW);
    expect(batch.readings).toEqual([]);
    expect(batch.deadLetters).toEqual([]);
  });

  it('that the broker was asked to retain is shown, and is never a reading', () => {
    const batch = decodeOne(good, METER, { retain: true });
    expect(batch.telemetry).toHaveLength(1);
    expect(batch.readings).toEqual([]);
  });

  it('may be empty: the device was heard', () => {
    const batch = decodeOne({ ts: TS, values: {} });
    expect(batch.telemetry).toEqual([]);
    expect(batch.deadLetters).toEqual([]);
    expect(batch.sightings.get(METER)).toMatchObject({ seenAt: NOW, measuredAt: TS });
  });
});

describe('a payload that cannot be taken becomes a dead letter', () => {
  const deep = Buffer.from(`{"ts":${TS},"type":"x","data":{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}}`);
  it.each<[string, unknown, string]>([
    ['nothing', Buffer.alloc(0), 'not_json'],
    ['half of an object', Buffer.from('{"ts":1'), 'not_json'],
    ['text', Buffer.from('hello'), 'not_json'],
    ['NaN', Buffer.from(`{"ts":${TS},"values":{"power":NaN}}`), 'not_json'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'not_json'],
    ['binary', Buffer.from([0, 1, 2, 3, 254]), 'not_json'],
    ['null', null, 'wrong_shape'],
    ['a number', 5, 'wrong_shape'],
    ['a string', 'up', 'wrong_shape'],
    ['no values', { ts: TS }, 'wrong_shape'],
    ['values that are an array', { ts: TS, values: [1] }, 'wrong_shape'],
    ['values that are null', { ts: TS, values: null }, 'wrong_shape'],
    ['an id that is a number', { ...good, id: 5 }, 'wrong_shape'],
    ['an id of 65 characters', { ...good, id: 'x'.repeat(65) }, 'wrong_shape'],
    ['a time that is null', { ...good, ts: null }, 'bad_timestamp'],
    ['a time with a fraction of a millisecond', { ...good, ts: TS + 0.5 }, 'bad_timestamp'],
    ['a time that is no date', { ...good, ts: 'yesterday' }, 'bad_timestamp'],
    ['a time without an offset', { ...good, ts: '2026-10-15T08:00:00' }, 'bad_timestamp'],
    ['the 30th of February', { ...good, ts: '2026-02-30T08:00:00Z' }, 'bad_timestamp'],
    ['a time in seconds', { ...good, ts: Math.floor(TS / 1000) }, 'bad_timestamp'],
    ['a time before 2000', { ...good, ts: 0 }, 'bad_timestamp'],
    ['a time two days ahead', { ...good, ts: NOW + 2 * 86_400_000 }, 'bad_timestamp'],
    ['a time beyond what a date can say', { ...good, ts: 9e15 }, 'bad_timestamp'],
    ['more than 1,000 values', { ts: TS, values: points(1001) }, 'too_many_values'],
    [
      'more than 1,000 values in an array',
      [1, 2, 3].map(() => ({ ts: TS, values: points(334) })),
      'too_many_values',
    ],
    ['more than 1,000 items', Array.from({ length: 1001 }, () => ({})), 'too_many_values'],
  ])('%s', (_name, payload, reason) => {
    const batch = decodeOne(payload);
    expect(refusalsOf(batch)).toEqual([reason]);
    expect([batch.telemetry, batch.readings, batch.events, batch.acks]).toEqual([[], [], [], []]);
  });

  it('with the raw bytes, where it stood, and a detail that says what is wrong', () => {
    const payload = Buffer.from(JSON.stringify({ ...good, ts: 1_764_806_400 }));
    const [letter] = decode(record(METER, good), record(METER, payload)).deadLetters;
    expect(letter).toMatchObject({
      site: SITE,
      device: METER,
      topic: `v1/${SITE}/${METER}/up`,
      reason: 'bad_timestamp',
      receivedAt: NOW,
      journalSeq: 3,
      recordIndex: 1,
      itemIndex: -1,
    });
    expect(Buffer.compare(Buffer.from(letter?.payload ?? []), payload)).toBe(0);
    expect(letter?.detail).toContain('1970-01-21');
    expect(letter?.detail).toContain('milliseconds');
  });

  it('without stopping the records around it, whatever it is', () => {
    const batch = decode(record(METER, good), record(METER, deep, { kind: 'event' }), record(METER, good));
    expect(batch.readings).toHaveLength(2);
    expect(refusalsOf(batch)).toEqual(['internal']);
  });

  it('from a device that is not known, or is of another site', () => {
    const batch = decode(record('stranger', good), record(METER, good, { site: 'south' }));
    expect(refusalsOf(batch)).toEqual(['unknown_device', 'unknown_device']);
    expect(batch.sightings.size).toBe(0);
  });

  it('on a topic that devices do not publish to', () => {
    expect(refusalsOf(decodeOne(good, METER, { kind: 'cmd' }))).toEqual(['unknown_topic']);
  });
});

describe('a message of which only some can be taken', () => {
  it.each<[string, unknown, string]>([
    ['a point that the profile does not have', { current: 3 }, 'unknown_point'],
    ['a point called __proto__', JSON.parse('{"__proto__":3}'), 'unknown_point'],
    ['a point called constructor', { constructor: 3 }, 'unknown_point'],
    ['a number as a string', { voltage: '230' }, 'wrong_type'],
    ['null', { voltage: null }, 'wrong_type'],
    ['an object', { voltage: { value: 230 } }, 'wrong_type'],
    ['a boolean for a number', { voltage: true }, 'wrong_type'],
    ['less than the least', { voltage: -1 }, 'out_of_range'],
    ['more than the most', { voltage: 1001 }, 'out_of_range'],
    ['a register that is negative', { energy_import: -0.001 }, 'out_of_range'],
    ['a register beyond its digits', { energy_import: 1_000_000 }, 'out_of_range'],
    ['a point twice, by name and by code', { power: 10, '1-0:1.7.0': 11 }, 'wrong_shape'],
  ])('%s: the rest is kept, and one dead letter names it', (_name, bad, reason) => {
    const power = { power: 10 };
    const batch = decodeOne({ ts: TS, values: Object.assign(Object.create(null), power, bad) });
    expect(batch.telemetry[0]?.values).toEqual(power);
    expect(batch.readings).toEqual([]);
    expect(refusalsOf(batch)).toEqual([reason]);
    const name = Object.keys(bad as object).at(-1) ?? '';
    expect(batch.deadLetters[0]?.detail).toContain(name);
  });

  it('what stands beside ts and values is named, so that a misspelt ts is not lost without a word', () => {
    const batch = decodeOne({ timestamp: TS, values: { power: 5 }, rssi: -70 });
    expect(batch.telemetry[0]).toMatchObject({ ts: NOW, values: { power: 5 } });
    expect(refusalsOf(batch)).toEqual(['wrong_shape']);
    expect(batch.deadLetters[0]?.detail).toBe(
      'timestamp is not part of an uplink; rssi is not part of an uplink',
    );
  });

  it('a number too large for JSON’s reader, which makes it infinite', () => {
    const batch = decodeOne(Buffer.from(`{"ts":${TS},"values":{"power":1e999,"voltage":230}}`));
    expect(batch.telemetry[0]?.values).toEqual({ voltage: 230 });
    expect(refusalsOf(batch)).toEqual(['out_of_range']);
  });

  it('the last value that its register can show is kept', () => {
    expect(decodeOne({ ts: TS, values: { energy_import: 999_999.999 } }).readings[0]?.value).toBe(
      999_999_999n,
    );
  });

  it('many wrong points make one dead letter that names each', () => {
    const batch = decodeOne({ ts: TS, values: { current: 3, voltage: 'x', power: 5 } });
    expect(refusalsOf(batch)).toEqual(['unknown_point']);
    expect(batch.deadLetters[0]?.detail).toBe(
      'current is not a point of the profile; voltage must be a number',
    );
  });

  it('a register that the device does not have is shown, and a dead letter says why it is not charged', () => {
    const batch = decodeOne({ ts: TS, values: { energy_import: 5 } }, `${METER}/bare`);
    expect(batch.telemetry[0]?.values).toEqual({ energy_import: 5 });
    expect(batch.readings).toEqual([]);
    expect(refusalsOf(batch)).toEqual(['internal']);
  });

  it('text that no store can keep is refused, and a name with it cannot spoil the dead letter', () => {
    const bad = (mode: unknown) => decodeOne({ ts: TS, values: { mode } }, 'text');
    expect(refusalsOf(bad('a\0b'))).toEqual(['wrong_type']);
    expect(refusalsOf(bad('\ud800'))).toEqual(['wrong_type']);
    expect(refusalsOf(bad('x'.repeat(1025)))).toEqual(['out_of_range']);
    expect(refusalsOf(bad('摊位 😀'))).toEqual([]);
    expect(decodeOne({ ts: TS, values: { constructor: 1 } }, 'text').telemetry[0]?.values).toEqual({
      constructor: 1,
    });
    const [letter] = decodeOne({ ts: TS, values: { 'a\0\ud800\n': 1 } }).deadLetters;
    expect(letter?.detail).toBe('a\ufffd\ufffd\ufffd is not a point of the profile');
  });

  it('bad items of an array are dead letters of their own', () => {
    const batch = decodeOne([good, { ...good, ts: 5 }, 'x', { values: {} }, { ...good, ts: TS - 1 }]);
    expect(batch.readings.map((r) => r.ts)).toEqual([TS, TS - 1]);
    expect(refusalsOf(batch)).toEqual([
      'bad_timestamp in item 1',
      'wrong_shape in item 2',
      'bad_timestamp in item 3',
    ]);
  });

  it('an array of one may be undated, like a message', () => {
    expect(refusalsOf(decodeOne([{ values: { power: 5 } }]))).toEqual([]);
  });

  it('more than sixteen bad items make one dead letter, so that a message cannot become megabytes', () => {
    const batch = decodeOne([good, ...Array.from({ length: 17 }, () => ({ ...good, ts: 5 }))]);
    expect(batch.readings).toHaveLength(1);
    expect(refusalsOf(batch)).toEqual(['bad_timestamp']);
    expect(batch.deadLetters[0]?.detail).toMatch(/^17 of 18 items were refused; item 1: ts is 1970/);
  });
});

describe('when a device was heard', () => {
  it('is its newest message and its newest measurement, in whatever order they came', () => {
    const at = (ts: number, receivedAt: number) => record(METER, { ...good, ts }, { receivedAt });
    const batch = decode(at(TS + 500, NOW), at(TS - 500, NOW + 10), at(TS, NOW + 5));
    expect(batch.sightings.get(METER)).toMatchObject({ seenAt: NOW + 10, measuredAt: TS + 500 });
  });

  it('is not moved ahead by a clock that runs ahead', () => {
    expect(decodeOne({ ...good, ts: NOW + 60_000 }).sightings.get(METER)?.measuredAt).toBe(NOW);
  });
});

function points(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, i]));
}
