import { addDevices, openStand, SITE } from '../support/stand.ts';
import type { System } from './system.ts';

/**
 * The platform as one process beside its Postgres. With `readings` it also judges each register's value and keeps it
 * as a reading that can be billed; without, it does what the peers do, and keeps each device's state besides.
 */
export const stallgrid = (options: { readonly name: string; readonly readings: boolean }): System => ({
  name: options.name,
  guess: options.readings ? 8_000 : 10_000,
  flushMs: 0,
  quietMs: 45_000,
  async start({ url, database, devices }) {
    const stand = await openStand({
      env: { INFLUX_URL: url, INFLUX_API: 'v1', INFLUX_BUCKET: database },
    });
    try {
      return {
        mqttPort: stand.platform.mqttPort,
        clients: await addDevices(stand.db, 'electricity_meter', devices, SITE, options.readings),
        pids: () => [stand.platform.pid],
        postgresPid: stand.postgresPid,
        kill: () => stand.platform.kill(),
        restart: async () => void (await stand.restart()),
        close: () => stand.close(),
      };
    } catch (error) {
      await stand.close();
      throw error;
    }
  },
});
