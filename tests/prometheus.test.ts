import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { eventually } from './support/eventually.ts';
import { type Platform, startPlatform } from './support/platform.ts';
import { createTestDatabase, type TestDatabase } from './support/postgres.ts';
import { type Prometheus, skipPrometheus, startPrometheus } from './support/prometheus.ts';

interface Rule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
}
interface Alert {
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
interface Series {
  readonly result: readonly { readonly value: readonly [at: number, value: string] }[];
}

const groups: { rules: { alert: string }[] }[] = parse(
  readFileSync('ops/prometheus/alerts.yml', 'utf8'),
).groups;
const ALERTS = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
/** As Grafana asks for them with everything chosen. */
const PANELS: readonly string[] = JSON.parse(readFileSync('ops/grafana/stallgrid.json', 'utf8'))
  .panels.flatMap((panel: { targets?: { expr: string }[] }) => panel.targets ?? [])
  .map(({ expr }: { expr: string }) =>
    expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(job|instance)\b/g, '.*'),
  );

describe.skipIf(skipPrometheus)('a Prometheus that looks at a running platform', () => {
  let database: TestDatabase;
  let platform: Platform;
  let prometheus: Prometheus;
  beforeAll(async () => {
    database = await createTestDatabase();
    const sandbox = { SANDBOX_URL: 'http://127.0.0.1:9', SANDBOX_SECRET: 'a secret of the sandbox' };
    platform = await startPlatform({ env: { DATABASE_URL: database.url, ...sandbox } });
    prometheus = await startPrometheus([new URL(platform.url).host]);
  }, 120_000);
  afterAll(async () => {
    await prometheus?.stop();
    await platform?.remove();
    await database?.drop();
  });

  const alerts = async (): Promise<readonly Alert[]> =>
    (await prometheus.ask<{ alerts: Alert[] }>('alerts')).alerts;
  const query = (expression: string): Promise<Series> =>
    prometheus.ask<Series>('query', { query: expression });

  it('finds it up, and everything in order', async () => {
    await eventually(async () => {
      const { activeTargets } = await prometheus.ask<{ activeTargets: object[] }>('targets');
      expect(activeTargets).toMatchObject([{ health: 'up', lastError: '', scrapePool: 'stallgrid' }]);
      const { result } = await query('stallgrid_ready');
      expect(result.length).toBeGreaterThan(4);
      expect(new Set(result.map(({ value }) => value[1]))).toEqual(new Set(['1']));
    });
  });

  it('evaluates each rule without an error, and alerts nobody', async () => {
    await eventually(async () => {
      const { groups } = await prometheus.ask<{ groups: { rules: Rule[] }[] }>('rules');
      const rules = groups.flatMap(({ rules }) => rules);
      expect(rules.map(({ name }) => name)).toEqual(ALERTS);
      expect(rules.filter(({ health, lastError }) => health !== 'ok' || lastError)).toEqual([]);
    });
    expect(await alerts()).toEqual([]);
  });

  it('answers every question of the dashboard, most of them with something', async () => {
    expect(PANELS.length).toBeGreaterThan(50);
    await eventually(async () => {
      const answers = await Promise.all(PANELS.map(query));
      const withSeries = answers.filter(({ result }) => result.length > 0);
      expect(withSeries.length).toBeGreaterThan(PANELS.length / 2);
    });
  });

  it('raises an alert for the first callback that is refused', async () => {
    const forged = await fetch(`${platform.url}/api/v1/callbacks/sandbox`, {
      method: 'POST',
      body: 'forged',
    });
    expect(forged.status).toBe(200);
    await eventually(async () => {
      const [alert] = await alerts();
      expect(alert).toMatchObject({
        state: 'firing',
        labels: { alertname: 'StallgridCallbacksRefused', provider: 'sandbox', severity: 'ticket' },
      });
    });
  });

  it('raises an alert once it is gone', async () => {
    await platform.stop();
    await eventually(async () => {
      expect((await query('up{job="stallgrid"}')).result).toMatchObject([
        { value: [expect.anything(), '0'] },
      ]);
      const down = (await alerts()).find(({ labels }) => labels.alertname === 'StallgridDown');
      // It fires once this has lasted for two minutes.
      expect(down).toMatchObject({
        state: 'pending',
        labels: { severity: 'page', instance: new URL(platform.url).host },
        annotations: { guide: 'docs/operations.md#the-process-is-gone' },
      });
    });
  });
});
