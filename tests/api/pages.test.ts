import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMarket, type Market } from './market.ts';
import { startTestApi, type TestApi } from './support.ts';

let api: TestApi;
let market: Market;
beforeAll(async () => {
  api = await startTestApi();
  market = await createMarket(api.db, 37);
  const device = market.stalls[0]?.sensor;
  for (let n = 0; n < 23; n++) {
    await api.db.$client.query(
      `INSERT INTO commands (id, device_id, op, args, requested_by, expires_at, created_at)
       VALUES (gen_random_uuid(), $1, 'x', '{}', 'test', now(), '2026-11-01T00:00:00.000123Z')`,
      [device],
    );
  }
});
afterAll(() => api.close());

async function readAll(path: string, limit: number): Promise<(string | number)[]> {
  const ids: (string | number)[] = [];
  let cursor: string | null = '';
  for (let pages = 0; cursor !== null; pages++) {
    expect(pages).toBeLessThan(100);
    const joint = path.includes('?') ? '&' : '?';
    const { status, body } = await api.call({
      url: `${path}${joint}limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`,
    });
    expect(status).toBe(200);
    expect(body.items.length).toBeLessThanOrEqual(limit);
    expect(body.nextCursor === null || body.items.length === limit).toBe(true);
    ids.push(...body.items.map(({ id }: { id: string | number }) => id));
    cursor = body.nextCursor;
  }
  return ids;
}

test('pages of any size hold every row once, in one order', async () => {
  const paths = [
    ['/api/v1/devices', 37],
    ['/api/v1/stalls', 37],
    ['/api/v1/places?kind=stall', 37],
    // All made in the same microsecond: the cursor must tell them apart.
    [`/api/v1/devices/${market.stalls[0]?.sensor}/commands`, 23],
  ] as const;
  for (const [path, count] of paths) {
    const whole = await readAll(path, 1000);
    expect(whole).toHaveLength(count);
    expect(new Set(whole).size).toBe(count);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), async (limit) => {
        expect(await readAll(path, limit)).toEqual(whole);
      }),
      { numRuns: 6, examples: [[1], [count], [count - 1]] },
    );
  }
});

test('a cursor that no page gave out is refused, whatever it holds', async () => {
  const cursors = fc.oneof(fc.string({ maxLength: 200 }), fc.base64String({ maxLength: 200 }));
  await fc.assert(
    fc.asyncProperty(
      cursors,
      fc.constantFrom('stalls', 'devices', 'dead-letters', 'sites'),
      async (text, list) => {
        const { status } = await api.call({ url: `/api/v1/${list}?cursor=${encodeURIComponent(text)}` });
        expect([200, 400]).toContain(status);
      },
    ),
    { numRuns: 200 },
  );
  for (const cursor of [
    '%20',
    'abc=',
    Buffer.from('1; DROP TABLE').toString('base64url'),
    Buffer.from('-1').toString('base64url'),
  ]) {
    expect((await api.call({ url: `/api/v1/stalls?cursor=${cursor}` })).status, cursor).toBe(400);
  }
});

test.each([0, -1, 1001, 'x'])('a limit of %s is refused', async (limit) => {
  expect((await api.call({ url: `/api/v1/devices?limit=${limit}` })).status).toBe(400);
});
