import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { migrateDatabase, openDatabase } from '../../store/database.ts';
import { freePort } from '../../store/embedded/free-port.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { Closers } from './closers.ts';
import { openInfluxd, openPostgres, throughProxy } from './databases.ts';
import { faultsOfDevices, faultsOfLine, faultsOfProgram, faultsOfServer, fullJournal } from './fault.ts';
import { countReadings, countTelemetry, totalsOf } from './kept.ts';
import { buildTortureMarket } from './market.ts';
import { memoryTotals } from './memory.ts';
import { Money } from './money.ts';
import { mountSmallDisk } from './small-disk.ts';
import { Supervised } from './supervised.ts';
import type { Target, Total } from './target.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ADMIN_TOKEN = 'token of the torture only';
const PARTS = ['broker', 'ingest', 'billing', 'api'];
const ANSWER_MS_MAX = 5_000;
const SETTLE_MS_MAX = 300_000;

/** The platform between both its databases, each in processes of their own, with proxies on every line. */
export async function startStallgrid(options: {
  readonly devices: number;
  /** A process for each part, and not one for all. */
  readonly isParted: boolean;
  readonly say: (line: string) => void;
}): Promise<Target> {
  const closers = new Closers();
  try {
    return await start(options, closers);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

async function start(
  { devices, isParted, say }: Parameters<typeof startStallgrid>[0],
  closers: Closers,
): Promise<Target> {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-torture-'));
  closers.add(() => rmSync(dir, { recursive: true, force: true }));
  const dataDir = join(dir, 'platform');
  mkdirSync(dataDir);
  const disk = mountSmallDisk(dataDir);
  if (disk) closers.add(() => disk.unmount());
  else say('skipped: a full disk, because only root can mount a small one');
  const postgres = await openPostgres(join(dir, 'postgres'));
  closers.add(() => postgres.close());
  const influxd = await openInfluxd(join(dir, 'influx'));
  closers.add(() => influxd.close());
  const db = openDatabase(postgres.url);
  closers.add(() => db.$client.end());
  await migrateDatabase(db);
  const market = await buildTortureMarket(db, devices);

  const [mqttPort, httpPort] = [await freePort(), await freePort()];
  const env = {
    ...{ PATH: process.env.PATH, HOME: process.env.HOME, LOG_LEVEL: 'info' },
    ...{ DATA_DIR: dataDir, HTTP_PORT: `${httpPort}`, MQTT_PORT: `${mqttPort}`, ADMIN_TOKEN },
    ...{ DATABASE_URL: throughProxy(postgres), INFLUX_URL: throughProxy(influxd), INFLUX_API: 'v1' },
    JOURNAL_GB: '0.02',
  };
  const programs = (isParted ? PARTS : ['platform']).map((name) => {
    const args = ['--import', 'tsx', 'main.ts', ...(isParted ? [name] : [])];
    const log = join(dir, `${name}.log`);
    const started = /"ready: /;
    const command = process.execPath;
    return { name, program: new Supervised({ name, command, args, env, cwd: ROOT, log, started }) };
  });
  for (const { program } of programs) {
    closers.add(() => program.close());
    program.start();
  }
  const line = await startTcpProxy(mqttPort);
  closers.add(() => line.close());

  const url = `http://127.0.0.1:${httpPort}`;
  async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(url + path, {
      method,
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      headers: {
        authorization: `Bearer ${ADMIN_TOKEN}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as T;
    // Health answers the same shape with 503.
    if (!response.ok && path !== '/readyz') throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  }
  const checks = async (): Promise<Record<string, { ok: boolean; detail: string }>> =>
    (await ask<{ checks: Record<string, { ok: boolean; detail: string }> }>('GET', '/readyz')).checks;
  const lag = async (): Promise<number | null> => {
    const detail = (await checks().catch(() => undefined))?.ingest?.detail ?? '';
    if (detail === '0 frames behind') return 0;
    const seconds = /([\d.]+) s behind$/.exec(detail)?.[1];
    return seconds === undefined ? null : Number(seconds);
  };
  const money = new Money(ask);
  closers.add(() => money.stop());

  return {
    name: isParted ? 'Stallgrid, a process for each part' : 'Stallgrid',
    identities: market.identities,
    port: line.port,
    faultKinds({ habits }) {
      const isFull = async (): Promise<boolean> =>
        (await checks().catch(() => undefined))?.journal?.ok === false;
      const full = { postgres, habits, isFull };
      return [
        ...programs.flatMap(({ name, program }) => faultsOfProgram(isParted ? name : 'platform', program)),
        ...[postgres, influxd].flatMap(faultsOfServer),
        ...faultsOfLine('line to devices', line),
        ...[postgres, influxd].flatMap(({ name, proxy }) => faultsOfLine(`line to ${name}`, proxy)),
        ...faultsOfDevices(habits),
        fullJournal('journal at its quota', full),
        ...(disk ? [fullJournal('disk full', { ...full, fill: disk.fill, empty: disk.empty })] : []),
      ];
    },
    lag,
    work: () => money.start(),
    progress: () => `${money.asked} billing runs asked for, ${money.refused} refused`,
    async count(fleet, tell) {
      await untilStored(lag, tell);
      const ids = market.identities.map(({ clientId }) => clientId.split('/')[1] ?? '');
      const readings = await countReadings(db, fleet.devices, market.registers);
      const telemetry = await countTelemetry(influxd.url, fleet.devices, ids);
      const { rows } = await db.$client.query<{ letters: number; conflicts: number }>(
        `SELECT (SELECT count(*)::int FROM dead_letters) AS letters,
         (SELECT count(*)::int FROM reading_conflicts) AS conflicts`,
      );
      tell('closing the month and auditing it');
      const truths = fleet.devices.map(({ truth }) => truth);
      return [
        { name: 'readings acknowledged', value: readings.acknowledged },
        ...totalsOf('readings', readings),
        ...totalsOf('telemetry', telemetry),
        { name: 'clocks ahead not flagged', value: readings.unflagged, mustBeZero: true },
        { name: 'dead letters', value: rows[0]?.letters ?? -1, mustBeZero: true },
        { name: 'readings in conflict', value: rows[0]?.conflicts ?? -1, mustBeZero: true },
        ...(await money.count(db, market, truths)),
        ...memoryTotals(programs.flatMap(({ program }) => program.lives)),
        ...endings(programs.map(({ program }) => program)),
      ];
    },
    close: () => closers.closeAll(),
  };
}

/** What has started lives through anything. A start that a fault meets may fail: whoever runs a service starts it again. */
function endings(programs: readonly Supervised[]): readonly Total[] {
  const ended = programs.flatMap(({ ended: words }) => words);
  const failed = programs.flatMap(({ failedStarts }) => failedStarts);
  return [
    { name: 'processes that ended by themselves', value: ended.length, mustBeZero: true, details: ended },
    { name: 'starts that a fault made fail', value: failed.length, details: failed },
  ];
}

async function untilStored(lag: () => Promise<number | null>, tell: (line: string) => void): Promise<void> {
  let calm = 0;
  for (let waited = 0; calm < 3; waited += 1_000) {
    if (waited > SETTLE_MS_MAX) throw new Error('the journal was not worked off in time');
    const seconds = await lag();
    calm = seconds === 0 ? calm + 1 : 0;
    if (waited % 5_000 === 0) tell(`working off the journal: ${seconds ?? 'no answer'} s behind`);
    await sleep(1_000);
  }
}
