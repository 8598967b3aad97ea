import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIngest } from '../../ingest/start.ts';
import { openPostgresTelemetry } from '../../store/telemetry/postgres.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import {
  createDevice,
  createSite,
  cursorOf,
  log,
  NOW,
  record,
  SITE,
  until,
  workedOff,
  workOff,
} from './fixture.ts';

let database: TestDatabase;
let stalls: ReadonlyMap<string, number>;
let journal: MemoryJournal;

beforeAll(async () => {
  database = await createTestDatabase();
  stalls = await createSite(database.db, 700);
  journal = new MemoryJournal();
});
afterAll(() => database?.drop());

const query = async (text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
  (await database.db.$client.query(text, values)).rows;
const readingsOf = async (register: number | null): Promise<string[]> => {
  const rows = await query('SELECT ts, value, quality FROM readings WHERE register_id = $1 ORDER BY ts', [
    register,
  ]);
  return rows.map(({ ts, value, quality }) => `${(ts as Date).getTime() - NOW} ${value} ${quality}`);
};
const lettersOf = async (device: string): Promise<unknown[]> =>
  (await query('SELECT reason FROM dead_letters WHERE device_id = $1 ORDER BY id', [device])).map(
    (r) => r.reason,
  );
const uplink = (ago: number, energy_import: unknown): unknown => ({
  ts: NOW - ago,
  values: { energy_import },
});

describe('a meter', () => {
  it('becomes telemetry, readings in base units and a sighting that does not claim it is online', async () => {
    const register = await createDevice(database.db, { id: 'm1', profile: 'electricity-meter' });
    const values = { energy_import: 12345.678, power: 812 };
    journal.appendFrame([record('m1', { ts: NOW - 1_000, values })]);
    await workOff(database, journal);
    expect(await readingsOf(register)).toEqual(['-1000 12345678 good']);
    expect(await query(`SELECT ts, values FROM telemetry WHERE device_id = 'm1'`)).toEqual([
      { ts: new Date(NOW - 1_000), values },
    ]);
    expect(
      await query(`SELECT online, last_seen_at, measured_at FROM device_states WHERE device_id = 'm1'`),
    ).toEqual([{ online: false, last_seen_at: new Date(NOW), measured_at: new Date(NOW - 1_000) }]);
  });

  it('may send in disorder and twice; another value for an instant is a conflict, never an overwrite', async () => {
    const register = await createDevice(database.db, { id: 'm2', profile: 'water-meter' });
    const sent = (ago: number, volume: number) => record('m2', { ts: NOW - ago, values: { volume } });
    journal.appendFrame([sent(10, 3), sent(30, 1), sent(20, 2), sent(30, 1), sent(20, 2.5)]);
    journal.appendFrame([sent(10, 3), sent(10, 3.001), sent(0, 4)]);
    await workOff(database, journal);
    expect(await readingsOf(register)).toEqual([
      '-30 1000 good',
      '-20 2000 good',
      '-10 3000 good',
      '0 4000 good',
    ]);
    const conflicts = await query('SELECT value FROM reading_conflicts WHERE register_id = $1 ORDER BY 1', [
      register,
    ]);
    expect(conflicts).toEqual([{ value: '2500' }, { value: '3001' }]);
  });

  it('with poison among good messages loses only the poison, which is kept whole', async () => {
    const register = await createDevice(database.db, { id: 'm3', profile: 'electricity-meter' });
    const poison = [Buffer.from('{'), Buffer.from([0xff, 0xfe, 0]), Buffer.alloc(65_536, 0x41)];
    journal.appendFrame([
      record('m3', uplink(3, 1)),
      ...poison.map((bytes) => record('m3', bytes)),
      record('m3', uplink(2, 'x')),
      record('stranger', uplink(2, 1)),
      record('m3', uplink(2, 2)),
      record('m3', uplink(1, 3), { kind: 'nonsense' }),
    ]);
    await workOff(database, journal);
    expect(await readingsOf(register)).toEqual(['-3 1000 good', '-2 2000 good']);
    expect(await lettersOf('m3')).toEqual([
      'not_json',
      'not_json',
      'not_json',
      'wrong_type',
      'unknown_topic',
    ]);
    expect(await lettersOf('stranger')).toEqual(['unknown_device']);
    const payloads = await query(
      `SELECT payload FROM dead_letters WHERE device_id = 'm3' ORDER BY id LIMIT 3`,
    );
    expect(payloads.map((row) => row.payload)).toEqual(poison);
  });

  it('that was just added is found, and so is a register that was added later', async () => {
    const ingest = await startIngest({ ...started(), clock: () => NOW });
    try {
      await createDevice(database.db, { id: 'm4', profile: 'gate' });
      await query(`UPDATE devices SET profile_id = 'electricity-meter' WHERE id = 'm4'`);
      journal.appendFrame([record('m4', uplink(3, 1))]);
      await workedOff(database.db, journal);
      await query(
        `INSERT INTO registers (device_id, point, unit, modulus) VALUES ('m4', 'energy_import', 'Wh', 1e9)`,
      );
      await until('the register is known', async () => {
        journal.appendFrame([record('m4', uplink(1, 2))]);
        await workedOff(database.db, journal);
        return (
          (await query(`SELECT 1 FROM readings JOIN registers r ON r.id = register_id AND device_id = 'm4'`))
            .length > 0
        );
      });
    } finally {
      await ingest.close();
    }
  });
});

describe('a stall’s sensor', () => {
  const said = (device: string, ago: number, open: boolean, receivedAgo = ago) =>
    record(device, { ts: NOW - ago, values: { open } }, { receivedAt: NOW - receivedAgo });
  const stateOf = (place: number | undefined) =>
    query('SELECT occupancy, measured_at, seen_at FROM stall_states WHERE place_id = $1', [place]);
  const changesOf = async (place: number | undefined): Promise<string[]> => {
    const rows = await query('SELECT ts, occupancy FROM occupancy_changes WHERE place_id = $1 ORDER BY ts', [
      place,
    ]);
    return rows.map(({ ts, occupancy }) => `${(ts as Date).getTime() - NOW} ${occupancy}`);
  };

  it('lights its stall up by what was measured last, over frames and in disorder', async () => {
    const place = stalls.get('S1');
    await createDevice(database.db, { id: 's1', profile: 'stall-sensor', placeId: place });
    journal.appendFrame([said('s1', 50, false), said('s1', 30, true, 25), said('s1', 40, false, 20)]);
    journal.appendFrame([said('s1', 45, true, 10)]);
    await workOff(database, journal);
    expect(await stateOf(place)).toEqual([
      { occupancy: 'occupied', measured_at: new Date(NOW - 30), seen_at: new Date(NOW - 10) },
    ]);
    journal.appendFrame([said('s1', 5, true), said('s1', 4, false)]);
    await workOff(database, journal);
    expect(await stateOf(place)).toEqual([
      { occupancy: 'vacant', measured_at: new Date(NOW - 4), seen_at: new Date(NOW - 4) },
    ]);
    const all = await changesOf(place);
    expect(all.slice(-2)).toEqual(['-30 occupied', '-4 vacant']);
    // Whether frames are worked off in one batch or in two decides what is known of the past, not of the present.
    expect(all.slice(0, -2)).toEqual(expect.arrayContaining(['-50 vacant']));
  });

  it('and hundreds of others are announced by ids in notices below the limit of their size', async () => {
    await query(
      `INSERT INTO devices (id, site_id, serial, profile_id, profile_revision, place_id, secret_hash)
       SELECT 'many-' || code, site_id, 'many-' || code, 'stall-sensor', 1, id, '\\x00' FROM places`,
    );
    const listener = new pg.Client({ connectionString: database.url });
    const notices: string[] = [];
    listener.on('notification', ({ payload }) => notices.push(payload ?? ''));
    await listener.connect();
    try {
      await listener.query('LISTEN stallgrid_stalls');
      journal.appendFrame([...stalls.keys()].map((code) => said(`many-${code}`, 1, true)));
      await workOff(database, journal);
      const announced = (): number[] => notices.flatMap((text) => JSON.parse(text).stalls);
      await until('every stall is announced', () => announced().length >= stalls.size);
      expect(new Set(announced())).toEqual(new Set(stalls.values()));
      for (const text of notices) {
        expect(Buffer.byteLength(text)).toBeLessThan(7_900);
        expect(JSON.parse(text).site).toBe(SITE);
      }
    } finally {
      await listener.end();
    }
  });
});

describe('events and acknowledgements', () => {
  it('are stored once, and a command ends with its device’s answer', async () => {
    await createDevice(database.db, { id: 'g1', profile: 'gate' });
    const event = {
      id: 'e1',
      ts: NOW - 5,
      type: 'pass',
      data: { direction: 'in', plate: '京A·12345', class: 'van', n: [1] },
    };
    const id = randomUUID();
    await query(
      `INSERT INTO commands (id, device_id, op, args, requested_by, status, expires_at)
       VALUES ($1, 'g1', 'open', '{}', 'test', 'sent', $2)`,
      [id, new Date(NOW + 60_000)],
    );
    const ack = record('g1', { id, ok: true, result: { opened: 1 } }, { kind: 'ack' });
    journal.appendFrame([
      record('g1', event, { kind: 'event' }),
      record('g1', event, { kind: 'event' }),
      ack,
    ]);
    journal.appendFrame([record('g1', event, { kind: 'event' }), ack]);
    await workOff(database, journal);
    expect(await query(`SELECT ts, type, event_id, data FROM device_events WHERE device_id = 'g1'`)).toEqual([
      { ts: new Date(NOW - 5), type: 'pass', event_id: 'e1', data: event.data },
    ]);
    expect(
      await query(
        `SELECT p.ts, p.direction, p.vehicle, p.plate, p.class, m.code FROM passes p
         JOIN metering_points m ON m.id = p.metering_point_id WHERE p.device_id = 'g1' AND m.commodity = 'gate'`,
      ),
    ).toEqual([
      {
        ...{ ts: new Date(NOW - 5), direction: 'in', vehicle: '京A12345', plate: '京A·12345', class: 'van' },
        code: 'GATE-g1',
      },
    ]);
    expect(await query('SELECT status, result FROM commands WHERE id = $1', [id])).toEqual([
      { status: 'succeeded', result: { opened: 1 } },
    ]);
  });
});

describe('the journal', () => {
  it('is trimmed of what is worked off and older than it is kept, and of nothing else', async () => {
    const own = new MemoryJournal();
    own.frames = [];
    while ((await own.head()) < (await journal.head())) own.appendFrame([record('m1', {})]);
    const old = NOW - 8 * 86_400_000;
    own.frames = [];
    own.appendFrame([record('m1', uplink(0, 1), { receivedAt: old })]);
    own.appendFrame([record('m1', uplink(0, 1))]);
    const ingest = await startIngest({ ...started(), journals: [own], clock: () => NOW, trimEveryMs: 30 });
    try {
      await until('the old frame is gone', () => own.frames.length === 1);
      await workedOff(database.db, own);
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(own.frames).toHaveLength(1);
    } finally {
      await ingest.close();
    }
    journal = own;
  });

  it('that was lost and starts over is read from its start', async () => {
    const before = await cursorOf(database.db);
    expect(before).toBeGreaterThan(1);
    const fresh = new MemoryJournal();
    const register = await createDevice(database.db, { id: 'm9', profile: 'electricity-meter' });
    fresh.appendFrame([record('m9', uplink(1, 5)), record('m9', 'x', { receivedAt: NOW + 1 })]);
    const ingest = await startIngest({ ...started(), journals: [fresh], clock: () => NOW });
    try {
      await until('the new frame is worked off', async () => (await cursorOf(database.db)) === 1);
    } finally {
      await ingest.close();
    }
    expect(await readingsOf(register)).toEqual(['-1 5000 good']);
    expect(await lettersOf('m9')).toEqual(['wrong_shape']);
  });

  it('is worked off once by two processes', async () => {
    const own = new MemoryJournal();
    const register = await createDevice(database.db, { id: 'm10', profile: 'electricity-meter' });
    const both = await Promise.all(
      [1, 2].map(() => startIngest({ ...started(), journals: [own], clock: () => NOW })),
    );
    try {
      for (let i = 0; i < 40; i++) {
        own.appendFrame([
          record('m10', uplink(i, 100 - i)),
          record('m10', Buffer.from('{'), { receivedAt: NOW + i }),
        ]);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await workedOff(database.db, own);
    } finally {
      await Promise.all(both.map((ingest) => ingest.close()));
    }
    expect(await readingsOf(register)).toHaveLength(40);
    expect(await lettersOf('m10')).toHaveLength(40);
    expect(await query('SELECT 1 FROM reading_conflicts WHERE register_id = $1', [register])).toEqual([]);
  });
});

function started() {
  const { db, url } = database;
  return {
    db,
    databaseUrl: url,
    journals: [journal],
    telemetry: openPostgresTelemetry(db),
    log,
    journalDays: 7,
  };
}
