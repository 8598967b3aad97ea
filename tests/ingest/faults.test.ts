import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { register } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIngest } from '../../ingest/start.ts';
import { type Database, migrateDatabase, openDatabase } from '../../store/database.ts';
import { freePort } from '../../store/embedded/free-port.ts';
import { startInfluxd } from '../../store/embedded/influxd.ts';
import { startEmbeddedPostgres } from '../../store/embedded/postgres.ts';
import { openLmdbJournal } from '../../store/journal/lmdb.ts';
import type { Journal } from '../../store/journal/port.ts';
import { openInfluxTelemetry } from '../../store/telemetry/influx.ts';
import type { TelemetryStore } from '../../store/telemetry/port.ts';
import { openPostgresTelemetry } from '../../store/telemetry/postgres.ts';
import { skipInflux } from '../support/influxd.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { createDevice, createSite, log, NOW, record, until, workedOff, workOff } from './fixture.ts';

const MINUTE = 60_000;
const DEVICES = 20;
/** Message number `n`: its own reading of its own instant. */
const message = (n: number) =>
  record(`m${n % DEVICES}`, {
    ts: NOW - 86_400_000 + n * 1_000,
    values: { energy_import: n / 1000, power: n },
  });

async function gauge(name: string): Promise<number | undefined> {
  return (await register.getSingleMetric(`stallgrid_ingest_${name}`)?.get())?.values[0]?.value;
}

async function addMeters(db: Database): Promise<void> {
  await createSite(db, 1);
  for (let i = 0; i < DEVICES; i++) await createDevice(db, { id: `m${i}`, profile: 'electricity-meter' });
}

async function counts(db: Database): Promise<Record<string, number>> {
  const { rows } = await db.$client.query<Record<string, string>>(
    `SELECT (SELECT count(*) FROM readings) AS readings, (SELECT count(*) FROM telemetry) AS telemetry,
       (SELECT count(*) FROM reading_conflicts) AS conflicts, (SELECT count(*) FROM dead_letters) AS dead`,
  );
  return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, count]) => [name, Number(count)]));
}
const each = (n: number) => ({ readings: n, telemetry: n, conflicts: 0, dead: 0 });

describe('over a network that fails', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let through: Database;
  let throughUrl: string;
  let journal: MemoryJournal;
  let sent = 0;
  const lines: string[] = [];
  const listening = pino({ level: 'info' }, { write: (line) => void lines.push(line) });

  beforeAll(async () => {
    database = await createTestDatabase();
    await addMeters(database.db);
    const url = new URL(database.url);
    proxy = await startTcpProxy(Number(url.port));
    url.port = String(proxy.port);
    throughUrl = url.href;
    through = openDatabase(throughUrl);
    journal = new MemoryJournal();
  });
  afterAll(async () => {
    await through?.$client.end();
    await proxy?.close();
    await database?.drop();
  });

  const start = (telemetry: TelemetryStore = openPostgresTelemetry(through)) =>
    startIngest({
      db: through,
      databaseUrl: throughUrl,
      journals: [journal],
      telemetry,
      log: listening,
      journalDays: 7,
      // The messages were received a minute ago.
      clock: () => NOW + 60_000,
    });
  const send = (count: number): void => {
    journal.appendFrame(Array.from({ length: count }, () => message(sent++)));
  };

  it('starts without a database, waits for it without flooding the log, and says when it works again', async () => {
    proxy.cut();
    send(500);
    const ingest = await start();
    try {
      await sleep(2_000);
      expect([await gauge('lag_frames'), await gauge('lag_oldest_seconds')]).toEqual([1, 60]);
      proxy.resume();
      await workedOff(database.db, journal);
      await until('there is no lag', async () => (await gauge('lag_frames')) === 0);
      expect(await gauge('lag_oldest_seconds')).toBe(0);
      expect(await counts(database.db)).toEqual(each(sent));
      const said = lines.filter((line) => line.includes('ingest:'));
      expect(said.filter((line) => line.includes('waits for a dependency')).length).toBeLessThanOrEqual(3);
      expect(said.some((line) => line.includes('works again'))).toBe(true);
    } finally {
      await ingest.close();
    }
  });

  it('that breaks its connections at any moment, it stores everything once', async () => {
    const ingest = await start();
    try {
      for (let i = 0; i < 60; i++) {
        send(200);
        await sleep(Math.random() * 40);
        if (i % 3 === 0) proxy.drop();
        if (i % 10 === 0) proxy.cut();
        if (i % 10 === 5) proxy.resume();
      }
      proxy.resume();
      await workedOff(database.db, journal);
      expect(await counts(database.db)).toEqual(each(sent));
    } finally {
      await ingest.close();
    }
  });

  it('that falls silent for a while, it goes on where it was', async () => {
    const ingest = await start();
    try {
      send(1_000);
      proxy.freeze();
      send(1_000);
      await sleep(1_000);
      proxy.resume();
      await workedOff(database.db, journal);
      expect(await counts(database.db)).toEqual(each(sent));
    } finally {
      await ingest.close();
    }
  });

  it('it closes within seconds while the database is away, and goes on at the next start', async () => {
    proxy.cut();
    const ingest = await start();
    send(300);
    await sleep(300);
    await ingest.close();
    proxy.resume();
    const next = await start();
    try {
      await workedOff(database.db, journal);
      expect(await counts(database.db)).toEqual(each(sent));
    } finally {
      await next.close();
    }
  });
});

describe('a crash', () => {
  it('between telemetry and the transaction repeats the work and doubles nothing', async () => {
    const database = await createTestDatabase();
    try {
      await addMeters(database.db);
      const journal = new MemoryJournal();
      journal.appendFrame(Array.from({ length: 2_000 }, (_, n) => message(n)));
      const telemetry = openPostgresTelemetry(database.db);
      // The rows are stored, and nothing that comes after is ever done.
      const dying: TelemetryStore = {
        ...telemetry,
        write: (rows) => telemetry.write(rows).then(() => new Promise<never>(() => {})),
      };
      const { db, url } = database;
      const first = await startIngest({
        db,
        databaseUrl: url,
        journals: [journal],
        telemetry: dying,
        log,
        journalDays: 7,
      });
      await until('telemetry is stored', async () => (await counts(db)).telemetry === 2_000);
      await first.close();
      expect(await counts(db)).toEqual({ ...each(0), telemetry: 2_000 });
      await workOff(database, journal);
      expect(await counts(db)).toEqual(each(2_000));
    } finally {
      await database.drop();
    }
  });
});

describe('a record that a database refuses', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    await addMeters(database.db);
  });
  afterAll(() => database?.drop());

  it('becomes a dead letter, whole, and the thousands around it are stored', async () => {
    const { db } = database;
    await db.$client.query('ALTER TABLE readings ADD CONSTRAINT unlucky CHECK (value NOT IN (1313, 2222))');
    const journal = new MemoryJournal();
    const records = Array.from({ length: 3_000 }, (_, n) => message(n));
    journal.appendFrame(records.slice(0, 1_500));
    journal.appendFrame(records.slice(1_500));
    await workOff(database, journal);
    expect(await counts(db)).toEqual({ readings: 2_998, telemetry: 3_000, conflicts: 0, dead: 2 });
    const { rows } = await db.$client.query('SELECT reason, detail, payload FROM dead_letters ORDER BY id');
    expect(rows.map((row) => row.reason)).toEqual(['internal', 'internal']);
    expect(rows[0]?.detail).toContain('unlucky');
    expect(rows.map((row) => row.payload)).toEqual([records[1313]?.payload, records[2222]?.payload]);
  });

  it('or a thousand and more of them from one device: the newest are kept, and those of others', async () => {
    const { db } = database;
    await db.$client.query('TRUNCATE readings, telemetry, dead_letters, journal_cursors');
    const journal = new MemoryJournal();
    const bad = (device: string, n: number) => record(device, Buffer.from(`{ ${n}`), { receivedAt: NOW + n });
    journal.appendFrame([bad('m1', 0), bad('m2', 0)]);
    const telemetry = openPostgresTelemetry(db);
    const ingest = await startIngest({
      db,
      databaseUrl: database.url,
      journals: [journal],
      telemetry,
      log,
      journalDays: 7,
    });
    for (let n = 1; n <= 3_000; n += 100) {
      journal.appendFrame(Array.from({ length: 100 }, (_, i) => bad('m2', n + i)));
      await workedOff(db, journal);
    }
    await ingest.close();
    const { rows } = await db.$client.query(
      `SELECT device_id, count(*)::int AS n, max(received_at) AS newest FROM dead_letters GROUP BY 1 ORDER BY 1`,
    );
    expect(rows).toEqual([
      { device_id: 'm1', n: 1, newest: new Date(NOW) },
      { device_id: 'm2', n: expect.any(Number), newest: new Date(NOW + 3_000) },
    ]);
    expect(rows[1]?.n).toBeGreaterThanOrEqual(1_000);
    expect(rows[1]?.n).toBeLessThanOrEqual(1_600);
  });

  it('in telemetry only is charged all the same, and its dead letter names the point', async () => {
    const { db } = database;
    await db.$client.query('TRUNCATE readings, telemetry, dead_letters, journal_cursors');
    const journal = new MemoryJournal();
    journal.appendFrame([
      message(1),
      message(2),
      record('m3', { ts: NOW, values: { energy_import: 1, current: 2 } }),
    ]);
    const telemetry = openPostgresTelemetry(db);
    const refusing: TelemetryStore = {
      ...telemetry,
      async write(rows) {
        const refused = rows.filter((row) => row.device === 'm2' || row.device === 'm3');
        await telemetry.write(rows.filter((row) => !refused.includes(row)));
        return refused.map(({ device, ts }) => ({
          device,
          ts,
          points: ['energy_import'],
          fault: 'type conflict',
        }));
      },
    };
    await workOff(database, journal, refusing);
    expect(await counts(db)).toEqual({ readings: 3, telemetry: 1, conflicts: 0, dead: 2 });
    const { rows } = await db.$client.query('SELECT device_id, detail FROM dead_letters ORDER BY device_id');
    expect(rows).toEqual([
      { device_id: 'm2', detail: 'the telemetry store refused energy_import: type conflict' },
      {
        device_id: 'm3',
        detail:
          'current is not a point of the profile; the telemetry store refused energy_import: type conflict',
      },
    ]);
  });
});

describe('servers that stop', () => {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-faults-'));
  let journal: Journal;
  beforeAll(async () => {
    journal = await openLmdbJournal({ dir: join(dir, 'journal'), bytesMax: 256 * 1024 * 1024 });
  });
  afterAll(async () => {
    await journal?.close();
    rmSync(dir, { recursive: true, force: true });
  });
  let sent = 0;
  const send = async (count: number): Promise<void> => {
    await Promise.all(Array.from({ length: count }, () => journal.append(message(sent++))));
  };

  it(
    'Postgres: what came meanwhile is worked off after its restart',
    async () => {
      let server = await startEmbeddedPostgres({ dir: join(dir, 'postgres') });
      const url = new URL(server.url);
      const proxy = await startTcpProxy(Number(url.port));
      url.port = String(proxy.port);
      const db = openDatabase(url.href);
      try {
        await migrateDatabase(db);
        await addMeters(db);
        const telemetry = openPostgresTelemetry(db);
        const ingest = await startIngest({
          db,
          databaseUrl: url.href,
          journals: [journal],
          telemetry,
          log,
          journalDays: 7,
        });
        await send(3_000);
        await server.stop();
        await send(3_000);
        await sleep(500);
        server = await startEmbeddedPostgres({ dir: join(dir, 'postgres') });
        await send(3_000);
        proxy.resume(Number(new URL(server.url).port));
        await workedOff(db, journal);
        await ingest.close();
        expect(await counts(db)).toEqual(each(sent));
      } finally {
        await db.$client.end();
        await proxy.close();
        await server.stop();
      }
    },
    2 * MINUTE,
  );

  it.skipIf(skipInflux)(
    'InfluxDB: what came meanwhile is worked off after its restart',
    async () => {
      const database = await createTestDatabase();
      const { db } = database;
      const at = { dir: join(dir, 'influx'), port: await freePort() };
      let server = await startInfluxd(at);
      try {
        await addMeters(db);
        const telemetry = openInfluxTelemetry({
          url: server.url,
          token: '',
          org: '',
          bucket: 'market',
          api: 'v1',
        });
        const ingest = await startIngest({
          db,
          databaseUrl: database.url,
          journals: [journal],
          telemetry,
          log,
          journalDays: 7,
        });
        await send(3_000);
        await server.stop();
        await send(3_000);
        await sleep(500);
        expect(await counts(db).then((c) => c.readings)).toBeLessThan(sent);
        server = await startInfluxd(at);
        await send(3_000);
        await workedOff(db, journal);
        await ingest.close();
        expect(await counts(db)).toEqual({ ...each(sent), telemetry: 0 });
        let found = 0;
        for (let i = 0; i < DEVICES; i++) {
          const query = {
            site: 'north',
            device: `m${i}`,
            point: 'power',
            from: 0,
            to: 2 * NOW,
            limit: 100_000,
          };
          found += (await telemetry.query(query)).length;
        }
        expect(found).toBe(sent);
      } finally {
        await server.stop();
        await database.drop();
      }
    },
    2 * MINUTE,
  );
});
