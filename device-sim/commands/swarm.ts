import { readFileSync } from 'node:fs';
import type { SwarmClient } from '../swarm/connection.ts';
import { fixedPayload, meterPayload, type SwarmPayload, sensorPayload } from '../swarm/payloads.ts';
import { isLoopback, runSwarm, type SwarmResult } from '../swarm/run.ts';
import { type Options, readOptions, UsageError } from './options.ts';

export const SWARM_HELP = `usage: sim swarm [options]

Opens many bare connections, publishes pre-built packets at QoS 1, and reports how fast they were acknowledged.

  --host, --port     the broker (default 127.0.0.1 1883)
  --allow-remote     without it only a loopback address is taken
  --clients N        how many connections (default 100)
  --credentials FILE one client a line: clientId,username,password,topic
  --client-id, --username, --password, --topic TEXT
                     in place of a file, for every client; %n is its number from 0
                     (default swarm-%n, none, none, v1/swarm/meter-%n/up)
  --window N         unacknowledged messages a client (default 20)
  --batch N          messages that a client sends in one write (default 1)
  --rate N           messages a second over all clients; 0: as fast as possible (default 0)
  --seconds N        how long to publish (default 10, at most 3600)
  --messages N       each client stops after so many; 0: only hold the connections open
  --payload NAME     meter, sensor, or bytes:N (default meter)
  --json             the result as JSON

example: sim swarm --credentials swarm.csv --window 20 --seconds 30
example: sim swarm --port 1884 --clients 100 --topic 'bench/%n' --payload bytes:100
`;

const text = { type: 'string' } as const;

export async function swarmCommand(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readOptions(args, {
    ...{ host: text, port: text, clients: text, credentials: text, window: text, batch: text, rate: text },
    ...{ 'client-id': text, username: text, password: text, topic: text },
    ...{ seconds: text, messages: text, payload: text },
    ...{ json: { type: 'boolean' }, 'allow-remote': { type: 'boolean' } },
  });
  const window = options.number('window', { min: 1, max: 65_535, default: 20 });
  const messages = options.number('messages', { min: 0, max: 899_999_999, default: -1 });
  const host = options.text('host') ?? '127.0.0.1';
  if (!isLoopback(host) && !options.flag('allow-remote')) {
    throw new UsageError(`--host ${host} is not a loopback address: add --allow-remote if its owner agrees`);
  }
  const result = await runSwarm({
    host,
    port: options.number('port', { min: 1, max: 65_535, default: 1883 }),
    allowRemote: options.flag('allow-remote'),
    clients: clientsOf(options),
    window,
    batch: options.number('batch', { min: 1, max: window, default: 1 }),
    rate: options.number('rate', { min: 0, max: 10_000_000, default: 0 }),
    durationMs: options.number('seconds', { min: 0.1, max: 3600, default: 10 }) * 1000,
    ...(messages >= 0 ? { messagesPerClient: messages } : {}),
    payload: payloadOf(options.text('payload') ?? 'meter'),
    signal,
    ...(options.flag('json')
      ? {}
      : {
          onProgress: (p) => console.log(`${p.connected} connected, ${p.sent} sent, ${p.acked} acknowledged`),
        }),
  });
  console.log(options.flag('json') ? JSON.stringify(result) : inWords(result));
  if (result.connected < result.clients || result.acked < result.sent) process.exitCode = 1;
}

function clientsOf(options: Options): SwarmClient[] {
  const file = options.text('credentials');
  if (file) return readCredentials(file);
  const username = options.text('username');
  const password = options.text('password');
  const fill = (template: string, n: number): string => template.replaceAll('%n', String(n));
  return Array.from({ length: options.number('clients', { min: 1, max: 60_000, default: 100 }) }, (_, n) => ({
    clientId: fill(options.text('client-id') ?? 'swarm-%n', n),
    topic: fill(options.text('topic') ?? 'v1/swarm/meter-%n/up', n),
    ...(username === undefined ? {} : { username: fill(username, n) }),
    ...(password === undefined ? {} : { password: fill(password, n) }),
  }));
}

function readCredentials(file: string): SwarmClient[] {
  let lines: string[];
  try {
    lines = readFileSync(file, 'utf8').split(/\r?\n/);
  } catch (error) {
    throw new UsageError(`--credentials ${file}: ${(error as Error).message}`);
  }
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const [clientId, username, password, topic] = line.split(',').map((field) => field.trim());
    if (!clientId || !topic) {
      throw new UsageError(`--credentials ${file}, line ${index + 1}: clientId,username,password,topic`);
    }
    return [{ clientId, topic, ...(username ? { username } : {}), ...(password ? { password } : {}) }];
  });
}

function payloadOf(name: string): SwarmPayload {
  const bytes = /^bytes:([1-9]\d{0,4})$/.exec(name)?.[1];
  if (bytes) return fixedPayload(Buffer.alloc(Number(bytes), 'x'));
  if (name === 'meter') return meterPayload({ startTs: Date.now() });
  if (name === 'sensor') return sensorPayload({ startTs: Date.now() });
  throw new UsageError(`--payload ${name} is wrong: meter, sensor or bytes:1 to bytes:99999`);
}

function inWords(result: SwarmResult): string {
  const { latencyMs: l, errors } = result;
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  return [
    `${result.connected} of ${result.clients} clients connected`,
    `${result.sent} sent, ${result.acked} acknowledged in ${(result.elapsedMs / 1000).toFixed(1)} s: ${Math.round(result.ackedPerS)} messages/s`,
    `publish to PUBACK: p50 ${ms(l.p50)}, p95 ${ms(l.p95)}, p99 ${ms(l.p99)}, max ${ms(l.max)}`,
    ...Object.entries(errors).map(([what, count]) => `error: ${what} (${count})`),
  ].join('\n');
}
