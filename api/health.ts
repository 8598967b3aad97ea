import { Gauge, register } from 'prom-client';
import { z } from 'zod';
import { readCursor } from '../store/cursors.ts';
import { type Database, pingDatabase } from '../store/database.ts';
import { wasFull } from '../store/database-watch.ts';
import { journalLag } from '../store/journal/lag.ts';
import { ingestReader } from '../store/journal/partition.ts';
import type { Journal } from '../store/journal/port.ts';
import type { TelemetryStore } from '../store/telemetry/port.ts';
import type { App } from './routes.ts';
import { within } from './within.ts';

const CHECK_MS_MAX = 2_000;
const CACHE_MS = 1_000;
/** Readings this old that nobody decoded: devices are fine, everyone else looks at the past. */
const LAG_S_MAX = 300;

export const zHealth = z.object({
  ok: z.boolean(),
  checks: z.record(
    z.string(),
    z.object({ ok: z.boolean(), detail: z.string(), latencyMs: z.number().nonnegative() }),
  ),
});
export type Health = z.infer<typeof zHealth>;

/** How something is that the process needs; what is red says in its detail what to do. */
export type Check = () => Promise<{ readonly ok: boolean; readonly detail: string }>;

/** Only what the process needs: a broker works without the database, and must not be taken out of service with it. */
export interface HealthDeps {
  readonly db?: Database | undefined;
  readonly telemetry?: TelemetryStore | undefined;
  /** None in a process that serves the api alone and has no journal at hand. */
  readonly journals?: readonly Journal[] | undefined;
  /** What the parts of the process say of themselves. */
  readonly checks?: Readonly<Record<string, Check>> | undefined;
}

function checksOf({ db, telemetry, journals = [], checks }: HealthDeps): Record<string, Check> {
  return {
    ...(db ? { postgres: () => postgres(db) } : {}),
    ...(telemetry
      ? {
          telemetry: async () => {
            await telemetry.ping();
            return { ok: true, detail: 'answers' };
          },
        }
      : {}),
    ...(journals.length > 0
      ? {
          journal: async () => {
            const all = await Promise.all(journals.map((journal) => journal.status()));
            const ok = all.every(({ writable }) => writable);
            const fullest = Math.max(...all.map(({ bytes, bytesMax }) => bytes / bytesMax));
            const used = `${Math.round(fullest * 100)} % of its quota used`;
            return { ok, detail: ok ? used : `cannot take more: ${used}: ${ROOM}` };
          },
          ...(db ? { ingest: () => ingestLag(db, journals) } : {}),
        }
      : {}),
    ...checks,
  };
}

const ROOM =
  'free some space on its disk, raise JOURNAL_GB, or bring back what keeps ingest from emptying it';

/** A full disk is not seen by asking: small writes still find room. What was refused to anybody says it. */
async function postgres(db: Database): Promise<{ ok: boolean; detail: string }> {
  await pingDatabase(db);
  if (!wasFull(db.$client)) return { ok: true, detail: 'answers' };
  return { ok: false, detail: 'its disk is full: free some space, a minute later this is green again' };
}

async function ingestLag(
  db: Database,
  journals: readonly Journal[],
): Promise<{ ok: boolean; detail: string }> {
  const lags = await Promise.all(
    journals.map(async (journal, n) =>
      journalLag(journal, await readCursor(db, ingestReader(n)), Date.now()),
    ),
  );
  const frames = lags.reduce((sum, lag) => sum + lag.frames, 0);
  if (frames === 0) return { ok: true, detail: '0 frames behind' };
  const seconds = Math.max(...lags.map((lag) => lag.oldestSeconds));
  return { ok: seconds <= LAG_S_MAX, detail: `${frames} frames, ${seconds.toFixed(1)} s behind` };
}

async function run(check: Check): Promise<Health['checks'][string]> {
  const startedAt = performance.now();
  const took = (): number => Math.round((performance.now() - startedAt) * 10) / 10;
  try {
    return { ...(await within(CHECK_MS_MAX, check())), latencyMs: took() };
  } catch (error) {
    return { ok: false, detail: reasonOf(error), latencyMs: took() };
  }
}

/** The innermost cause: what is around it only repeats the question. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}

/**
 * `/livez`, also as `/healthz`: the process answers. `/readyz`: so does everything it needs; asked at most once a
 * second.
 */
export function healthRoutes(app: App, deps: HealthDeps): void {
  let cached: { at: number; health: Promise<Health> } | undefined;

  async function checkAll(): Promise<Health> {
    const checks = Object.entries(checksOf(deps));
    const results = await Promise.all(checks.map(async ([name, check]) => [name, await run(check)] as const));
    return { ok: results.every(([, { ok }]) => ok), checks: Object.fromEntries(results) };
  }
  function currentHealth(): Promise<Health> {
    if (!cached || performance.now() - cached.at > CACHE_MS) {
      cached = { at: performance.now(), health: checkAll() };
    }
    return cached.health;
  }
  measureHealth(currentHealth);

  const config = { access: 'public', rateLimit: false } as const;
  for (const path of ['/livez', '/healthz'] as const) {
    app.get(
      path,
      {
        config,
        schema: {
          tags: ['operation'],
          summary: 'The process is alive',
          response: { 200: z.object({ ok: z.literal(true) }) },
        },
      },
      async () => ({ ok: true as const }),
    );
  }
  app.get(
    '/readyz',
    {
      config,
      schema: {
        tags: ['operation'],
        summary: 'Everything the platform needs works',
        description:
          'postgres, telemetry, journal (it takes messages), ingest (how far decoding is behind), stores (whether they take what ingest writes) and process, as far as the process needs them. 503 when one is red.',
        response: { 200: zHealth, 503: zHealth },
      },
    },
    async (_request, reply) => {
      const health = await currentHealth();
      return reply
        .code(health.ok ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(health);
    },
  );
}

function measureHealth(currentHealth: () => Promise<Health>): void {
  const name = 'stallgrid_ready';
  register.removeSingleMetric(name);
  new Gauge({
    name,
    help: '1 for what /readyz finds in order, 0 for what is red.',
    labelNames: ['check'],
    async collect() {
      this.reset();
      const { checks } = await currentHealth();
      for (const [check, { ok }] of Object.entries(checks)) this.set({ check }, Number(ok));
    },
  });
}
