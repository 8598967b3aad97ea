import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../store/embedded/free-port.ts';

export interface Mosquitto {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** What Debian's own configuration says besides where its files are. */
const DEBIAN = (dir: string): string =>
  `persistence true\npersistence_location ${dir}/\nlog_dest file ${join(dir, 'mosquitto.log')}\n`;

/**
 * Mosquitto on loopback, open to everyone: without persistence, where acknowledged means nothing more than received,
 * or as Debian configures it. Null where it is not installed.
 */
export async function startMosquitto(as: 'volatile' | 'debian' = 'volatile'): Promise<Mosquitto | null> {
  if (spawnSync('mosquitto', ['-h']).error) return null;
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-mosquitto-'));
  // Started by root, it goes on as a user of its own.
  chmodSync(dir, 0o777);
  const port = await freePort();
  const config = join(dir, 'mosquitto.conf');
  writeFileSync(
    config,
    `listener ${port} 127.0.0.1\nallow_anonymous true\n${
      as === 'debian' ? DEBIAN(dir) : 'persistence false\nlog_type none\n'
    }`,
  );
  const child = spawn('mosquitto', ['-c', config], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  for (let tries = 0; tries < 100 && !(await accepts(port)); tries++) await sleep(50);
  return {
    port,
    pid: child.pid ?? 0,
    async stop() {
      child.kill();
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
