import { describe, expect, it } from 'vitest';
import { decode, decodeOne, METER, refusalsOf, SENSOR, TS } from './decoding.ts';
import { NOW, record } from './fixture.ts';

describe('what a sensor says', () => {
  const open = (value: unknown, ts?: number) => ({
    ...(ts !== undefined && { ts }),
    values: { open: value },
  });

  it('is its stall’s occupancy', () => {
    const batch = decode(record(SENSOR, open(true, TS)), record(SENSOR, open(false, TS + 1)));
    expect(batch.occupancy.filter((s) => s.occupancy !== null)).toMatchObject([
      { placeId: 42, deviceId: SENSOR, occupancy: 'occupied', measuredAt: TS, receivedAt: NOW },
      { placeId: 42, occupancy: 'vacant', measuredAt: TS + 1 },
    ]);
  });

  it('counts as measured when it was received, if it does not say or its clock runs ahead', () => {
    const measured = (payload: unknown) =>
      decodeOne(payload, SENSOR).occupancy.find((s) => s.occupancy !== null)?.measuredAt;
    expect(measured(open(true))).toBe(NOW);
    expect(measured(open(true, NOW + 60_000))).toBe(NOW);
  });

  it('is that it was heard, when the value is wrong', () => {
    const batch = decodeOne(open('yes', TS), SENSOR);
    expect(batch.occupancy.every((s) => s.occupancy === null)).toBe(true);
    expect(batch.occupancy.length).toBeGreaterThan(0);
    expect(refusalsOf(batch)).toEqual(['wrong_type']);
  });
});

describe('events, states and acknowledgements', () => {
  it('an event is kept with its own id and data', () => {
    const batch = decodeOne({ id: 'e1', ts: TS, type: 'tamper', data: { cover: 'open' } }, 'gate', {
      kind: 'event',
    });
    expect(batch.events).toEqual([
      { deviceId: 'gate', ts: TS, type: 'tamper', eventId: 'e1', data: { cover: 'open' } },
    ]);
  });

  it('a gate’s pass is a pass as well; without an id, what it says is its id', () => {
    const data = { direction: 'out', plate: ' 京a·12345', class: 'van', picture: 'x.jpg' };
    const batch = decodeOne({ ts: TS, type: 'pass', data }, 'gate', { kind: 'event' });
    expect(refusalsOf(batch)).toEqual([]);
    expect(batch.events).toHaveLength(1);
    expect(batch.passes).toEqual([
      {
        ...{ deviceId: 'gate', eventId: `${TS}-out-京A12345`, ts: TS, direction: 'out', vehicle: '京A12345' },
        ...{ plate: '京a·12345', class: 'van', ticket: null, receivedAt: NOW, journalSeq: 3 },
      },
    ]);
    const other = decodeOne({ ts: TS, type: 'pass', data: {} }, METER, { kind: 'event' });
    expect([other.events.length, other.passes.length]).toEqual([1, 0]);
  });

  it.each<[string, unknown, string]>([
    ['without a direction', { plate: 'A1', class: 'van' }, 'wrong_shape'],
    ['that went sideways', { direction: 'left', plate: 'A1', class: 'van' }, 'wrong_shape'],
    ['without a plate or a ticket', { direction: 'in', class: 'van' }, 'wrong_shape'],
    ['without a class', { direction: 'in', plate: 'A1' }, 'wrong_shape'],
    [
      'with a class that no tariff can name',
      { direction: 'in', plate: 'A1', class: 'Big Van' },
      'wrong_shape',
    ],
  ])('a pass %s is a dead letter', (_name, data, reason) => {
    const batch = decodeOne({ id: 'p', ts: TS, type: 'pass', data }, 'gate', { kind: 'event' });
    expect(refusalsOf(batch)).toEqual([reason]);
    expect([batch.events, batch.passes]).toEqual([[], []]);
  });

  it('a pass whose gate’s clock is ahead is a dead letter: when it was cannot be known', () => {
    const data = { direction: 'in', plate: 'A1', class: 'van' };
    const batch = decodeOne({ ts: NOW + 3_600_000, type: 'pass', data }, 'gate', { kind: 'event' });
    expect(refusalsOf(batch)).toEqual(['bad_timestamp']);
    expect(batch.passes).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['without a time', { type: 'pass' }, 'bad_timestamp'],
    ['at an absurd time', { ts: 5, type: 'pass' }, 'bad_timestamp'],
    ['without a type', { ts: TS }, 'wrong_shape'],
    ['with anything beside its data', { ts: TS, type: 'pass', plate: 'x' }, 'wrong_shape'],
    ['with data that is a list', { ts: TS, type: 'pass', data: [] }, 'wrong_shape'],
    ['with text that cannot be kept', { ts: TS, type: 'pass', data: { a: ['\0'] } }, 'wrong_shape'],
    ['with a name that cannot be kept', { ts: TS, type: 'pass', data: { '\0': 1 } }, 'wrong_shape'],
  ])('an event %s is a dead letter', (_name, payload, reason) => {
    const batch = decodeOne(payload, 'gate', { kind: 'event' });
    expect(refusalsOf(batch)).toEqual([reason]);
    expect(batch.events).toEqual([]);
  });

  it('a state tells the firmware and that the device was heard; a Will tells nothing', () => {
    const state = decodeOne({ online: true, firmware: '2.1' }, 'gate', { kind: 'state' });
    expect(state.sightings.get('gate')).toMatchObject({ seenAt: NOW, firmware: '2.1' });
    const will = decodeOne({ online: false }, 'gate', { kind: 'state', retain: true });
    expect(will.sightings.size).toBe(0);
    expect(will.deadLetters).toEqual([]);
  });

  it('an acknowledgement ends a command', () => {
    const id = '0190f5c3-9b6f-7c3e-8a55-3f0a5d1e2b4c';
    const batch = decodeOne({ id, ok: true, result: { opened: 1 } }, 'gate', { kind: 'ack' });
    expect(batch.acks).toEqual([{ id, device: 'gate', ok: true, result: { opened: 1 }, at: new Date(NOW) }]);
    expect(refusalsOf(decodeOne({ id: 'x', ok: true }, 'gate', { kind: 'ack' }))).toEqual(['wrong_shape']);
  });
});
