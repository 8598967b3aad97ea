import { afterAll, beforeAll, expect, test } from 'vitest';
import { zSiteSettings } from '../../contracts/settings.ts';
import { actions } from '../../store/schema/cases.ts';
import { createSite } from '../../store/sites.ts';
import { startTestApi, type TestApi } from './support.ts';

let api: TestApi;
const URL = '/api/v1/sites/south/settings';
const DEFAULTS = zSiteSettings.parse({});
const read = () => api.call({ url: URL });
const change = (settings: object, updatedAt: string | null, as?: 'operator' | 'biller') =>
  api.call({ method: 'PUT', url: URL, payload: { settings, updatedAt }, as });

beforeAll(async () => {
  api = await startTestApi();
  await createSite(api.db, { id: 'south', name: '南门', timeZone: 'Asia/Shanghai', currency: 'CNY' });
});
afterAll(() => api.close());

test('a site that set nothing has the defaults', async () => {
  expect((await read()).body).toEqual({ settings: DEFAULTS, updatedAt: null, updatedBy: null });
  expect((await api.call({ url: '/api/v1/sites/nowhere/settings' })).status).toBe(404);
});

test('a change is kept, and who changed what', async () => {
  const settings = { ...DEFAULTS, billing: { ...DEFAULTS.billing, dueDays: 20 }, holidays: ['2026-10-01'] };
  const changed = await change(settings, null, 'operator');
  expect(changed.status).toBe(200);
  expect(changed.body).toEqual({ settings, updatedAt: expect.any(String), updatedBy: expect.any(String) });
  expect((await read()).body).toEqual(changed.body);
  const [action] = await api.db.select().from(actions);
  expect(action).toMatchObject({
    siteId: 'south',
    action: 'settings.change',
    detail: { before: DEFAULTS, after: settings },
  });
});

test('what somebody else changed meanwhile is not overwritten', async () => {
  const { body } = await read();
  const late = await change(DEFAULTS, '2026-01-01T00:00:00.000Z');
  expect(late.status).toBe(409);
  expect((await read()).body).toEqual(body);
  const both = await Promise.all([change(DEFAULTS, body.updatedAt), change(DEFAULTS, body.updatedAt)]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
});

test('only those who run the site change it', async () => {
  const { body } = await read();
  expect((await change(DEFAULTS, body.updatedAt, 'biller')).status).toBe(403);
});

test.each([
  [
    'the second warning above the first',
    { prepaid: { lowBalance: ['1000', '2000'] } },
    'prepaid.lowBalance.1',
  ],
  ['a window that ends before it starts', { prepaid: { from: '16:00', to: '09:00' } }, 'prepaid.to'],
  ['a cut on no day', { prepaid: { cutOff: true, weekdays: [] } }, 'prepaid.weekdays'],
  [
    'dunning steps out of order',
    {
      dunning: [
        { afterDays: 7, step: 'warn' },
        { afterDays: 7, step: 'final' },
      ],
    },
    'dunning.1.afterDays',
  ],
  ['a day that is both', { holidays: ['2026-10-01'], workdays: ['2026-10-01'] }, 'workdays.0'],
  ['a percentage that is none', { lateFees: { capPercent: 'much' } }, 'lateFees.capPercent'],
])('%s is refused at its field', async (_what, settings, path) => {
  const before = (await read()).body;
  const refused = await change(settings, before.updatedAt);
  expect(refused.status).toBe(400);
  expect(refused.body.errors).toEqual([{ path: `body.settings.${path}`, message: expect.any(String) }]);
  expect((await read()).body).toEqual(before);
});
