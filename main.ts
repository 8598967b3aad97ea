import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { getSystemErrorName, parseArgs } from 'node:util';
import type { Logger } from 'pino';
import type { Check } from './api/health.ts';
import { startMonitor } from './api/monitor.ts';
import { startApi } from './api/start.ts';
import { configuredProviders } from './billing/providers/configured.ts';
import { startBilling } from './billing/start.ts';
import { startBroker } from './broker/start.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { startSandboxProvider } from './demo/sandbox-provider.ts';
import { startDemo } from './demo/start.ts';
import { startIngest } from './ingest/start.ts';
import { createLog } from './logging.ts';
import {
  migrateWhenReachable,
  type Opening,
  openJournals,
  openTelemetry,
  startOwnPostgres,
} from './open-stores.ts';
import { providerSettings } from './payment-settings.ts';
import { InUseError, keptSecret, lockDataDir, RESTORE_DIR } from './store/data-dir.ts';
import { openDatabase } from './store/database.ts';
import { reportPool } from './store/database-watch.ts';
import { reportJournals } from './store/journal/metrics.ts';
import { JournalFullError } from './store/journal/port.ts';
import { describeSalvages } from './store/journal/salvage.ts';
import { ensureBuiltInProfiles } from './store/profiles.ts';

const PARTS = ['broker', 'ingest', 'billing', 'api'] as const;
type Part = (typeof PARTS)[number];

const HELP = `usage: node main.js [broker] [ingest] [billing] [api] [--demo [--influxd]]

Starts the parts named, or all of them in this process when none is. The environment configures it: see README.md.

  --demo      a demonstration market with simulated devices
  --influxd   telemetry in a local InfluxDB 1.x (an installed \`influxd\`), not in Postgres
  --help      this text
`;

interface Command {
  readonly parts: readonly Part[];
  readonly demo: boolean;
  readonly influxd: boolean;
}

/** A terminal's Ctrl-C reaches us twice under npm: only a later one means "now". */
const IMPATIENT_MS = 1_000;

/** All that is open is closed within this time, or given up: what is durable stays so. */
const CLOSE_MS_MAX = 25_000;

/** Closes what was started, in reverse, each once, and all of it also when one fails. */
class Closers {
  readonly #closers: (() => unknown)[] = [];
  add(close: () => unknown): void {
    this.#closers.push(close);
  }
  async closeAll(log: Logger): Promise<void> {
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        log.error({ err: error }, 'close failed');
      }
    }
  }
}

const STAGES = {
  starting: 'is starting',
  running: 'runs',
  stopping: 'is stopping: send nobody here',
} as const;

/** starting → running → stopping, or straight from starting to stopping. */
class Life {
  #stage: keyof typeof STAGES = 'starting';
  get stage(): keyof typeof STAGES {
    return this.#stage;
  }
  become(stage: 'running' | 'stopping'): void {
    if (this.#stage !== 'stopping') this.#stage = stage;
  }
}

async function start(
  config: Config,
  command: Command,
  log: Logger,
  closers: Closers,
  say: Say,
  life: Life,
): Promise<void> {
  const runs = (part: Part): boolean => command.parts.includes(part);
  const dataDir = resolve(config.DATA_DIR);
  mkdirSync(dataDir, { recursive: true });
  for (const part of command.parts) closers.add(lockDataDir(dataDir, part));
  const authSecret = runs('api') ? authSecretOf(config, dataDir) : '';
  if (existsSync(join(dataDir, RESTORE_DIR))) {
    throw new ConfigError(`a restore into ${dataDir} did not end: empty the folder and restore again`);
  }
  if (!config.DATABASE_URL && command.parts.length < PARTS.length) {
    throw new ConfigError('DATABASE_URL is needed when the parts run in processes of their own');
  }

  const opening: Opening = { config, dataDir, log, say, onClose: (close) => closers.add(close) };
  const databaseUrl = config.DATABASE_URL ?? (await startOwnPostgres(opening));
  const db = openDatabase(databaseUrl, { connectionsMax: config.DATABASE_CONNECTIONS });
  closers.add(() => db.$client.end());
  reportPool(db.$client);
  await migrateWhenReachable(db, opening, () => life.stage === 'stopping');
  await ensureBuiltInProfiles(db);

  const telemetry = await openTelemetry(db, opening, command.influxd);
  closers.add(() => telemetry.close());

  const needsJournal = runs('broker') || runs('ingest') || runs('api');
  const journals = needsJournal ? await openJournals(db, opening, runs('broker')) : [];
  for (const journal of journals) closers.add(() => journal.close());
  reportJournals(journals);

  const salvages = describeSalvages(join(dataDir, 'journal'));
  const checks: Record<string, Check> = {
    // A word about it, no reason to send devices away: it works again.
    ...(salvages.length > 0 ? { salvage: async () => ({ ok: true, detail: salvages.join('; ') }) } : {}),
    process: async () => ({ ok: life.stage === 'running', detail: STAGES[life.stage] }),
  };
  const of = (part: Part) => ({ db, databaseUrl, telemetry, log: log.child({ part }) });
  // Before the parts, so that it is closed after them: a process that stops says so to the end.
  if (config.METRICS_PORT !== undefined) {
    const needsDatabase = command.parts.some((part) => part !== 'broker');
    const monitor = await startMonitor({
      port: config.METRICS_PORT,
      log: log.child({ part: 'monitor' }),
      db: needsDatabase ? db : undefined,
      telemetry: runs('ingest') || runs('api') ? telemetry : undefined,
      journals,
      checks,
    });
    closers.add(() => monitor.close());
    say(`metrics: http://localhost:${monitor.port}/metrics`);
  }

  const sandbox = command.demo
    ? await startSandboxProvider({ bookFile: join(dataDir, 'demo-payments.json') })
    : undefined;
  if (sandbox) closers.add(() => sandbox.close());
  const providers = configuredProviders(providerSettings(config, sandbox));
  if (runs('ingest')) {
    const ingest = await startIngest({ ...of('ingest'), journals, journalDays: config.JOURNAL_DAYS });
    closers.add(() => ingest.close());
    checks.stores = async () => ingest.check();
  }
  if (runs('billing')) {
    const billing = await startBilling({ ...of('billing'), providers });
    closers.add(() => billing.close());
  }
  let mqttPort = config.MQTT_PORT;
  if (runs('broker')) {
    const { TLS_CERT: cert, TLS_KEY: key } = config;
    const broker = await startBroker({
      ...of('broker'),
      journals,
      port: config.MQTT_PORT,
      ...(cert && key ? { tls: { port: config.MQTTS_PORT, cert, key } } : {}),
    });
    closers.add(() => broker.close());
    mqttPort = broker.port;
    say(
      `devices: mqtt://localhost:${broker.port}${broker.tlsPort ? ` and mqtts://localhost:${broker.tlsPort}` : ''}`,
    );
  }
  if (command.demo) {
    // Before the api: whoever finds it ready also finds the market and can sign in.
    const demo = await startDemo({ db, dataDir, mqttPort, log: log.child({ part: 'demo' }), print: say });
    closers.add(() => demo.close());
  }
  life.become('running');
  let httpPort = config.HTTP_PORT;
  if (runs('api')) {
    const api = await startApi({
      ...of('api'),
      journals,
      checks,
      port: config.HTTP_PORT,
      dashboardDir: dashboardDir(),
      providers: providers.map(({ name }) => name),
      authSecret,
      ...(config.ADMIN_TOKEN ? { adminToken: config.ADMIN_TOKEN } : {}),
      ...(config.PUBLIC_URL ? { publicUrl: config.PUBLIC_URL } : {}),
      ...(config.TRUSTED_PROXIES ? { trustedProxies: config.TRUSTED_PROXIES } : {}),
    });
    closers.add(() => api.close());
    httpPort = api.port;
  }
  say(runs('api') ? `ready: http://localhost:${httpPort}` : `ready: ${command.parts.join(', ')}`);
}

/** A session that one api process signed must be good at every other, which has a folder of its own. */
function authSecretOf({ AUTH_SECRET, JOURNAL_URL }: Config, dataDir: string): string {
  if (JOURNAL_URL && !AUTH_SECRET) {
    throw new ConfigError('AUTH_SECRET is needed with JOURNAL_URL: the same one for every api process');
  }
  return AUTH_SECRET ?? keptSecret(dataDir, 'auth-secret');
}

/** Compiled, this file is dist/server/main.js; from source it lies at the top. */
function dashboardDir(): string {
  const built = fileURLToPath(new URL('../dashboard', import.meta.url));
  return existsSync(join(built, 'index.html'))
    ? built
    : fileURLToPath(new URL('./dist/dashboard', import.meta.url));
}

function readCommand(args: readonly string[]): Command | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      demo: { type: 'boolean', default: false },
      influxd: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const unknown = positionals.find((name) => !(PARTS as readonly string[]).includes(name));
  if (unknown) throw new ConfigError(`there is no part "${unknown}": there are ${PARTS.join(', ')}`);
  if (values.demo && positionals.length > 0) throw new ConfigError('--demo runs all parts: name none');
  const parts = PARTS.filter((part) => positionals.length === 0 || positionals.includes(part));
  return { parts, demo: values.demo, influxd: values.influxd };
}

type Say = (line: string) => void;

async function main(): Promise<void> {
  const command = readCommand(process.argv.slice(2));
  if (command === 'help') return void process.stdout.write(HELP);
  const config = readConfig();
  // Someone watches the demonstration's terminal: progress in sentences, and of the log only what went wrong.
  const level = command.demo && config.LOG_LEVEL === 'info' ? 'warn' : config.LOG_LEVEL;
  const log = createLog(level);
  const startedAt = performance.now();
  const say: Say = command.demo
    ? (line) => console.log(`[${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(5)} s] ${line}`)
    : (line) => log.info(line);

  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught error: the process ends');
    process.exit(1);
  });

  const closers = new Closers();
  const life = new Life();
  let stopping: number | null = null;
  const stop = async (): Promise<void> => {
    if (stopping !== null) {
      if (performance.now() - stopping > IMPATIENT_MS) process.exit(130);
      return;
    }
    stopping = performance.now();
    life.become('stopping');
    say('stopping …');
    // Load balancers see /readyz red and send nobody any more.
    await sleep(config.SHUTDOWN_DELAY * 1_000);
    setTimeout(() => {
      log.error(
        { seconds: CLOSE_MS_MAX / 1_000 },
        'not everything closed in time: the process ends as it is',
      );
      process.exit(1);
    }, CLOSE_MS_MAX);
    // A start that is under way would go on opening things behind our back.
    await starting.catch(() => {});
    await closers.closeAll(log);
    say('stopped');
    process.exit(0);
  };
  process.on('SIGINT', () => void stop());
  process.on('SIGTERM', () => void stop());
  const starting = start(config, command, log, closers, say, life);
  try {
    await starting;
  } catch (error) {
    if (stopping !== null) return;
    await closers.closeAll(log);
    throw error;
  }
}

const UNWRITABLE: readonly unknown[] = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'];

/** What the reader can mend is one line; everything else shows where it came from. */
function explain(error: Error & Partial<Record<'code' | 'port' | 'path' | 'syscall', unknown>>): string {
  if (error.code === 'EADDRINUSE') {
    return `port ${error.port} is taken by another program: set HTTP_PORT, MQTT_PORT, MQTTS_PORT or METRICS_PORT`;
  }
  // LMDB gives the number of the system's error, and no path.
  const code =
    typeof error.code === 'number' && error.code > 0 ? getSystemErrorName(-error.code) : error.code;
  if (UNWRITABLE.includes(code) && !/^(listen|spawn)/.test(`${error.syscall}`)) {
    return `${error.path ?? 'the journal in DATA_DIR'} cannot be used (${code}): DATA_DIR must be a folder that this user may write in, on a disk that is not read-only`;
  }
  const mendable =
    error instanceof ConfigError ||
    error instanceof InUseError ||
    error instanceof JournalFullError ||
    `${code}`.startsWith('ERR_PARSE_ARGS');
  return mendable ? error.message : (error.stack ?? error.message);
}

main().catch((error: Error) => {
  console.error(explain(error));
  process.exit(error instanceof ConfigError ? 2 : 1);
});
