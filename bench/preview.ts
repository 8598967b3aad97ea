import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { buildApp } from '../api/app.ts';
import { startLiveHub } from '../api/live/hub.ts';
import { TARIFF_EXAMPLES } from '../domain/tariffs/examples.ts';
import { migrateDatabase, openDatabase } from '../store/database.ts';
import { startEmbeddedPostgres } from '../store/embedded/postgres.ts';
import { createSite } from '../store/sites.ts';
import { openPostgresTelemetry } from '../store/telemetry/postgres.ts';
import { median, percentile, thousands } from './support/statistics.ts';

const QUARTERS = 365 * 96;
const REQUESTS = 21;
/** The first requests load the calendar and warm the code up. */
const WARM_UP = 3;

/** `POST /api/v1/tariffs/preview` of a year of quarter hours, from the request's bytes to the answer's. */
export async function run(print: (line: string) => void): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-bench-'));
  const postgres = await startEmbeddedPostgres({ dir });
  const db = openDatabase(postgres.url);
  try {
    await migrateDatabase(db);
    await createSite(db, { id: 'bench', name: 'Bench', timeZone: 'Asia/Shanghai', currency: 'CNY' });
    const log = pino({ level: 'silent' });
    const hub = await startLiveHub({ db, databaseUrl: postgres.url, log });
    const adminToken = 'bench';
    const app = await buildApp({
      ...{ db, hub, log, adminToken, telemetry: openPostgresTelemetry(db) },
      authSecret: 'a secret of thirty-two characters at least',
    });
    for (const example of TARIFF_EXAMPLES.filter(({ commodity }) => commodity === 'electricity')) {
      const payload = JSON.stringify({
        site: 'bench',
        commodity: example.commodity,
        tariff: { definition: example.definition },
        usage: {
          kind: 'series',
          from: '2025-12-31T16:00:00Z',
          stepMinutes: 15,
          quantities: Array.from({ length: QUARTERS }, (_, i) => (i * 7919) % 9_000),
        },
      });
      const times: number[] = [];
      for (let i = 0; i < WARM_UP + REQUESTS; i++) {
        const start = performance.now();
        const response = await app.inject({
          method: 'POST',
          url: '/api/v1/tariffs/preview',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${adminToken}` },
          payload,
        });
        if (response.statusCode !== 200) throw new Error(response.body.slice(0, 500));
        if (i >= WARM_UP) times.push(performance.now() - start);
      }
      const ms = (n: number): string => n.toFixed(0).padStart(4);
      print(
        `${example.code.padEnd(10)} ${thousands(QUARTERS)} intervals: ${ms(median(times))} ms, 95 % below ${ms(percentile(times, 95))} ms (target 200)`,
      );
    }
    await app.close();
    await hub.close();
  } finally {
    await db.$client.end();
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
