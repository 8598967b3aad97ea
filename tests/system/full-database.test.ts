import { afterEach, beforeEach, expect, test } from 'vitest';
import { meterPayload } from '../../device-sim/swarm/payloads.ts';
import { runSwarm } from '../../device-sim/swarm/run.ts';
import { eventually } from '../support/eventually.ts';
import { balance, registerMeters } from '../support/meters.ts';
import { type Platform, startPlatform } from '../support/platform.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

interface Health {
  readonly ok: boolean;
  readonly checks: Record<string, { ok: boolean; detail: string }>;
}

let database: TestDatabase;
let platform: Platform;
beforeEach(async () => {
  database = await createTestDatabase();
  platform = await startPlatform({ env: { DATABASE_URL: database.url } });
}, 120_000);
afterEach(async () => {
  await platform?.remove();
  await database?.drop();
});

const query = (text: string) => database.db.$client.query(text);

test('a platform whose database has no space left says so, and stores what it took meanwhile as soon as there is', {
  timeout: 120_000,
}, async () => {
  const clients = await registerMeters(platform, 5);
  await query(
    `CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$`,
  );
  await query('CREATE TRIGGER no_space BEFORE INSERT ON readings EXECUTE FUNCTION no_space()');
  const payload = meterPayload({ startTs: Date.now() - 3_600_000 });
  const swarm = await runSwarm({
    ...{ host: '127.0.0.1', port: platform.mqttPort, clients, window: 4, durationMs: 10_000 },
    ...{ payload, messagesPerClient: 20 },
  });
  expect(swarm.acked).toBe(clients.length * 20);

  await eventually(async () => {
    const response = await fetch(`${platform.url}/readyz`);
    const { ok, checks } = (await response.json()) as Health;
    expect(response.status).toBe(503);
    expect(ok).toBe(false);
    expect(checks.postgres).toMatchObject({
      ok: false,
      detail: expect.stringContaining('its disk is full: free some space'),
    });
    // What takes longer to be sure of names it too.
    expect(checks.stores).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^postgres has refused .*could not extend file.*free some space on its/),
    });
    expect(checks.journal?.ok).toBe(true);
  });
  expect((await fetch(`${platform.url}/livez`)).status).toBe(200);
  const metrics = await (await fetch(`${platform.url}/metrics`)).text();
  expect(metrics).toMatch(/^stallgrid_postgres_errors_total\{class="53"\} [1-9]/m);
  expect(metrics).toMatch(/^stallgrid_ready\{check="postgres"\} 0$/m);
  expect(await balance(database.db, swarm, payload)).toMatchObject({ kept: 0 });

  await query('DROP TRIGGER no_space ON readings');
  await eventually(async () => {
    expect(await balance(database.db, swarm, payload)).toMatchObject({ missing: 0, wrong: 0 });
  });
});
