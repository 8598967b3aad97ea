import { SEVERAL, type Stage } from './rounds.ts';
import type { Total } from './target.ts';

const DETAILS_MAX = 20;

/** Tables in Markdown: as easy to read in a terminal as in a document. */
export function describe({
  target,
  seed,
  minutes,
  stage,
  totals,
}: {
  readonly target: string;
  readonly seed: number;
  readonly minutes: number;
  readonly stage: Stage;
  readonly totals: readonly Total[];
}): string {
  const { times, tolls } = stage;
  const head = [
    'fault',
    'times',
    'alone',
    'connections lost',
    'given up on',
    'refused',
    'first PUBACK after its end (s)',
    'all stored (s)',
  ];
  const names = [...times.keys()].sort();
  if (tolls.has(SEVERAL)) names.push(SEVERAL);
  const rows = names.map((name) => {
    const toll = tolls.get(name);
    const all = times.get(name) ?? toll?.rounds ?? 0;
    if (!toll) return [name, all, 0, '–', '–', '–', '–', '–'];
    const { rounds, lost, silent, refused, pubackMs, storedMs, unseen } = toll;
    const stored = `${spread(storedMs)}${unseen > 0 ? `, not seen ${unseen} ×` : ''}`;
    return [name, all, name === SEVERAL ? '–' : rounds, lost, silent, refused, spread(pubackMs), stored];
  });
  const details = totals.flatMap(({ name, value, details: lines = [] }) =>
    value !== 0 && lines.length > 0 ? [`\n${name}:`, ...lines.slice(0, DETAILS_MAX)] : [],
  );
  const totalRows = totals.map(({ name, value, mustBeZero }) => [
    name,
    value.toLocaleString('en-US'),
    mustBeZero ? (value === 0 ? 'ok' : 'FAIL') : '',
  ]);
  return [
    `${target}: ${minutes} minutes, seed ${seed}`,
    '',
    ...table([head, ...rows]),
    '',
    ...table([['total', 'value', ''], ...totalRows]),
    ...details,
  ].join('\n');
}

/** Median and maximum in seconds. */
function spread(ms: readonly number[]): string {
  if (ms.length === 0) return '–';
  const sorted = [...ms].sort((a, b) => a - b);
  const seconds = (value = 0): string => (value / 1000).toFixed(1);
  const median = seconds(sorted[(sorted.length - 1) >> 1]);
  return ms.length === 1 ? median : `${median}, max ${seconds(sorted.at(-1))}`;
}

function table(rows: readonly (readonly (string | number)[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => `${row[i] ?? ''}`.length)));
  const lineOf = (row: readonly (string | number)[]): string =>
    `| ${widths.map((width, i) => `${row[i] ?? ''}`.padEnd(width)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [lineOf(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(lineOf)];
}
