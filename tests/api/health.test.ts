import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { startTestApi, type TestApi } from './support.ts';

describe('health', () => {
  let api: TestApi;
  const journal = new MemoryJournal();
  let writable = true;
  beforeAll(async () => {
    journal.status = async () => ({ writable, frames: 1, bytes: 50, bytesMax: 100 });
    api = await startTestApi({ journals: [journal] });
  });
  afterAll(() => api.close());

  const ready = () => api.call({ url: '/readyz', as: 'nobody' });

  test('the process is alive, whatever else is not', async () => {
    expect(await api.call({ url: '/healthz', as: 'nobody' })).toMatchObject({
      status: 200,
      body: { ok: true },
    });
  });

  test('each dependency is named, with how it is', async () => {
    const { status, body } = await ready();
    expect(status).toBe(200);
    expect(Object.keys(body.checks)).toEqual(['postgres', 'telemetry', 'journal', 'ingest']);
    expect(body.checks.journal).toMatchObject({ ok: true, detail: '50 % of its quota used' });
    expect(body.checks.ingest.detail).toBe('0 frames behind');
  });

  test('how far decoding is behind is told, and red when it is minutes', async () => {
    const record = { site: 's', device: 'd', kind: 'up', payload: Buffer.from('{}'), retain: false };
    await journal.append({ ...record, receivedAt: Date.now() - 20_000 });
    await eventually(async () => {
      const { body } = await ready();
      expect(body.checks.ingest.detail).toMatch(/^1 frames, 2\d\.\d s behind$/);
      expect(body.ok).toBe(true);
    });
    journal.frames = [];
    await journal.append({ ...record, receivedAt: Date.now() - 400_000 });
    await eventually(async () => {
      const { status, body } = await ready();
      expect(status).toBe(503);
      expect(body.checks.ingest.ok).toBe(false);
    });
    await api.db.$client.query(`INSERT INTO journal_cursors VALUES ('ingest/0', ${await journal.head()})`);
    await eventually(async () => expect((await ready()).status).toBe(200));
  });

  test('a journal that cannot take more is red', async () => {
    writable = false;
    await eventually(async () => {
      const { status, body } = await ready();
      expect(status).toBe(503);
      expect(body.checks).toMatchObject({ journal: { ok: false }, postgres: { ok: true } });
    });
    writable = true;
    await eventually(async () => expect((await ready()).status).toBe(200));
  });

  test.each(['cut', 'silence'] as const)(
    'a database that is away (%s) is red within seconds, and green again',
    async (fail) => {
      api.way[fail]();
      await eventually(async () => {
        const { status, body } = await ready();
        expect(status).toBe(503);
        expect(body.checks.postgres.ok).toBe(false);
        expect(body.checks.journal.ok).toBe(true);
      });
      api.way.mend();
      await eventually(async () => expect((await ready()).status).toBe(200));
    },
  );

  test('metrics count requests by route, never by path', async () => {
    await api.call({ url: '/api/v1/stalls/7' });
    const { status, body, headers } = await api.call({ url: '/metrics', as: 'nobody' });
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/plain/);
    expect(body).toMatch(
      /^stallgrid_api_request_seconds_count\{method="GET",route="\/api\/v1\/stalls\/:id",status="404"\} /m,
    );
    expect(body).not.toContain('/api/v1/stalls/7');
    expect(body).toMatch(/^stallgrid_api_live_sockets 0$/m);
    expect(body).toMatch(/^process_cpu_seconds_total /m);
  });

  test('a database that refused something for want of space is red, and green a minute after the last time', async () => {
    await api.db.$client.query(
      `CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$`,
    );
    await api.db.$client.query('CREATE TRIGGER no_space BEFORE INSERT ON sites EXECUTE FUNCTION no_space()');
    const payload = { id: 'late', name: 'Late', timeZone: 'Asia/Shanghai', currency: 'CNY' };
    const create = () => api.call({ method: 'POST', url: '/api/v1/sites', payload });
    const refused = await create();
    expect(refused.status).toBe(503);
    expect(refused.body.detail).toContain('disk of the database is full');
    await api.db.$client.query('DROP TRIGGER no_space ON sites');
    expect((await create()).status).toBe(201);
    const isRed = async (): Promise<void> => {
      const { status, body } = await ready();
      expect(status).toBe(503);
      const detail = 'its disk is full: free some space, a minute later this is green again';
      expect(body.checks.postgres).toMatchObject({ ok: false, detail });
    };
    await eventually(isRed);
    const clock = performance.now.bind(performance);
    const later = vi.spyOn(performance, 'now');
    later.mockImplementation(() => clock() + 45_000);
    await isRed();
    later.mockImplementation(() => clock() + 61_000);
    expect((await ready()).status).toBe(200);
    later.mockRestore();
  });
});

describe('the dashboard', () => {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-dashboard-'));
  let api: TestApi;
  beforeAll(async () => {
    mkdirSync(join(dir, 'assets'));
    writeFileSync(join(dir, 'index.html'), '<!doctype html><title>Stallgrid</title>');
    writeFileSync(join(dir, 'assets', 'main-a1b2c3.js'), 'plain');
    writeFileSync(join(dir, 'assets', 'main-a1b2c3.js.gz'), 'pressed');
    api = await startTestApi({ dashboardDir: dir });
  });
  afterAll(async () => {
    await api.close();
    rmSync(dir, { recursive: true });
  });
  const get = (url: string, headers: Record<string, string> = {}) => api.call({ url, as: 'nobody', headers });

  test.each(['/', '/floors/1', '/devices/M-1?tab=points', '/fee-lines'])(
    '%s is its page, never kept by a cache',
    async (url) => {
      const page = await get(url);
      expect(page.status).toBe(200);
      expect(page.body).toContain('<title>Stallgrid</title>');
      expect(page.headers['content-type']).toMatch(/^text\/html/);
      expect(page.headers['cache-control']).toBe('no-cache');
      const policy = String(page.headers['content-security-policy']);
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("style-src 'self' 'unsafe-inline'");
      expect(policy).not.toMatch(/script-src[^;]*unsafe|upgrade-insecure-requests/);
    },
  );

  test('hashed assets are kept for ever, and come compressed to who takes that', async () => {
    const plain = await get('/assets/main-a1b2c3.js');
    expect(plain).toMatchObject({ status: 200, body: 'plain' });
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    const pressed = await get('/assets/main-a1b2c3.js', { 'accept-encoding': 'gzip' });
    expect(pressed).toMatchObject({ status: 200, body: 'pressed' });
    expect(pressed.headers['content-encoding']).toBe('gzip');
  });

  test.each(['/assets/gone.js', '/api/v1/none', '/api', '/%2e%2e/%2e%2e/etc/passwd.txt'])(
    '%s is not its page',
    async (url) => {
      const answer = await get(url);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(JSON.stringify(answer.body)).not.toContain('root:');
    },
  );
});
