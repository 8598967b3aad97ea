import { readFileSync } from 'node:fs';
import { type FleetProgress, zFleetConfig } from '../../contracts/fleet.ts';
import { runFleet } from '../fleet.ts';
import { readOptions, UsageError } from './options.ts';

export const FLEET_HELP = `usage: sim fleet --config FILE --url mqtt://HOST:PORT [--flash FILE] [--history-only]

Runs all devices of a configuration (see contracts/fleet.ts), each with a connection of its own.

  --config FILE      which devices there are, with their secrets
  --url URL          the broker, mqtt:// or mqtts://
  --flash FILE       where the devices remember what was acknowledged; the next run sends only what is missing
  --history-only     stop once everything they kept has been acknowledged
  --backfill N       kept measurements a second, all devices together (default 20000)
  --speed N          simulated seconds in a real one (default 1)

example: sim fleet --config data/demo-devices.json --flash data/demo-flash.json --url mqtt://127.0.0.1:1883
`;

export async function fleetCommand(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readOptions(args, {
    config: { type: 'string' },
    url: { type: 'string' },
    flash: { type: 'string' },
    'history-only': { type: 'boolean' },
    backfill: { type: 'string' },
    speed: { type: 'string' },
  });
  const config = readConfig(options.needed('config'));
  const flashFile = options.text('flash');
  const last = await runFleet({
    url: options.needed('url'),
    config,
    ...(flashFile ? { flashFile } : {}),
    historyOnly: options.flag('history-only'),
    backfillPerS: options.number('backfill', { min: 1, max: 1_000_000, default: 20_000 }),
    speed: options.number('speed', { min: 0.01, max: 100_000, default: 1 }),
    signal,
    onProgress: report,
  });
  report(last);
}

/** To the process that started this one where there is one, else in words. */
function report(progress: FleetProgress): void {
  if (process.send) {
    if (process.connected) process.send(progress);
    return;
  }
  const { connected, devices, backfilled, backfillTotal, published, acked, errors } = progress;
  const wrong = Object.entries(errors).map(([what, count]) => `, ${what}: ${count}`);
  console.log(
    `${connected}/${devices} connected, history ${backfilled}/${backfillTotal}, ` +
      `${published} published, ${acked} acknowledged${wrong.join('')}`,
  );
}

function readConfig(file: string) {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--config ${file}: ${(error as Error).message}`);
  }
  const parsed = zFleetConfig.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`--config ${file}: ${issue?.path.join('.')}: ${issue?.message}`);
}
