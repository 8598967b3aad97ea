import { SIMULATED_KINDS, TRADES, zFleetConfig } from '../../contracts/fleet.ts';
import { BUILT_IN_PROFILES } from '../../domain/built-in-profiles.ts';
import { HOUR_MS } from '../calendar.ts';
import { runFleet } from '../fleet.ts';
import { readOptions, UsageError } from './options.ts';

const PROFILES = BUILT_IN_PROFILES.map((profile) => profile.id);

export const DEVICE_HELP = `usage: sim device --site SITE --device ID --secret SECRET --profile PROFILE [options]

Runs one device and prints what it sends and receives.

  --url URL          the broker (default mqtt://127.0.0.1:1883)
  --site, --device, --secret   as the platform gave them when the device was created
  --profile NAME     ${PROFILES.join(', ')}
  --trade NAME       whose hours and load it has: ${TRADES.join(', ')}
                     (default vegetables)
  --size N           Wh or L in a full hour, passes for a gate (default 1500)
  --start N          what the register shows at first, in Wh or L (default 0)
  --ratio N          CT ratio (default 1)
  --history HOURS    hours it has kept and sends first (default 0)
  --duplicates, --disorder, --malformed SHARE    of its messages, 0 to 1 (default 0)
  --clock-ahead S    how far its clock is ahead, negative: behind (default 0)
  --outage EVERY,FOR loses its connection every so many seconds for so many
  --seed TEXT        the same seed, the same values (default stallgrid)
  --speed N          simulated seconds in a real one (default 1)
  --seconds N        stop by itself after so long (default: Ctrl-C)

example: sim device --site demo --device M-1001 --secret 0123… --profile electricity-meter --history 48
`;

const share = { min: 0, max: 1, default: 0 };

export async function deviceCommand(args: readonly string[], signal: AbortSignal): Promise<void> {
  const text = { type: 'string' } as const;
  const options = readOptions(args, {
    ...{ url: text, site: text, device: text, secret: text, profile: text, trade: text, size: text },
    ...{ start: text, ratio: text, history: text, duplicates: text, disorder: text, malformed: text },
    ...{ 'clock-ahead': text, outage: text, seed: text, speed: text, seconds: text },
  });
  const profile = options.oneOf('profile', PROFILES, 'electricity-meter');
  const kind = BUILT_IN_PROFILES.find((p) => p.id === profile)?.kind;
  const speed = options.number('speed', { min: 0.01, max: 100_000, default: 1 });
  const historyHours = options.number('history', { min: 0, max: 24 * 366, default: 0 });
  const seconds = options.number('seconds', { min: 1, max: 86_400, default: Number.POSITIVE_INFINITY });
  const now = Date.now();
  const parsed = zFleetConfig.safeParse({
    site: options.needed('site'),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    seed: options.text('seed') ?? 'stallgrid',
    historyFrom: historyHours === 0 ? now : Math.floor(now / HOUR_MS - historyHours) * HOUR_MS,
    devices: [
      {
        id: options.needed('device'),
        secret: options.needed('secret'),
        kind: SIMULATED_KINDS.find((k) => k === kind),
        trade: options.oneOf('trade', TRADES, 'vegetables'),
        size: options.number('size', { min: 0, max: 1e9, default: 1500 }),
        startValue: options.number('start', { min: 0, max: 1e12, default: 0 }),
        ratio: options.number('ratio', { min: 1, max: 10_000, default: 1 }),
        faults: {
          duplicates: options.number('duplicates', share),
          disorder: options.number('disorder', share),
          malformed: options.number('malformed', share),
          clockAheadS: options.number('clock-ahead', { min: -1e9, max: 1e9, default: 0 }),
          ...readOutage(options.text('outage')),
        },
      },
    ],
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UsageError(
      `--${issue?.path.at(-1) === 'id' ? 'device' : issue?.path.at(-1)?.toString()}: ${issue?.message}`,
    );
  }
  const timeout = Number.isFinite(seconds) ? [AbortSignal.timeout(seconds * 1000)] : [];
  const last = await runFleet({
    url: options.text('url') ?? 'mqtt://127.0.0.1:1883',
    config: parsed.data,
    speed,
    signal: AbortSignal.any([signal, ...timeout]),
    onMessage: (_device, topic, body) => console.log(`${topic.padEnd(5)} ${body}`),
    onProgress: ({ errors }) => {
      for (const [what, count] of Object.entries(errors)) console.error(`error: ${what} (${count})`);
    },
  });
  console.log(`${last.published} published, ${last.acked} acknowledged`);
}

function readOutage(text: string | undefined): { outage?: { everyS: number; forS: number } } {
  if (text === undefined) return {};
  const [everyS, forS] = text.split(',').map(Number);
  if (!everyS || !forS || forS >= everyS) {
    throw new UsageError(`--outage ${text} is wrong: seconds like 300,60`);
  }
  return { outage: { everyS, forS } };
}
