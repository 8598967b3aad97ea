import { fixedPayload } from '../device-sim/swarm/payloads.ts';
import { runSwarm } from '../device-sim/swarm/run.ts';
import { addDevices, openStand, rssAnonMb } from './support/stand.ts';
import { thousands } from './support/statistics.ts';

const CONNECTIONS = 5_000;
const HOLD_MS = 10_000;

/** What an idle connection costs the platform. */
export async function run(print: (line: string) => void): Promise<void> {
  const stand = await openStand();
  try {
    const { pid, mqttPort } = stand.platform;
    const clients = await addDevices(stand.db, 'electricity_meter', CONNECTIONS);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const beforeMb = rssAnonMb(pid);
    const startedAt = performance.now();
    let connectedS = 0;
    let heldMb = 0;
    const result = await runSwarm({
      host: '127.0.0.1',
      port: mqttPort,
      clients,
      window: 1,
      durationMs: HOLD_MS,
      // Keeps the run going to its end without a publish: one a client an hour.
      rate: CONNECTIONS / 3_600,
      payload: fixedPayload(Buffer.from('{"values":{"power":1}}')),
      onProgress: ({ connected }) => {
        if (connected === CONNECTIONS) connectedS ||= (performance.now() - startedAt) / 1000;
        heldMb = rssAnonMb(pid);
      },
    });
    print(
      `${thousands(result.connected)} of ${thousands(CONNECTIONS)} connected within ${connectedS.toFixed(1)} s`,
    );
    print(
      `  RssAnon ${beforeMb.toFixed(0)} → ${heldMb.toFixed(0)} MB: ${(((heldMb - beforeMb) * 1024) / result.connected).toFixed(1)} kB a connection`,
    );
  } finally {
    await stand.close();
  }
}
