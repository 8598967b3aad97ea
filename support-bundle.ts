import { createHash } from 'node:crypto';
import { existsSync, statfsSync, writeFileSync } from 'node:fs';
import { cpus, freemem, loadavg, release, totalmem, uptime } from 'node:os';
import { join, resolve } from 'node:path';
import { runCommand, TEXT, UsageError, type Values } from './command-line.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { openDatabase } from './store/database.ts';
import { runningPostgresUrl } from './store/embedded/running.ts';
import { programVersion } from './store/program-version.ts';
import { databaseState } from './store/support/database-state.ts';
import { lastLogLines } from './store/support/log-lines.ts';

const HELP = `usage: npm run support-bundle -- --to FILE [--log FILE]

Writes what somebody needs who helps from afar, as one JSON file that you can read before you send it: versions, settings
without secrets, health, metrics, sizes, cursors, how many messages were refused and why. No names, phone numbers, plates,
readings, amounts or secrets. What cannot be found out is left out, so it also works while the platform does not.

  --to      a file that is not there yet
  --log     the platform's log (JSON lines): of its last 500 lines, when, how grave, and where in the program
  --help    this text
`;

/** Settings whose value may leave the house. Of all others it is only said whether they are set. */
const OPEN_SETTINGS = [
  ...([
    'HTTP_PORT',
    'MQTT_PORT',
    'MQTTS_PORT',
    'METRICS_PORT',
    'DATABASE_CONNECTIONS',
    'INFLUX_API',
  ] as const),
  ...([
    'JOURNAL_DAYS',
    'JOURNAL_GB',
    'JOURNAL_PARTITIONS',
    'JOURNAL_REPLICAS',
    'SHUTDOWN_DELAY',
    'LOG_LEVEL',
  ] as const),
] satisfies readonly (keyof Config)[];
const ANSWER_MS_MAX = 5_000;
const OWN_METRIC = /^(# (HELP|TYPE) )?(stallgrid|process|nodejs)_/;
const METRICS_BYTES_MAX = 1_000_000;

const OPTIONS = { to: TEXT, log: TEXT };

/** What it is, or that it could not be found out, and no more about why than a word. */
async function orFailed<T>(ask: () => Promise<T> | T): Promise<T | { readonly failed: string }> {
  try {
    return await ask();
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    return { failed: code ?? name };
  }
}

async function main({ to, log }: Values<typeof OPTIONS>): Promise<number> {
  if (!to) throw new UsageError('--to is needed');
  if (existsSync(to)) throw new UsageError(`${to} exists already: name another file`);
  const config = readConfig();
  const now = Date.now();
  const bundle = {
    at: new Date(now).toISOString(),
    program: programVersion(),
    machine: await orFailed(() => machine(resolve(config.DATA_DIR))),
    settings: settings(config),
    health: await orFailed(() => health(config)),
    database: await orFailed(() => database(config, now)),
    log: log === undefined ? undefined : await orFailed(() => lastLogLines(log)),
    metrics: await orFailed(() => metrics(config)),
  };
  writeFileSync(to, `${JSON.stringify(bundle, null, 1)}\n`, { mode: 0o600, flag: 'wx' });
  process.stdout.write(`${to}: read it before you send it.\n`);
  return 0;
}

function machine(dataDir: string) {
  const disk = existsSync(dataDir) ? statfsSync(dataDir) : undefined;
  return {
    node: process.version,
    system: `${process.platform} ${process.arch} ${release()}`,
    cpus: cpus().length,
    load: loadavg(),
    memory: { total: totalmem(), free: freemem() },
    uptimeSeconds: Math.round(uptime()),
    disk: disk && { bytes: disk.blocks * disk.bsize, free: disk.bavail * disk.bsize },
    embedded: ['postgres', 'journal', 'influxdb'].filter((name) => existsSync(join(dataDir, name))),
  };
}

function settings(config: Config): Record<string, unknown> {
  const open: readonly string[] = OPEN_SETTINGS;
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      open.includes(name) ? value : value === undefined || value === '' ? 'not set' : 'set',
    ]),
  );
}

const ask = (config: Config, path: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${config.HTTP_PORT}${path}`, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });

/** Which checks are green; their details may hold what a server answered. */
async function health(config: Config) {
  const { checks = {} } = (await (await ask(config, '/readyz')).json()) as {
    checks?: Record<string, { ok?: boolean; latencyMs?: number }>;
  };
  return Object.fromEntries(
    Object.entries(checks).map(([name, { ok, latencyMs }]) => [name, { ok, latencyMs }]),
  );
}

async function metrics(config: Config): Promise<string[]> {
  const text = (await (await ask(config, '/metrics')).text()).slice(0, METRICS_BYTES_MAX);
  return text.split('\n').filter((line) => OWN_METRIC.test(line) && !line.startsWith('# HELP'));
}

async function database(config: Config, now: number) {
  const url = config.DATABASE_URL ?? runningPostgresUrl(join(resolve(config.DATA_DIR), 'postgres'));
  if (!url) return { failed: 'not running' };
  const db = openDatabase(url, { connectionsMax: 1 });
  try {
    // The same database in two bundles, without saying where it is.
    const which = createHash('sha256').update(new URL(url).host).digest('hex').slice(0, 12);
    return { which, ...(await databaseState(db.$client, now)) };
  } finally {
    await db.$client.end();
  }
}

function explain(error: Error): string {
  return error instanceof ConfigError ? `${error.message}\n\n${HELP}` : (error.stack ?? error.message);
}

runCommand({ help: HELP, options: OPTIONS, main, explain });
