import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { influxdInstalled } from '../../store/embedded/influxd.ts';
import { mosquittoInstalled, PEERS, startPeer } from './peers.ts';
import { startStallgrid } from './stallgrid.ts';
import { torture } from './torture.ts';

const HELP = `usage: npm run torture -- [--minutes N] [--seed S] [--devices N] [--rate N] [--parted] [--against aedes|mosquitto]

Devices publish numbered readings at QoS 1 and keep what is acknowledged, while the platform is killed, stopped and
frozen, its databases too, lines are cut, stalled and slow, the journal and the disk are full, and devices repeat
themselves, mix up their messages and lose the time. A month is charged meanwhile. In the end everything that was
acknowledged must be there, once, and charged, once. Exits with 0 where it is, 1 where not, 2 on misuse.

  --minutes    how long there are faults, from 0.2 to 480 (2)
  --seed       the same seed makes the same truth and the same plan of faults (a random one)
  --devices    how many meters, from 1 to 200 (24)
  --rate       readings a second of each, from 1 to 40 (10)
  --parted     the platform as a process for each part
  --against    the same against a plain broker with a subscriber that writes to InfluxDB
  --help       this text
`;

class UsageError extends Error {}

function numberIn(
  name: string,
  text: string | undefined,
  fallback: number,
  min: number,
  max: number,
): number {
  const value = text === undefined ? fallback : Number(text);
  if (!(value >= min && value <= max)) throw new UsageError(`--${name} is a number from ${min} to ${max}`);
  return value;
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = {
    minutes: text,
    seed: text,
    devices: text,
    rate: text,
    against: text,
    parted: flag,
    help: flag,
  };
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
  try {
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const against = PEERS.find((peer) => peer === values.against);
  if (values.against !== undefined && !against) throw new UsageError(`--against is ${PEERS.join(' or ')}`);
  return {
    ...{ against, isParted: values.parted ?? false, help: values.help ?? false },
    minutes: numberIn('minutes', values.minutes, 2, 0.2, 480),
    seed: Math.floor(numberIn('seed', values.seed, randomInt(1e9), 0, 2 ** 32)),
    devices: Math.floor(numberIn('devices', values.devices, 24, 1, 200)),
    rate: numberIn('rate', values.rate, 10, 1, 40),
  };
}

const WIDTH = 150;

async function main(): Promise<number> {
  const { help, against, ...options } = parse(process.argv.slice(2));
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (!influxdInstalled())
    throw new UsageError('it needs an installed InfluxDB 1.x (Debian package influxdb)');
  if (against === 'mosquitto' && !mosquittoInstalled()) throw new UsageError('mosquitto is not installed');
  const say = (line: string): void => console.log(`${process.stdout.isTTY ? '\r\u001b[K' : ''}${line}`);
  const show = (line: string): void => {
    if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${line.slice(0, WIDTH)}`);
  };
  const aborted = new AbortController();
  let interrupts = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interrupts++ === 0) say('stopping: everything that was started is ended …');
      aborted.abort();
    });
  }
  say(`seed ${options.seed}`);
  const target = against
    ? await startPeer(against, options.devices)
    : await startStallgrid({ ...options, say });
  try {
    const verdict = await torture(target, { ...options, say, show, signal: aborted.signal });
    if (!verdict) return 130;
    say(`\n${verdict.text}\n`);
    say(verdict.failures.length === 0 ? 'Nothing was lost, nothing doubled.' : 'FAILED');
    return verdict.failures.length === 0 ? 0 : 1;
  } finally {
    await target.close();
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    console.error(error instanceof UsageError ? `${error.message}\n\n${HELP}` : error.stack);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
