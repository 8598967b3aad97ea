import type { SwarmClient } from '../device-sim/swarm/connection.ts';
import { meterPayload } from '../device-sim/swarm/payloads.ts';
import { runSwarm } from '../device-sim/swarm/run.ts';
import { startMosquitto } from './support/mosquitto.ts';
import { addDevices, openStand } from './support/stand.ts';
import { median, thousands } from './support/statistics.ts';

const ROUNDS = 5;
const ROUND_MS = 5_000;
const CLIENTS = 100;
const WINDOW = 20;

/** QoS 1 publishes acknowledged durably, against Mosquitto that keeps nothing, in turns. */
export async function run(print: (line: string) => void): Promise<void> {
  const mosquitto = await startMosquitto();
  if (!mosquitto) return print('skipped: mosquitto is not installed');
  // Without ingest: what is measured is the acknowledgement, not the work that follows it.
  const stand = await openStand({ args: ['broker', 'api'] });
  try {
    const clients = await addDevices(stand.db, 'electricity_meter', CLIENTS);
    let round = 0;
    const rate = async (port: number, as: readonly SwarmClient[]): Promise<number> => {
      const payload = meterPayload({ startTs: Date.now() - 30 * 86_400_000 + round++ * 3_600_000 });
      const result = await runSwarm({
        host: '127.0.0.1',
        port,
        clients: as,
        window: WINDOW,
        batch: WINDOW / 2,
        durationMs: ROUND_MS,
        payload,
      });
      if (Object.keys(result.errors).length > 0) print(`errors: ${JSON.stringify(result.errors)}`);
      return result.ackedPerS;
    };
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      theirs.push(await rate(mosquitto.port, clients));
      ours.push(await rate(stand.platform.mqttPort, clients));
    }
    print(
      `${CLIENTS} clients, window ${WINDOW}, ${ROUNDS} rounds of ${ROUND_MS / 1000} s in turns, medians:`,
    );
    print(`  Stallgrid, durable         ${thousands(median(ours))} acknowledged/s`);
    print(`  Mosquitto, no persistence  ${thousands(median(theirs))} acknowledged/s`);
    print(`  ratio ${(median(ours) / median(theirs)).toFixed(2)} (target 0.80)`);
  } finally {
    await stand.close();
    await mosquitto.stop();
  }
}
