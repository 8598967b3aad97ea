import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** Which of our folders each folder may import. `main.ts` and `config.ts` stand for themselves. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  contracts: ['domain'],
  store: ['contracts', 'domain'],
  broker: ['contracts', 'domain', 'store'],
  ingest: ['contracts', 'domain', 'store'],
  billing: ['contracts', 'domain', 'store'],
  api: ['contracts', 'domain', 'store'],
  dashboard: ['contracts', 'domain'],
  'device-sim': ['contracts', 'domain'],
  demo: ['contracts', 'domain', 'store'],
  'config.ts': [],
  'logging.ts': [],
  'command-line.ts': ['config.ts'],
  'journal-settings.ts': ['config.ts', 'store'],
  'payment-settings.ts': ['billing', 'config.ts', 'demo'],
  'open-stores.ts': ['config.ts', 'journal-settings.ts', 'store'],
  'backup.ts': ['command-line.ts', 'config.ts', 'journal-settings.ts', 'store'],
  'restore.ts': ['command-line.ts', 'config.ts', 'contracts', 'journal-settings.ts', 'store'],
  'support-bundle.ts': ['command-line.ts', 'config.ts', 'store'],
  'audit.ts': ['billing', 'command-line.ts', 'config.ts', 'domain', 'store'],
  'main.ts': [
    'api',
    'billing',
    'broker',
    'config.ts',
    'contracts',
    'demo',
    'domain',
    'ingest',
    'logging.ts',
    'open-stores.ts',
    'payment-settings.ts',
    'store',
  ],
};

/** Packages that one folder keeps to itself. */
const ONLY_IN: readonly (readonly [pkg: RegExp, folder: string])[] = [
  [/^aedes/, 'broker'],
  [
    /^(drizzle-orm|pg|pg-copy-streams|tar-stream|lmdb|msgpackr|@influxdata\/.*|nats|@nats-io\/.*)($|\/)/,
    'store',
  ],
  [/^(react|antd|uplot|flatbush)($|\/)/, 'dashboard'],
  [/^node-cron$/, 'billing'],
  [/^(fastify|@fastify\/.*)$/, 'api'],
];

/** What a folder may not even take from Node or a library: pure rules wait for nothing and know no clock. */
const FORBIDDEN: readonly (readonly [folder: string, pattern: RegExp, why: string])[] = [
  ['domain', /from 'zod/, 'zod belongs to contracts'],
  ['domain', /from 'node:(?!crypto)/, 'no I/O in domain'],
  [
    'domain',
    /\b(Date\.now\(|new Date\(\)|performance\.now\(|Temporal\.Now|Math\.random\()/,
    'no clock, no chance in domain',
  ],
  ['store', /\b(Date\.now\(|new Date\(\)|Temporal\.Now)/, 'time enters store as an argument'],
];

const SOURCES = Object.keys(MAY_IMPORT).flatMap((name) => (name.endsWith('.ts') ? [name] : filesIn(name)));

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((entry) => {
    const path = join(folder, entry);
    if (statSync(path).isDirectory()) return entry === 'migrations' ? [] : filesIn(path);
    return /\.tsx?$/.test(entry) ? [path] : [];
  });
}

const topOf = (path: string): string => path.split('/')[0] ?? '';
const code = (file: string): string =>
  readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');

function importsOf(file: string): string[] {
  const pattern =
    /\b(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g;
  return [...code(file).matchAll(pattern)].map((match) => match[1] ?? match[2] ?? '');
}

const violations = (check: (file: string) => string[]): string[] =>
  SOURCES.flatMap((file) => check(file).map((what) => `${file}: ${what}`));

test('the tree has sources to look at', () => {
  for (const folder of Object.keys(MAY_IMPORT)) {
    expect(SOURCES.filter((file) => topOf(file) === folder).length, folder).toBeGreaterThan(0);
  }
  expect(importsOf('main.ts').length).toBeGreaterThan(5);
});

test('parts import only what the table allows, and nobody imports main.ts', () => {
  const wrong = violations((file) =>
    importsOf(file)
      .filter((target) => target.startsWith('.'))
      .map((target) => topOf(relative('.', resolve(dirname(file), target))))
      .filter((top) => top !== topOf(file) && !MAY_IMPORT[topOf(file)]?.includes(top))
      .map((top) => `imports ${top}`),
  );
  expect(wrong).toEqual([]);
});

test('a package with one owner is imported by that folder alone', () => {
  const wrong = violations((file) =>
    importsOf(file).flatMap((target) =>
      ONLY_IN.filter(([pkg, folder]) => pkg.test(target) && folder !== topOf(file)).map(
        ([, folder]) => `imports ${target}, which is ${folder}'s`,
      ),
    ),
  );
  expect(wrong).toEqual([]);
});

test('only config.ts reads the environment', () => {
  expect(
    violations((file) =>
      file !== 'config.ts' && /process\.env\b/.test(code(file)) ? ['reads process.env'] : [],
    ),
  ).toEqual([]);
});

test('domain is pure and store has no clock', () => {
  const wrong = violations((file) =>
    FORBIDDEN.filter(([folder, pattern]) => folder === topOf(file) && pattern.test(code(file))).map(
      ([, , why]) => why,
    ),
  );
  expect(wrong).toEqual([]);
});

test('nothing is exported by default and no file only re-exports', () => {
  const wrong = violations((file) => {
    const text = code(file);
    const configured = file.endsWith('.config.ts');
    const barrel = /^export \*/m.test(text);
    return [
      ...(!configured && /^export default/m.test(text) ? ['default export'] : []),
      ...(barrel ? ['barrel'] : []),
    ];
  });
  expect(wrong).toEqual([]);
});
