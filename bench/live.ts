import WebSocket from 'ws';
import { zLiveMessage } from '../contracts/live.ts';
import { sensorPayload } from '../device-sim/swarm/payloads.ts';
import { runSwarm } from '../device-sim/swarm/run.ts';
import { ADMIN_TOKEN } from '../tests/support/platform.ts';
import { addDevices, openStand } from './support/stand.ts';
import { percentile, thousands } from './support/statistics.ts';

const SENSORS = 1_000;
const RATE = 1_000;
const DURATION_MS = 30_000;

/** From the write of a sensor's publish to its delta on a dashboard's WebSocket; both ends share one clock. */
export async function run(print: (line: string) => void): Promise<void> {
  const stand = await openStand();
  try {
    const clients = await addDevices(stand.db, 'stall_sensor', SENSORS);
    const floor = await stand.db.$client.query(`SELECT id FROM places WHERE kind = 'floor'`);
    const url = `${stand.platform.url.replace('http', 'ws')}/api/v1/live?floor=${floor.rows[0].id}`;
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
    const ages: number[] = [];
    socket.on('message', (data) => {
      const now = Date.now();
      const message = zLiveMessage.parse(JSON.parse(String(data)));
      if (message.type !== 'delta') return;
      for (const [, , , measuredAt] of message.stalls) if (measuredAt) ages.push(now - measuredAt);
    });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const pace = sensorPayload({ startTs: Date.now() });
    const result = await runSwarm({
      host: '127.0.0.1',
      port: stand.platform.mqttPort,
      clients,
      window: 5,
      rate: RATE,
      durationMs: DURATION_MS,
      // Stamped when it is written: the age of the delta is then the platform's alone.
      payload: {
        template: pace.template,
        patch(bytes, at, client, n) {
          pace.patch(bytes, at, client, n);
          bytes.write(String(Date.now()), at + bytes.subarray(at).indexOf(':') + 1, 'latin1');
        },
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    socket.close();
    print(
      `${thousands(SENSORS)} sensors flip at ${thousands(RATE)}/s for ${DURATION_MS / 1000} s, one dashboard:`,
    );
    print(
      `  published ${thousands(result.acked)}, seen in deltas ${thousands(ages.length)} (a stall that flips twice within a delta counts once)`,
    );
    print(
      `  publish to delta p50 ${percentile(ages, 50)} ms, p95 ${percentile(ages, 95)} ms (target 250), p99 ${percentile(ages, 99)} ms`,
    );
  } finally {
    await stand.close();
  }
}
