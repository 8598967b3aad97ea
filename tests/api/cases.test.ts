import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeCase, openCase } from '../../store/cases.ts';
import { transaction } from '../../store/transaction.ts';
import { createMarket, SITE } from './market.ts';
import { startTestApi, type TestApi } from './support.ts';

let api: TestApi;
const AT = new Date('2026-11-02T03:00:00Z');
const open = (
  kind: 'audit_violation' | 'reading_conflict' | 'missing_reading',
  key: string,
): Promise<number> =>
  transaction(api.db, (tx) => openCase(tx, { siteId: SITE, kind, key, subject: { stall: 'A001' }, at: AT }));

beforeAll(async () => {
  api = await startTestApi();
  await createMarket(api.db, 1);
});
afterAll(() => api.close());

test('cases come newest first, by status and kind, page by page, and are counted', async () => {
  const first = await open('audit_violation', 'a');
  const second = await open('reading_conflict', 'b');
  expect(await open('audit_violation', 'a')).toBe(first);
  const page = await api.call({ url: `/api/v1/cases?site=${SITE}&limit=1` });
  expect(page.body.items).toMatchObject([{ id: second, kind: 'reading_conflict', status: 'open', count: 1 }]);
  const next = await api.call({ url: `/api/v1/cases?site=${SITE}&limit=1&cursor=${page.body.nextCursor}` });
  expect(next.body).toMatchObject({ items: [{ id: first, count: 2 }], nextCursor: null });
  const some = await api.call({ url: `/api/v1/cases?site=${SITE}&kind=audit_violation&status=closed` });
  expect(some.body.items).toEqual([]);
  expect((await api.call({ url: `/api/v1/cases/summary?site=${SITE}`, as: 'auditor' })).body).toEqual({
    open: 2,
    kinds: [
      { kind: 'audit_violation', open: 1 },
      { kind: 'reading_conflict', open: 1 },
    ],
  });
});

test('a case is closed once, with a note, and says who closed it', async () => {
  const id = await open('missing_reading', 'c');
  const dismiss = {
    method: 'POST',
    url: `/api/v1/cases/${id}/dismiss`,
    payload: { note: 'read by hand' },
  } as const;
  expect((await api.call({ ...dismiss, as: 'auditor' })).status).toBe(403);
  expect((await api.call({ ...dismiss, payload: { note: ' ' } })).status).toBe(400);
  const closed = await api.call({ ...dismiss, as: 'biller' });
  expect(closed.body).toMatchObject({
    status: 'closed',
    closedBy: 'key:biller/',
    resolution: 'dismissed',
    note: 'read by hand',
    decisions: [{ actor: 'key:biller/', action: 'case.dismissed', detail: { note: 'read by hand' } }],
  });
  const again = await api.call(dismiss);
  expect(again).toMatchObject({ status: 409, body: { detail: expect.stringContaining('key:biller/') } });
  expect((await api.call({ url: '/api/v1/cases/999999' })).status).toBe(404);
});

test('a kind with a decision of its own is not closed by a note alone', async () => {
  const id = await open('reading_conflict', 'd');
  const dismiss = await api.call({
    method: 'POST',
    url: `/api/v1/cases/${id}/dismiss`,
    payload: { note: 'never mind' },
  });
  expect(dismiss.status).toBe(409);
  expect((await api.call({ url: `/api/v1/cases/${id}` })).body.status).toBe('open');
});

test('of two who decide at once one is told that it is done; a rule closes what settled itself', async () => {
  const id = await open('missing_reading', 'e');
  const dismiss = () =>
    api.call({ method: 'POST', url: `/api/v1/cases/${id}/dismiss`, payload: { note: 'done' } });
  expect((await Promise.all([dismiss(), dismiss()])).map(({ status }) => status).sort()).toEqual([200, 409]);
  await open('missing_reading', 'f');
  const about = { siteId: SITE, kind: 'missing_reading', key: 'f', at: AT } as const;
  expect(await closeCase(api.db.$client, { ...about, by: 'rule', resolution: 'arrived' })).toBe(true);
  expect(await closeCase(api.db.$client, { ...about, by: 'rule', resolution: 'arrived' })).toBe(false);
});
