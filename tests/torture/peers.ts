import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../store/embedded/free-port.ts';
import { eventually } from '../support/eventually.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { Closers } from './closers.ts';
import { openInfluxd, throughProxy } from './databases.ts';
import type { Identity } from './device.ts';
import { faultsOfDevices, faultsOfLine, faultsOfProgram, faultsOfServer } from './fault.ts';
import { influxQl, tally, totalsOf } from './kept.ts';
import { Supervised } from './supervised.ts';
import type { Target } from './target.ts';

export const PEERS = ['aedes', 'mosquitto'] as const;
export type Peer = (typeof PEERS)[number];

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ROWS_MAX = 10_000;

export const mosquittoInstalled = (): boolean => !spawnSync('mosquitto', ['-h']).error;

/** A plain broker, and a subscriber that writes to InfluxDB, each on lines of their own. */
export async function startPeer(peer: Peer, devices: number): Promise<Target> {
  const closers = new Closers();
  try {
    return await start(peer, devices, closers);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

async function start(peer: Peer, devices: number, closers: Closers): Promise<Target> {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-torture-'));
  closers.add(() => rmSync(dir, { recursive: true, force: true }));
  const influxd = await openInfluxd(join(dir, 'influx'));
  closers.add(() => influxd.close());
  await fetch(`${influxd.url}/query?q=${encodeURIComponent('CREATE DATABASE stallgrid')}`, {
    method: 'POST',
  });

  const port = await freePort();
  const program = (name: string, command: string, args: readonly string[]): Supervised => {
    const supervised = new Supervised({ name, command, args, cwd: ROOT, log: join(dir, `${name}.log`) });
    closers.add(() => supervised.close());
    supervised.start();
    return supervised;
  };
  const script = (name: string): string[] => ['--import', 'tsx', `tests/torture/${name}`];
  const broker =
    peer === 'mosquitto'
      ? program('broker', 'mosquitto', ['-p', `${port}`])
      : program('broker', process.execPath, [...script('peers-aedes.ts'), `${port}`]);
  const toDevices = await startTcpProxy(port);
  closers.add(() => toDevices.close());
  const toSubscriber = await startTcpProxy(port);
  closers.add(() => toSubscriber.close());
  const subscriber = program('subscriber', process.execPath, [
    ...script('peers-subscriber.ts'),
    `mqtt://127.0.0.1:${toSubscriber.port}`,
    throughProxy(influxd),
  ]);
  // What is sent before it has subscribed would be lost without any fault.
  await eventually(() => {
    if (!readFileSync(join(dir, 'subscriber.log'), 'utf8').includes('subscribed'))
      throw new Error('the subscriber did not start');
  }, 60_000);
  const ids = Array.from({ length: devices }, (_, n) => `meter-${n}`);

  return {
    name: `${peer}, mqtt.js and the InfluxDB client, as they are by default`,
    identities: ids.map((id): Identity => ({ clientId: `torture/${id}`, topic: `v1/torture/${id}/up` })),
    port: toDevices.port,
    faultKinds: ({ habits }) => [
      ...faultsOfProgram('broker', broker),
      ...faultsOfProgram('subscriber', subscriber),
      ...faultsOfServer(influxd),
      ...faultsOfLine('line to devices', toDevices),
      ...faultsOfLine('line to the subscriber', toSubscriber),
      ...faultsOfLine('line to InfluxDB', influxd.proxy),
      ...faultsOfDevices(habits),
    ],
    // Nobody knows what it holds: there is nothing to ask.
    lag: null,
    work() {},
    progress: () => '',
    async count({ devices: sent }, tell) {
      tell('the subscriber writes what it holds and ends');
      await subscriber.end('SIGTERM');
      const stored = await tally(sent, (n) => storedBy(influxd.url, ids[n] ?? ''));
      return [
        { name: 'readings acknowledged', value: stored.acknowledged },
        ...totalsOf('telemetry', stored),
        {
          name: 'processes that ended by themselves',
          value: broker.ended.length + subscriber.ended.length,
          details: [...broker.ended, ...subscriber.ended],
        },
      ];
    },
    close: () => closers.closeAll(),
  };
}

/** Points have the time of their writing, as the client gives it to them; the device's own is a field. */
async function storedBy(url: string, device: string) {
  const stored: { ts: number; value: number }[] = [];
  for (;;) {
    const rows = await influxQl(
      url,
      `SELECT energy_import, ts FROM telemetry WHERE device = '${device}' LIMIT ${ROWS_MAX} OFFSET ${stored.length}`,
    );
    stored.push(...rows.map(([, kWh = 0, ts = 0]) => ({ ts, value: Math.round(kWh * 1_000) })));
    if (rows.length < ROWS_MAX) return stored;
  }
}
