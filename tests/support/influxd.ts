import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { influxdInstalled, type LocalInfluxd, startInfluxd } from '../../store/embedded/influxd.ts';

/** Use as `describe.skipIf(skipInflux)`: without the server binary the suite is skipped, in CI it fails. */
export const skipInflux = !influxdInstalled() && !process.env.CI;
if (skipInflux) console.warn('skipped: no influxd 1.x is installed (Debian package influxdb)');

/** A real InfluxDB in a folder of its own, on `port` or a free one; `stop` keeps its data, `remove` does not. */
export async function startTestInfluxd(): Promise<LocalInfluxd & { dir: string; remove(): Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-influx-'));
  const server = await startInfluxd({ dir });
  const remove = async (): Promise<void> => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  return { ...server, dir, remove };
}
