import { expect, test } from 'vitest';
import { drawUpOpenRuns } from '../../billing/draw-up-bills.ts';
import { listBillRuns, queueBillRun } from '../../store/bill-runs.ts';
import { listBills } from '../../store/bills.ts';
import { at } from './bill-market.ts';
import { log, open, setUpBillMarkets } from './bill-set-up.ts';

const { db, pool, market } = setUpBillMarkets();

test('bills of a month are drawn up when it closes, in batches, by one process, and again only when asked', async () => {
  const m = await market();
  const leases = await Promise.all(Array.from({ length: 7 }, () => m.lease()));
  await m.lines(leases.map(({ lease }) => ({ lease, amount: 10n })));
  const deps = { db: db(), log, now: () => at('2026-11-06'), leasesPerBatch: 2 };
  const count = async () =>
    (await listBills(pool(), { site: m.site.id, limit: 100 }, at('2026-11-06'))).length;
  await drawUpOpenRuns(deps, open);
  expect(await count()).toBe(0);
  await m.close('2026-10');
  // Stopped after its first batch, it is taken up where it was.
  const stop = new AbortController();
  const stopAtOnce = () => {
    stop.abort();
    return at('2026-11-06');
  };
  await drawUpOpenRuns({ ...deps, now: stopAtOnce }, stop.signal);
  await Promise.all([drawUpOpenRuns(deps, open), drawUpOpenRuns(deps, open)]);
  await drawUpOpenRuns(deps, open);
  expect(await count()).toBe(7);
  const runs = await listBillRuns(pool(), { site: m.site.id, limit: 10 });
  expect(runs).toMatchObject([
    { status: 'succeeded', requestedBy: 'billing', bills: 7, leasesDone: 7, amount: '70' },
  ]);
  await queueBillRun(pool(), { site: m.site.id, period: '2026-10', requestedBy: 'al', at: at('2026-11-06') });
  await drawUpOpenRuns(deps, open);
  expect(await listBillRuns(pool(), { site: m.site.id, limit: 1 })).toMatchObject([
    { status: 'succeeded', bills: 0 },
  ]);
});

test('a period that is not closed has no bills', async () => {
  const m = await market();
  await queueBillRun(pool(), { site: m.site.id, period: '2026-10', requestedBy: 'al', at: at('2026-11-06') });
  await drawUpOpenRuns({ db: db(), log, now: () => at('2026-11-06') }, open);
  expect(await listBillRuns(pool(), { site: m.site.id, limit: 1 })).toMatchObject([
    { status: 'failed', error: '2026-10 is not closed' },
  ]);
});
