import { median, thousands } from '../support/statistics.ts';
import type { Level, Loss, Outage, Saturation } from './measure.ts';

export interface Results {
  readonly name: string;
  /** One a round; null where no rate was held. */
  readonly rounds: (Level | null)[];
  saturation?: Saturation;
  outage?: Outage;
  killed?: Loss;
}

const MILLION = 1_000_000;

/** Three tables in Markdown; ratios are of the first system to each. */
export function report(results: readonly Results[]): string[] {
  const [first] = results;
  if (!first) return [];
  const ours = rateOf(first);
  return [
    '| system | stored and not lost, median | rounds | first ÷ this | CPU s a million: own, InfluxDB, Postgres | peak memory (RSS), Postgres |',
    '|---|---|---|---|---|---|',
    ...results.map((of) => {
      const rate = rateOf(of);
      const ratio = rate > 0 ? `${(ours / rate).toFixed(2)} ×` : '–';
      return `| ${of.name} | ${thousands(rate)}/s | ${ratesOf(of).map(thousands).join(', ')} | ${ratio} | ${cpuOf(of)} | ${memoryOf(of)} |`;
    }),
    '',
    '| system, as much as it acknowledges | acknowledged | stored | lost | peak memory |',
    '|---|---|---|---|---|',
    ...results.flatMap(({ name, saturation }) =>
      saturation
        ? [
            `| ${name} | ${thousands(saturation.ackedPerS)}/s | ${thousands(saturation.storedPerS)}/s | ${lossOf(saturation)} | ${saturation.peakMb.toFixed(0)} MB |`,
          ]
        : [],
    ),
    '',
    "| system | an hour's outage of InfluxDB: lost | level again after | SIGKILL: lost |",
    '|---|---|---|---|',
    ...results.map(
      ({ name, outage, killed }) =>
        `| ${name} | ${outage ? lossOf(outage) : '–'} | ${outage ? levelAfter(outage) : '–'} | ${killed ? lossOf(killed) : '–'} |`,
    ),
  ];
}

const ratesOf = ({ rounds }: Results): number[] => rounds.map((level) => level?.ackedPerS ?? 0);
const rateOf = (results: Results): number => median(ratesOf(results));
const heldOf = ({ rounds }: Results): Level[] => rounds.filter((level) => level !== null);

function cpuOf(results: Results): string {
  const held = heldOf(results);
  if (held.length === 0) return '–';
  const per = (cpuS: (level: Level) => number): string =>
    median(held.map((level) => (cpuS(level) / level.stored) * MILLION)).toFixed(0);
  return [
    per((l) => l.costs.systemCpuS),
    per((l) => l.costs.influxCpuS),
    per((l) => l.costs.postgresCpuS),
  ].join(', ');
}

function memoryOf(results: Results): string {
  const held = heldOf(results);
  if (held.length === 0) return '–';
  const own = median(held.map(({ costs }) => costs.peakMb)).toFixed(0);
  const postgres = median(held.map(({ costs }) => costs.postgresMb));
  return `${own} MB${postgres > 0 ? `, ${postgres.toFixed(0)} MB` : ''}`;
}

/** How many of how many, and the share. */
export function lossOf({ acked, lost }: Loss): string {
  const share =
    acked > 0 && lost > 0 ? ` (${((lost / acked) * 100).toFixed(lost / acked < 0.1 ? 2 : 0)} %)` : '';
  return `${thousands(lost)} of ${thousands(acked)}${share}`;
}

const levelAfter = ({ drainMs, lost }: Outage): string =>
  lost === 0 ? `${(drainMs / 1000).toFixed(1)} s` : 'never';
