import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../store/embedded/free-port.ts';
import { startBehindMosquitto } from './behind-mosquitto.ts';
import { flow } from './flows.ts';
import type { System } from './system.ts';

export interface NodeRedInstall {
  readonly dir: string;
  readonly version: string;
}

/** Node-RED 5 needs Node 22. */
const PACKAGES = ['node-red@4', 'node-red-contrib-influxdb@0.7'];
const CACHE = join(tmpdir(), 'stallgrid-bench-node-red-4');
const INSTALL_MS_MAX = 300_000;

/**
 * Node-RED from npm in a folder of its own, kept for the next run; nothing of it runs at the installation.
 * @throws when npm fails, with its last words.
 */
export function installNodeRed(): NodeRedInstall {
  const manifest = join(CACHE, 'node_modules/node-red/package.json');
  // Written last, so that an installation that was cut short is made again.
  const complete = join(CACHE, 'complete');
  if (!existsSync(complete)) {
    rmSync(CACHE, { recursive: true, force: true });
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(join(CACHE, 'package.json'), '{"private":true}\n');
    const npm = spawnSync(
      'npm',
      ['install', '--prefix', CACHE, '--no-audit', '--no-fund', '--ignore-scripts', ...PACKAGES],
      { cwd: CACHE, encoding: 'utf8', timeout: INSTALL_MS_MAX },
    );
    if (npm.status !== 0) {
      const words = npm.error?.message ?? npm.stderr.trim().split('\n').slice(-3).join(' | ');
      throw new Error(`npm could not install ${PACKAGES.join(' and ')}: ${words}`);
    }
    writeFileSync(complete, '');
  }
  return { dir: CACHE, version: JSON.parse(readFileSync(manifest, 'utf8')).version };
}

/** Node-RED as it comes, with one flow. */
export const nodeRed = (options: {
  readonly name: string;
  readonly writes: 'single' | 'batched';
  readonly install: NodeRedInstall;
}): System => ({
  name: options.name,
  guess: options.writes === 'single' ? 1_000 : 4_000,
  flushMs: options.writes === 'single' ? 0 : 1_000,
  // Its InfluxDB node tries a write once.
  quietMs: 12_000,
  async start({ url, database, devices }) {
    const { install, writes } = options;
    const dir = mkdtempSync(join(tmpdir(), 'stallgrid-node-red-'));
    const clean = (): void => rmSync(dir, { recursive: true, force: true });
    const settings = join(dir, 'settings.js');
    const uiPort = await freePort();
    writeFileSync(
      settings,
      `module.exports = ${JSON.stringify({
        uiHost: '127.0.0.1',
        uiPort,
        flowFile: 'flows.json',
        telemetry: { enabled: false, updateNotification: false },
      })};\n`,
    );
    symlinkSync(join(install.dir, 'node_modules'), join(dir, 'node_modules'));
    const args = (mqttPort: number): string[] => {
      writeFileSync(
        join(dir, 'flows.json'),
        JSON.stringify(flow({ writes, mqttPort, influx: new URL(url), database })),
      );
      return [join(install.dir, 'node_modules/node-red/red.js'), '--userDir', dir, '--settings', settings];
    };
    try {
      const running = await startBehindMosquitto({ dir, args, ready: 'Connected to broker' }, devices);
      return { ...running, close: () => running.close().finally(clean) };
    } catch (error) {
      clean();
      throw error;
    }
  },
});
