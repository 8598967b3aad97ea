import { z } from 'zod';
import { readCursor } from '../store/cursors.ts';
import { type Database, pingDatabase } from '../store/database.ts';
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

export interface HealthDeps {
  readonly db: Database;
  readonly telemetry: TelemetryStore;
  /** None in a process that serves the api alone and has no journal at hand. */
  readonly journals?: readonly Journal[] | undefined;
}

type Check = () => Promise<{ ok: boolean; detail: string }>;

function checksOf({ db, telemetry, journals = [] }: HealthDeps): Record<string, Check> {
  return {
    postgres: async () => {
      await pingDatabase(db);
      return { ok: true, detail: 'answers' };
    },
    telemetry: async () => {
      await telemetry.ping();
      return { ok: true, detail: 'answers' };
    },
    ...(journals.length > 0
      ? {
          journal: async () => {
            const all = await Promise.all(journals.map((journal) => journal.status()));
            const ok = all.every(({ writable }) => writable);
            const fullest = Math.max(...all.map(({ bytes, bytesMax }) => bytes / bytesMax));
            const used = `${Math.round(fullest * 100)} % of its quota used`;
            return { ok, detail: ok ? used : `cannot take more: ${used}` };
          },
          ingest: () => ingestLag(db, journals),
        }
      : {}),
  };
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

/** `/healthz`: the process answers. `/readyz`: so does everything it needs; asked at most once a second. */
export function healthRoutes(app: App, deps: HealthDeps): void {
  const checks = Object.entries(checksOf(deps));
  let cached: { at: number; health: Promise<Health> } | undefined;

  async function checkAll(): Promise<Health> {
    const results = await Promise.all(checks.map(async ([name, check]) => [name, await run(check)] as const));
    return { ok: results.every(([, { ok }]) => ok), checks: Object.fromEntries(results) };
  }

  const config = { access: 'public', rateLimit: false } as const;
  app.get(
    '/healthz',
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
  app.get(
    '/readyz',
    {
      config,
      schema: {
        tags: ['operation'],
        summary: 'Everything the platform needs works',
        description:
          'postgres, telemetry, journal (it takes messages) and ingest (how far decoding is behind). 503 when one is red.',
        response: { 200: zHealth, 503: zHealth },
      },
    },
    async (_request, reply) => {
      if (!cached || performance.now() - cached.at > CACHE_MS) {
        cached = { at: performance.now(), health: checkAll() };
      }
      const health = await cached.health;
      return reply
        .code(health.ok ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(health);
    },
  );
}
