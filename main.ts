import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Logger } from 'pino';
import type { Check } from './api/health.ts';
import { startMonitor } from './api/monitor.ts';
import { startApi } from './api/start.ts';
import { configuredProviders, type ProviderSettings } from './billing/providers/configured.ts';
import { startBilling } from './billing/start.ts';
import { startBroker } from './broker/start.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { type SandboxProvider, startSandboxProvider } from './demo/sandbox-provider.ts';
import { startDemo } from './demo/start.ts';
import { startIngest } from './ingest/start.ts';
import { createLog } from './logging.ts';
import { readJournalCursor } from './store/cursors.ts';
import { InUseError, keptSecret, lockDataDir, RESTORE_DIR } from './store/data-dir.ts';
import { type Database, migrateDatabase, openDatabase } from './store/database.ts';
import { readDatabaseError } from './store/database-errors.ts';
import { reportPool } from './store/database-watch.ts';
import { influxdInstalled, startInfluxd } from './store/embedded/influxd.ts';
import { startEmbeddedPostgres } from './store/embedded/postgres.ts';
import { openLmdbJournal } from './store/journal/lmdb.ts';
import { reportJournals } from './store/journal/metrics.ts';
import { openNatsJournals } from './store/journal/nats.ts';
import { ingestReader } from './store/journal/partition.ts';
import type { Journal } from './store/journal/port.ts';
import { describeSalvages, markClosed, mendJournal } from './store/journal/salvage.ts';
import { ensureBuiltInProfiles } from './store/profiles.ts';
import { openInfluxTelemetry } from './store/telemetry/influx.ts';
import type { TelemetryStore } from './store/telemetry/port.ts';
import { openPostgresTelemetry } from './store/telemetry/postgres.ts';

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

const DATABASE_WAIT_MS_MAX = 60_000;
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

  const databaseUrl = config.DATABASE_URL ?? (await startOwnPostgres(dataDir, command, closers, say));
  const db = openDatabase(databaseUrl, { connectionsMax: config.DATABASE_CONNECTIONS });
  closers.add(() => db.$client.end());
  reportPool(db.$client);
  await migrateWhenReachable(db, log, say, life);
  await ensureBuiltInProfiles(db);

  const telemetry = await openTelemetry(config, command, dataDir, db, closers, say);
  closers.add(() => telemetry.close());

  const needsJournal = runs('broker') || runs('ingest') || runs('api');
  const journals = needsJournal ? await openJournals(config, dataDir, runs('broker'), db, log) : [];
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

/** Only what is configured is offered; the demonstration has a provider of its own. */
function providerSettings(config: Config, sandbox: SandboxProvider | undefined): ProviderSettings {
  return {
    publicUrl: config.PUBLIC_URL ?? `http://localhost:${config.HTTP_PORT}`,
    ...(config.BANK_ACCOUNT && config.BANK_ACCOUNT_NAME && config.BANK_NAME
      ? {
          bank: {
            accountName: config.BANK_ACCOUNT_NAME,
            account: config.BANK_ACCOUNT,
            bank: config.BANK_NAME,
          },
        }
      : sandbox
        ? { bank: { accountName: '南门市场管理有限公司', account: '6222 0000 0000 0000', bank: '示例银行' } }
        : {}),
    ...(config.WECHAT_PAY_MERCHANT_ID
      ? {
          wechatPay: {
            merchantId: config.WECHAT_PAY_MERCHANT_ID,
            appId: config.WECHAT_PAY_APP_ID ?? '',
            serial: config.WECHAT_PAY_SERIAL ?? '',
            privateKey: config.WECHAT_PAY_KEY ?? '',
            apiV3Key: config.WECHAT_PAY_API_V3_KEY ?? '',
            platformKey: config.WECHAT_PAY_PLATFORM_KEY ?? '',
            platformSerial: config.WECHAT_PAY_PLATFORM_SERIAL ?? '',
          },
        }
      : {}),
    ...(config.ALIPAY_APP_ID
      ? {
          alipay: {
            appId: config.ALIPAY_APP_ID,
            privateKey: config.ALIPAY_KEY ?? '',
            alipayKey: config.ALIPAY_PUBLIC_KEY ?? '',
            gateway: config.ALIPAY_GATEWAY,
          },
        }
      : {}),
    ...(config.STRIPE_SECRET_KEY
      ? { stripe: { secretKey: config.STRIPE_SECRET_KEY, webhookSecret: config.STRIPE_WEBHOOK_SECRET ?? '' } }
      : {}),
    ...(sandbox
      ? { sandbox: { url: sandbox.url, secret: sandbox.secret } }
      : config.SANDBOX_URL
        ? { sandbox: { url: config.SANDBOX_URL, secret: config.SANDBOX_SECRET ?? '' } }
        : {}),
  };
}

/** A session that one api process signed must be good at every other, which has a folder of its own. */
function authSecretOf({ AUTH_SECRET, JOURNAL_URL }: Config, dataDir: string): string {
  if (JOURNAL_URL && !AUTH_SECRET) {
    throw new ConfigError('AUTH_SECRET is needed with JOURNAL_URL: the same one for every api process');
  }
  return AUTH_SECRET ?? keptSecret(dataDir, 'auth-secret');
}

/** One on this machine, or on NATS several that any number of machines share. */
async function openJournals(
  config: Config,
  dataDir: string,
  appends: boolean,
  db: Database,
  log: Logger,
): Promise<readonly Journal[]> {
  const bytesMax = config.JOURNAL_GB * 1e9;
  const { JOURNAL_URL: url, JOURNAL_PARTITIONS: partitions, JOURNAL_REPLICAS: replicas } = config;
  if (url) return openNatsJournals({ url, partitions, replicas, bytesMax });
  const dir = join(dataDir, 'journal');
  if (!appends) return [await openLmdbJournal({ dir, bytesMax })];
  const cursor = await readJournalCursor(db, ingestReader(0));
  const salvage = await mendJournal({ dir, bytesMax, cursor, now: Date.now() });
  if (salvage) log.error({ salvage }, 'the journal was damaged: what could be read of it is kept');
  return [await openLmdbJournal({ dir, bytesMax, onClosed: () => markClosed(dir) })];
}

async function startOwnPostgres(
  dataDir: string,
  command: Command,
  closers: Closers,
  say: Say,
): Promise<string> {
  if (command.parts.length < PARTS.length) {
    throw new ConfigError('DATABASE_URL is needed when the parts run in processes of their own');
  }
  say('starting the embedded Postgres …');
  const postgres = await startEmbeddedPostgres({ dir: join(dataDir, 'postgres') });
  closers.add(() => postgres.stop());
  return postgres.url;
}

async function migrateWhenReachable(db: Database, log: Logger, say: Say, life: Life): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += 1_000) {
    try {
      return await migrateDatabase(db);
    } catch (error) {
      const isAway = readDatabaseError(error)?.kind === 'away';
      if (!isAway || waitedMs >= DATABASE_WAIT_MS_MAX || life.stage === 'stopping') throw error;
      if (waitedMs === 0) say('waiting for the database …');
      log.debug({ err: error }, 'database not reachable yet');
      await sleep(1_000);
    }
  }
}

async function openTelemetry(
  config: Config,
  command: Command,
  dataDir: string,
  db: Database,
  closers: Closers,
  say: Say,
): Promise<TelemetryStore> {
  const { INFLUX_TOKEN: token, INFLUX_ORG: org, INFLUX_BUCKET: bucket } = config;
  if (command.influxd) {
    if (!influxdInstalled()) throw new ConfigError('--influxd needs an installed InfluxDB 1.x (`influxd`)');
    say('starting the local InfluxDB …');
    const influxd = await startInfluxd({ dir: join(dataDir, 'influxdb') });
    closers.add(() => influxd.stop());
    return openInfluxTelemetry({ url: influxd.url, token, org, bucket, api: 'v1' });
  }
  if (!config.INFLUX_URL) return openPostgresTelemetry(db);
  return openInfluxTelemetry({ url: config.INFLUX_URL, token, org, bucket, api: config.INFLUX_API });
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

/** What the reader can mend is one line; everything else shows where it came from. */
function explain(error: NodeJS.ErrnoException & { port?: number }): string {
  if (error.code === 'EADDRINUSE') {
    return `port ${error.port} is taken by another program: set HTTP_PORT, MQTT_PORT, MQTTS_PORT or METRICS_PORT`;
  }
  const mendable =
    error instanceof ConfigError || error instanceof InUseError || error.code?.startsWith('ERR_PARSE_ARGS');
  return mendable ? error.message : (error.stack ?? error.message);
}

main().catch((error: Error) => {
  console.error(explain(error));
  process.exit(error instanceof ConfigError ? 2 : 1);
});
