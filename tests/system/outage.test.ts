import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { meterPayload } from '../../device-sim/swarm/payloads.ts';
import { runSwarm } from '../../device-sim/swarm/run.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { type LocalInfluxd, startInfluxd } from '../../store/embedded/influxd.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../store/embedded/postgres.ts';
import { eventually } from '../support/eventually.ts';
import { skipInflux } from '../support/influxd.ts';
import { balance, registerMeters } from '../support/meters.ts';
import { type Platform, startPlatform } from '../support/platform.ts';

const OUTAGE_MS = 30_000;

describe.skipIf(skipInflux)('with both databases outside the platform', () => {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-outage-'));
  let postgres: EmbeddedPostgres;
  let influxd: LocalInfluxd;
  let platform: Platform;
  let db: Database;

  beforeAll(async () => {
    postgres = await startEmbeddedPostgres({ dir: join(dir, 'postgres') });
    influxd = await startInfluxd({ dir: join(dir, 'influx') });
    platform = await startPlatform({
      env: { DATABASE_URL: postgres.url, INFLUX_URL: influxd.url, INFLUX_API: 'v1' },
    });
  });
  afterAll(async () => {
    await platform?.remove();
    await db?.$client.end();
    await influxd?.stop();
    await postgres?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const ready = async (): Promise<boolean> => (await fetch(`${platform.url}/readyz`)).ok;

  test('devices notice neither 30 s without Postgres nor 30 s without InfluxDB, and nothing is lost', {
    timeout: 240_000,
  }, async () => {
    const clients = await registerMeters(platform, 50);
    const payload = meterPayload({ startTs: Date.now() - 3_600_000 });
    const swarm = runSwarm({
      host: '127.0.0.1',
      port: platform.mqttPort,
      clients,
      window: 20,
      rate: 1_000,
      durationMs: 2 * OUTAGE_MS + 15_000,
      payload,
    });
    await sleep(3_000);

    const postgresPort = Number(new URL(postgres.url).port);
    await postgres.stop();
    await eventually(async () => expect(await ready()).toBe(false));
    await sleep(OUTAGE_MS);
    postgres = await startEmbeddedPostgres({ dir: join(dir, 'postgres'), port: postgresPort });
    await eventually(async () => expect(await ready()).toBe(true));

    const influxPort = Number(new URL(influxd.url).port);
    await influxd.stop();
    await eventually(async () => expect(await ready()).toBe(false));
    await sleep(OUTAGE_MS);
    influxd = await startInfluxd({ dir: join(dir, 'influx'), port: influxPort });

    const result = await swarm;
    // No PUBACK was refused and no connection was lost: the devices noticed nothing.
    expect(result.errors).toEqual({});
    expect(result.acked).toBe(result.sent);
    expect(result.acked).toBeGreaterThan(50_000);

    await eventually(async () => expect(await ready()).toBe(true), 60_000);
    db = openDatabase(postgres.url);
    await eventually(async () => {
      expect(await balance(db, result, payload)).toEqual({
        missing: 0,
        wrong: 0,
        kept: result.acked,
        acknowledged: result.acked,
      });
    }, 60_000);
    const count = `SELECT count("power") FROM "telemetry"`;
    const database = 'stallgrid';
    await eventually(async () => {
      const answer = await fetch(`${influxd.url}/query?db=${database}&q=${encodeURIComponent(count)}`);
      const { results } = (await answer.json()) as { results: { series?: { values: number[][] }[] }[] };
      expect(results[0]?.series?.[0]?.values[0]?.[1]).toBe(result.acked);
    }, 60_000);
  });
});
