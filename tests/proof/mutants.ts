/**
 * Mutants: `npm run mutants [-- name …]`. Each changes one rule of the platform in a copy of the tree and runs the test
 * that must notice. Prints a table; exits with 1 when one survives.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The test file that kills it, and which of its tests; all where none is named. */
  readonly test: string;
  readonly only?: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the unique index of fee lines is dropped',
    file: 'store/migrations/0010_money-rules.sql',
    from: 'ALTER TABLE fee_lines DROP CONSTRAINT fee_lines_original_once;',
    to: 'ALTER TABLE fee_lines DROP CONSTRAINT fee_lines_original_once; ALTER TABLE fee_lines DROP CONSTRAINT fee_lines_once;',
    ...{ test: 'tests/proof/audit.test.ts', only: 'finds nothing where nothing is wrong' },
  },
  {
    name: 'the exclusion of overlapping originals is dropped',
    file: 'store/migrations/0010_money-rules.sql',
    from: "  WHERE (kind = 'original');",
    to: "  WHERE (kind = 'original'); ALTER TABLE fee_lines DROP CONSTRAINT fee_lines_original_once;",
    ...{ test: 'tests/proof/audit.test.ts', only: 'finds nothing where nothing is wrong' },
  },
  {
    name: '< for <= at a cut',
    file: 'domain/metering/fold.ts',
    from: 'cut !== undefined && cut <= mark.ts',
    to: 'cut !== undefined && cut < mark.ts',
    test: 'tests/domain/settlement/settle.test.ts',
  },
  {
    name: 'UTC for local cuts',
    file: 'domain/periods.ts',
    from: 'date.toZonedDateTime({ timeZone }).epochMilliseconds',
    to: "date.toZonedDateTime({ timeZone: timeZone && 'UTC' }).epochMilliseconds",
    test: 'tests/domain/periods.test.ts',
  },
  {
    name: 'UTC for bands',
    file: 'domain/tariffs/calendar.ts',
    from: 'toZonedDateTimeISO(timeZone)',
    to: "toZonedDateTimeISO(timeZone && 'UTC')",
    test: 'tests/domain/settlement/settle.test.ts',
  },
  {
    name: 'a float in rating',
    file: 'domain/rating/scope.ts',
    from: 'n: quantity * price.n, d:',
    to: 'n: BigInt(Math.trunc(Number(quantity) * (Number(price.n) / Number(price.d)) * Number(price.d))), d:',
    test: 'tests/domain/rating/rules.test.ts',
  },
  {
    name: 'a float in the fold',
    file: 'domain/metering/boundary.ts',
    from: 'before.total + ((after.total - before.total) * BigInt(at - before.ts)) / span',
    to: 'before.total + BigInt(Math.floor(Number(after.total - before.total) * ((at - before.ts) / Number(span))))',
    test: 'tests/domain/metering/fold.test.ts',
  },
  {
    name: 'rollover without plausibility',
    file: 'domain/metering/plausible.ts',
    from: 'return nearTop && isPossible(delta, step)',
    to: 'return nearTop || delta > 0n',
    test: 'tests/domain/settlement/settle.test.ts',
  },
  {
    name: 'a jump is believed',
    file: 'domain/metering/plausible.ts',
    from: "return isPossible(delta, step) ? { delta } : { refusal: 'jumped' };",
    to: 'return { delta };',
    test: 'tests/domain/metering/fold.test.ts',
  },
  {
    name: 'the cut-off is ignored',
    file: 'store/usage-readings.ts',
    from: 'r.received_at <= $4 AND (r.journal_seq IS NULL OR r.journal_seq <= $5)',
    to: '($4::timestamptz IS NOT NULL AND $5::bigint IS NOT NULL)',
    ...{ test: 'tests/billing/close.test.ts', only: 'a replay' },
  },
  {
    name: 'a tier begins one unit late',
    file: 'domain/rating/tiered.ts',
    from: 'usage < limit ? usage : limit',
    to: 'usage < limit ? usage : limit + 1n',
    test: 'tests/domain/rating',
  },
  {
    name: 'the boundary of a tier is skipped when usage passes it',
    file: 'domain/rating/tiered.ts',
    from: 'quantity: (to[i] ?? 0n) - (from[i] ?? 0n),',
    to: 'quantity: i > 0 && (from[i] ?? 0n) === 0n ? 0n : (to[i] ?? 0n) - (from[i] ?? 0n),',
    test: 'tests/domain/rating',
  },
  {
    name: 'an estimate is made anew on each run',
    file: 'domain/metering/estimate.ts',
    from: 'if (one.at <= last.ts || !isSameMark(one.before, last)) continue;',
    to: 'if (one.at <= last.ts || isSameMark(one.before, last)) continue;',
    test: 'tests/domain/metering/estimate.test.ts',
  },
  {
    name: 'the trigger of closed periods is dropped',
    file: 'store/migrations/0019_cut-off-rules.sql',
    from: 'CREATE TRIGGER fee_lines_open_period AFTER INSERT ON fee_lines',
    to: 'CREATE TRIGGER on_another_table AFTER INSERT ON parties',
    ...{ test: 'tests/proof/audit.test.ts', only: 'finds nothing where nothing is wrong' },
  },
  {
    name: 'late lines go on the closed period',
    file: 'domain/periods.ts',
    from: 'while (closed.has(open)) open = periodAfter(open);',
    to: 'if (closed.size < 0) open = periodAfter(open);',
    ...{ test: 'tests/billing/close.test.ts' },
  },
  {
    name: 'what is posted is not subtracted',
    file: 'domain/settlement/difference.ts',
    from: 'const amount = line.amount - (before?.amount ?? 0n);',
    to: 'const amount = line.amount;',
    test: 'tests/domain/settlement/settle.test.ts',
  },
  {
    name: 'a fresh order number on a retry',
    file: 'billing/charge-steps.ts',
    from: 'return { orderNo, amount, currency, providerRef, description',
    to: 'return { orderNo: `${orderNo}-${Date.now()}`, amount, currency, providerRef, description',
    test: 'tests/billing/charges.test.ts',
  },
  {
    name: 'several charges may be under way for a bill',
    file: 'store/migrations/0009_exact-money.sql',
    from: 'CREATE UNIQUE INDEX "charges_one_open"',
    to: 'CREATE INDEX "charges_one_open"',
    test: 'tests/billing/charges.test.ts',
  },
  {
    name: 'what is left of shares is not given to anybody',
    file: 'domain/allocation.ts',
    from: '.slice(0, left)',
    to: '.slice(0, left * 0)',
    test: 'tests/domain/allocation.test.ts',
  },
];

/** What a mutant needs of the tree: everything but what is built, stored or fetched. */
const LEFT_OUT = new Set(['node_modules', 'dist', 'data', '.git', '.library']);
const MINUTES_MAX = 6;

interface Verdict {
  readonly mutant: Mutant;
  readonly isKilled: boolean;
  readonly how: string;
}

async function main(names: readonly string[]): Promise<number> {
  const chosen = MUTANTS.filter(
    ({ name }) => names.length === 0 || names.some((part) => name.includes(part)),
  );
  const root = resolve(import.meta.dirname, '../..');
  const copy = mkdtempSync(join(tmpdir(), 'mutants-'));
  const verdicts: Verdict[] = [];
  try {
    cpSync(root, copy, {
      recursive: true,
      filter: (path) => !LEFT_OUT.has(path.slice(root.length + 1)),
    });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
    for (const mutant of chosen) {
      const verdict = await judge(copy, mutant);
      verdicts.push(verdict);
      console.error(`${verdict.isKilled ? 'killed  ' : 'SURVIVED'} ${mutant.name}`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  console.log(table(verdicts));
  return verdicts.every(({ isKilled }) => isKilled) ? 0 : 1;
}

async function judge(copy: string, mutant: Mutant): Promise<Verdict> {
  const path = join(copy, mutant.file);
  const original = readFileSync(path, 'utf8');
  if (!original.includes(mutant.from)) return { mutant, isKilled: false, how: 'its place was not found' };
  writeFileSync(path, original.replace(mutant.from, mutant.to));
  try {
    const { code, output } = await vitest(copy, mutant);
    // A test has to fail by what it expects: what does not even run kills nothing.
    const failed = /Tests\s+.*?(\d+) failed/.exec(stripVTControlCharacters(output))?.[1];
    if (code === 0) return { mutant, isKilled: false, how: 'every test passes' };
    return failed
      ? { mutant, isKilled: true, how: `${failed} failed` }
      : { mutant, isKilled: false, how: 'nothing ran' };
  } finally {
    writeFileSync(path, original);
  }
}

function vitest(cwd: string, { test, only }: Mutant): Promise<{ code: number | null; output: string }> {
  const args = ['node_modules/vitest/vitest.mjs', 'run', test, ...(only === undefined ? [] : ['-t', only])];
  const child = spawn(process.execPath, args, {
    cwd,
    timeout: MINUTES_MAX * 60_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data;
  });
  child.stderr.on('data', (data: Buffer) => {
    output += data;
  });
  return new Promise((done) => child.on('close', (code) => done({ code, output })));
}

const table = (verdicts: readonly Verdict[]): string =>
  [
    '| Mutant | Where | Killed by | |',
    '|---|---|---|---|',
    ...verdicts.map(
      ({ mutant: { name, file, test }, isKilled, how }) =>
        `| ${name} | \`${file}\` | \`${test}\` | ${isKilled ? 'killed' : '**survived**'}: ${how} |`,
    ),
  ].join('\n');

process.exitCode = await main(process.argv.slice(2));
