import { connectAsync } from 'mqtt';
import { zCommand } from '../../contracts/mqtt.ts';
import { eventually } from './eventually.ts';

export interface ObedientDevice {
  readonly id: string;
  /** The ids of the commands that it did, each once however often it came. */
  readonly done: readonly string[];
}

/** A device that does every command once and answers whenever it comes; connects to the first broker that takes it. */
export async function openObedient(options: {
  readonly id: string;
  readonly clientId: string;
  readonly secret: string;
  readonly ports: readonly number[];
  /** Ends it. */
  readonly signal: AbortSignal;
}): Promise<ObedientDevice> {
  const { id, clientId, secret, ports, signal } = options;
  // As devices do, until the broker has heard of it.
  const client = await eventually(() =>
    connectAsync({
      ...{ clientId, username: clientId, password: secret, clean: true, reconnectPeriod: 500 },
      servers: ports.map((port) => ({ host: '127.0.0.1', port, protocol: 'mqtt' as const })),
    }),
  );
  client.on('error', () => {});
  signal.addEventListener('abort', () => client.end());
  const done = new Set<string>();
  client.on('message', (_topic, payload) => {
    const command = zCommand.parse(JSON.parse(payload.toString()));
    done.add(command.id);
    client.publish(`v1/${clientId}/ack`, JSON.stringify({ id: command.id, ok: true }), { qos: 1 });
  });
  await client.subscribeAsync(`v1/${clientId}/cmd`, { qos: 1 });
  return {
    id,
    get done() {
      return [...done];
    },
  };
}
