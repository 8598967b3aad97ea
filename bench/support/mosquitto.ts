import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../store/embedded/free-port.ts';

/** Mosquitto without persistence: acknowledged means nothing more than received. Null where it is not installed. */
export async function startMosquitto(): Promise<{ port: number; stop(): Promise<void> } | null> {
  if (spawnSync('mosquitto', ['-h']).error) return null;
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-mosquitto-'));
  const port = await freePort();
  const config = join(dir, 'mosquitto.conf');
  writeFileSync(
    config,
    `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type none\n`,
  );
  const child = spawn('mosquitto', ['-c', config], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  for (let tries = 0; tries < 100 && !(await accepts(port)); tries++) await sleep(50);
  return {
    port,
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
