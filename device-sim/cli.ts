import { DEVICE_HELP, deviceCommand } from './commands/device.ts';
import { FLEET_HELP, fleetCommand } from './commands/fleet.ts';
import { UsageError } from './commands/options.ts';
import { SWARM_HELP, swarmCommand } from './commands/swarm.ts';

const HELP = `usage: sim <device | fleet | swarm> [options]

Simulated devices. They speak MQTT with credentials of their own, as real ones do, and share nothing with the platform.

  device   one device, with what it sends and receives printed
  fleet    all devices of a configuration file
  swarm    a load of bare connections, to measure a broker

\`sim <command> --help\` tells the options of each.
`;

const COMMANDS = {
  device: { run: deviceCommand, help: DEVICE_HELP },
  fleet: { run: fleetCommand, help: FLEET_HELP },
  swarm: { run: swarmCommand, help: SWARM_HELP },
} as const;

async function main(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h') return void process.stdout.write(HELP);
  if (!Object.hasOwn(COMMANDS, name)) {
    throw new UsageError(`there is no command "${name}": there are ${Object.keys(COMMANDS).join(', ')}`);
  }
  const command = COMMANDS[name as keyof typeof COMMANDS];
  if (rest.includes('--help') || rest.includes('-h')) return void process.stdout.write(command.help);

  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  // A parent that died, however it died, takes its end of the channel along.
  process.once('disconnect', () => stop.abort());
  await command.run(rest, stop.signal);
}

main(process.argv.slice(2)).then(
  // Whatever a closing socket still waits for, it is over.
  () => process.exit(),
  (error: Error) => {
    console.error(error instanceof UsageError ? error.message : (error.stack ?? error.message));
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
