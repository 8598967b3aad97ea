import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { register } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import '../api/live/metrics.ts';
import '../billing/metrics.ts';
import '../billing/state-metrics.ts';
import '../broker/metrics.ts';
import '../ingest/metrics.ts';
import '../store/database-watch.ts';
import '../store/journal/metrics.ts';
import { type Platform, startPlatform } from './support/platform.ts';
import { createTestDatabase, type TestDatabase } from './support/postgres.ts';

const RULES = 'ops/prometheus/alerts.yml';
const dashboard = JSON.parse(readFileSync('ops/grafana/stallgrid.json', 'utf8'));
const rules = parse(readFileSync(RULES, 'utf8')).groups.flatMap((group: { rules: unknown[] }) => group.rules);
const panels = dashboard.panels.flatMap((panel: { targets?: { expr: string }[] }) => panel.targets ?? []);

/** Every PromQL expression of the dashboard and of the rules. */
const EXPRESSIONS: readonly string[] = [...panels, ...rules].map(({ expr }: { expr: string }) => expr);

/** What the scraper adds. */
const SCRAPED = ['up'];
const TARGET_LABELS = ['job', 'instance', 'le'];
const SERIES = /\b(stallgrid_\w+|process_\w+|nodejs_\w+|up)\b(?:\{([^}]*)\})?/g;

interface Use {
  readonly metric: string;
  readonly labels: readonly string[];
}

const usesOf = (expression: string): Use[] =>
  [...expression.matchAll(SERIES)].map(([, metric = '', labels = '']) => ({
    metric,
    labels: [...labels.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  }));
const grouped = (expression: string): string[] =>
  [...expression.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  );
const baseOf = (metric: string): string => metric.replace(/_(bucket|sum|count)$/, '');

describe('the dashboard and the alert rules', () => {
  let database: TestDatabase;
  let platform: Platform;
  let exported: ReadonlySet<string>;
  beforeAll(async () => {
    database = await createTestDatabase();
    platform = await startPlatform({ env: { DATABASE_URL: database.url } });
    const text = await (await fetch(`${platform.url}/metrics`)).text();
    exported = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name));
  }, 120_000);
  afterAll(async () => {
    await platform?.remove();
    await database?.drop();
  });

  test('ask for metrics that a running platform exports', () => {
    expect(EXPRESSIONS.length).toBeGreaterThan(80);
    const asked = new Set(EXPRESSIONS.flatMap(usesOf).map(({ metric }) => metric));
    const unknown = [...asked].filter(
      (metric) => !exported.has(metric) && !exported.has(baseOf(metric)) && !SCRAPED.includes(metric),
    );
    expect(asked.size).toBeGreaterThan(40);
    expect(unknown).toEqual([]);
  });

  test('leave none of the platform’s metrics unseen', () => {
    const asked = new Set(EXPRESSIONS.flatMap(usesOf).map(({ metric }) => baseOf(metric)));
    const unseen = [...exported].filter((name) => name.startsWith('stallgrid_') && !asked.has(name));
    // A counter’s own name ends where a histogram’s count begins.
    expect(unseen.filter((name) => !asked.has(baseOf(name)))).toEqual([]);
  });
});

test('expressions name only labels that their metrics have', () => {
  const labelsOf = (metric: string): readonly string[] | undefined =>
    (register.getSingleMetric(baseOf(metric)) as { labelNames?: string[] } | undefined)?.labelNames;
  const wrong = EXPRESSIONS.flatMap((expression) => {
    const uses = usesOf(expression);
    const known = uses.flatMap(({ metric }) => labelsOf(metric) ?? []);
    const isKnown = uses.every(({ metric }) => labelsOf(metric) !== undefined);
    const inBraces = uses.flatMap(({ metric, labels }) => {
      const has = labelsOf(metric);
      return has ? labels.filter((label) => ![...has, ...TARGET_LABELS].includes(label)) : [];
    });
    const inGroups = grouped(expression).filter((label) => ![...known, ...TARGET_LABELS].includes(label));
    return [...inBraces, ...(isKnown ? inGroups : [])].map((label) => `${label}: ${expression}`);
  });
  expect(wrong).toEqual([]);
});

test('no metric of the platform is labelled by device, site or path', () => {
  const names = register
    .getMetricsAsArray()
    .flatMap((metric) => (metric as { labelNames?: string[] }).labelNames ?? []);
  expect(names.length).toBeGreaterThan(15);
  expect(names.filter((name) => /device|site|path|user|address/.test(name))).toEqual([]);
});

test('each rule says what it means and what to do, and leads to a section of the guide', () => {
  const headings = readFileSync('docs/operations.md', 'utf8').matchAll(/^#+ (.+)$/gm);
  const anchors = [...headings].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  for (const { alert, labels, annotations } of rules) {
    expect(['page', 'ticket'], alert).toContain(labels.severity);
    for (const text of ['summary', 'meaning', 'action'])
      expect(annotations[text]?.length, alert).toBeGreaterThan(10);
    const [file, anchor] = annotations.guide.split('#');
    expect(file).toBe('docs/operations.md');
    expect(anchors, alert).toContain(anchor);
  }
});

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
if (!hasPromtool && process.env.CI) throw new Error('promtool is missing: .ci/run installs it');
if (!hasPromtool)
  console.log('promtool is not installed (Debian: prometheus): its checks of the rules are skipped');

describe.skipIf(!hasPromtool)('promtool', () => {
  test.each([
    ['check', 'rules', RULES],
    ['test', 'rules', 'ops/prometheus/alerts.test.yml'],
    ['check', 'config', 'ops/prometheus/prometheus.yml'],
  ])('finds nothing wrong: %s %s %s', (...args) => {
    const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
    expect(status, stdout + stderr).toBe(0);
  });
});
