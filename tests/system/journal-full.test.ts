import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixedPayload, meterPayload } from '../../device-sim/swarm/payloads.ts';
import { runSwarm } from '../../device-sim/swarm/run.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../store/embedded/postgres.ts';
import { eventually } from '../support/eventually.ts';
import { balance, registerMeters } from '../support/meters.ts';
import { type Platform, startPlatform } from '../support/platform.ts';

const dir = mkdtempSync(join(tmpdir(), 'stallgrid-full-'));
let postgres: EmbeddedPostgres;
let platform: Platform;
let db: Database;
beforeAll(async () => {
  postgres = await startEmbeddedPostgres({ dir: join(dir, 'postgres'), durable: false });
  platform = await startPlatform({ env: { DATABASE_URL: postgres.url, JOURNAL_GB: '0.01' } });
});
afterAll(async () => {
  await platform?.remove();
  await db?.$client.end();
  await postgres?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const journal = async (): Promise<{ ok: boolean }> => {
  const answer = (await (await fetch(`${platform.url}/readyz`)).json()) as {
    checks: Record<string, { ok: boolean }>;
  };
  return answer.checks.journal ?? { ok: true };
};

test('a full journal stops the PUBACKs and turns health red, and it recovers with nothing lost', {
  timeout: 180_000,
}, async () => {
  const clients = await registerMeters(platform, 20);
  const filler = fixedPayload(Buffer.alloc(20_000, 'x'));
  const port = Number(new URL(postgres.url).port);
  // Without Postgres nothing can be read out of the journal, so the quota of 10 MB is reached.
  await postgres.stop();
  const filling = await runSwarm({
    host: '127.0.0.1',
    port: platform.mqttPort,
    clients,
    window: 4,
    durationMs: 20_000,
    drainMs: 1_000,
    payload: filler,
    messagesPerClient: 100,
  });
  expect(filling.acked).toBeGreaterThan(0);
  expect(filling.acked).toBeLessThan(filling.clients * 100);
  expect(Object.keys(filling.errors).length).toBeGreaterThan(0);
  await eventually(async () => expect((await journal()).ok).toBe(false));

  postgres = await startEmbeddedPostgres({ dir: join(dir, 'postgres'), durable: false, port });
  await eventually(async () => expect((await journal()).ok).toBe(true), 60_000);
  await eventually(async () => expect((await fetch(`${platform.url}/readyz`)).ok).toBe(true), 60_000);
  await sleep(500);
  const payload = meterPayload({ startTs: Date.now() - 3_600_000 });
  const after = await runSwarm({
    host: '127.0.0.1',
    port: platform.mqttPort,
    clients,
    window: 4,
    durationMs: 20_000,
    payload,
    messagesPerClient: 50,
  });
  expect(after.errors).toEqual({});
  expect(after.acked).toBe(clients.length * 50);
  db = openDatabase(postgres.url);
  await eventually(async () => {
    expect(await balance(db, after, payload)).toMatchObject({ missing: 0, wrong: 0 });
    // What was acknowledged before the journal was full was refused by ingest, whole, as dead letters.
    const { rows } = await db.$client.query('SELECT count(*)::int AS n FROM dead_letters');
    expect(rows[0].n).toBeGreaterThanOrEqual(filling.acked);
  });
});
