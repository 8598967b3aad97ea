import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBehindMosquitto } from './behind-mosquitto.ts';
import type { System } from './system.ts';

const PROGRAM = fileURLToPath(new URL('subscriber-program.mjs', import.meta.url));

/** The small program that is written where nothing is bought: MQTT.js in, the official InfluxDB client out. */
export const subscriber = (options: { readonly name: string; readonly tuned: boolean }): System => ({
  name: options.name,
  guess: 8_000,
  // As it comes it waits a minute; the loads are whole batches, so that there is nothing to wait for.
  flushMs: options.tuned ? 1_000 : 0,
  quietMs: 65_000,
  async start({ url, database, devices }) {
    const dir = mkdtempSync(join(tmpdir(), 'stallgrid-subscriber-'));
    const clean = (): void => rmSync(dir, { recursive: true, force: true });
    const args = (mqttPort: number): string[] => [
      PROGRAM,
      JSON.stringify({ mqttPort, influxUrl: url, database, tuned: options.tuned }),
    ];
    try {
      const running = await startBehindMosquitto({ dir, args, ready: 'subscribed' }, devices);
      return { ...running, close: () => running.close().finally(clean) };
    } catch (error) {
      clean();
      throw error;
    }
  },
});
