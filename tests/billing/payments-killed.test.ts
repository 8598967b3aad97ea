import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CLAIM_MS } from '../../billing/charge-steps.ts';
import { startPayments } from '../../billing/payments.ts';
import { type SandboxProvider, startSandboxProvider } from '../../demo/sandbox-provider.ts';
import { startTestApi, type TestApi } from '../api/support.ts';
import { eventually } from '../support/eventually.ts';
import { buildMarket, type Market, silent } from './market.ts';
import {
  balancesOf,
  billStatus,
  bookings,
  chargeBill,
  chargesOf,
  issueBill,
  leaseOf,
  sandboxAdapter,
} from './payments-market.ts';

let api: TestApi;
let callbackUrl: string;
let sandbox: SandboxProvider;
let sites = 0;
const children: ChildProcess[] = [];

beforeAll(async () => {
  api = await startTestApi({ providers: ['sandbox'] });
  callbackUrl = `http://127.0.0.1:${await api.listen()}/api/v1/callbacks/sandbox`;
  sandbox = await startSandboxProvider({ slowMs: 10_000 });
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (isOver(child)) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});
afterAll(async () => {
  await sandbox.close();
  await api.close();
});

const AMOUNT = 12_850n;
const isOver = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

interface Case {
  readonly market: Market;
  readonly lease: number;
  readonly bill: number;
  readonly orderNo: string;
}

async function chargeOnce(): Promise<Case> {
  const market = await buildMarket(api.db, `killed${++sites}`);
  const lease = await leaseOf(market);
  const bill = await issueBill(api.db, market, lease, AMOUNT);
  const { orderNo } = await chargeBill(api.db, lease, bill, AMOUNT);
  return { market, lease, bill, orderNo };
}

/** Billing in a process of its own, which ends itself before its `killAt`th step. */
function spawnPayments(killAt: number): ChildProcess {
  const args = ['tests/billing/payments-process.ts', api.url, sandbox.url, sandbox.secret, callbackUrl];
  const child = spawn(process.execPath, ['--import', 'tsx', ...args, String(killAt)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(child);
  return child;
}

/** The next process, once the claim of the dead one has run out. */
async function restart(): Promise<{ close(): Promise<void> }> {
  return startPayments({
    ...{ db: api.db, databaseUrl: api.url, log: silent, lookEveryMs: 200, isScheduled: false },
    now: () => new Date(Date.now() + CLAIM_MS + 1_000),
    providers: [sandboxAdapter(sandbox, callbackUrl)],
  });
}

const statusOf = async (one: Case): Promise<string | undefined> =>
  (await chargesOf(api.db, one.lease))[0]?.status;

async function expectPaidOnce({ market, lease, bill, orderNo }: Case): Promise<void> {
  await eventually(async () => {
    const { rows } = await api.db.$client.query(`SELECT 1 FROM provider_callbacks WHERE status = 'new'`);
    expect(rows).toEqual([]);
  });
  const charges = await chargesOf(api.db, lease);
  expect(charges).toMatchObject([
    { status: 'succeeded', order_no: orderNo, paid: '12850', applied: '12850' },
  ]);
  expect(await bookings(api.db, market.site)).toBe(1);
  const balances = await balancesOf(api.db, market);
  expect(balances).toEqual({ clearing: AMOUNT, revenue: -AMOUNT });
  expect(Object.values(balances).reduce((sum, balance) => sum + balance, 0n)).toBe(0n);
  expect(await billStatus(api.db, bill)).toBe('paid');
  const asked = [...sandbox.orders.values()].filter(({ description }) => description.startsWith(market.site));
  expect(asked.map((order) => order.orderNo)).toEqual([orderNo]);
}

test('kill -9 before every step of a charge, one after the other: one success is booked', {
  timeout: 300_000,
}, async () => {
  sandbox.script('duplicate_callback');
  let killed = 0;
  let killedAfterwards = 0;
  for (let killAt = 1; killedAfterwards < 5; killAt++) {
    const one = await chargeOnce();
    const child = spawnPayments(killAt);
    await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    killed++;
    // Nobody gets a second number while it is not known what became of the first one.
    if ((await statusOf(one)) === 'succeeded') killedAfterwards++;
    else await expect(chargeBill(api.db, one.lease, one.bill, AMOUNT)).rejects.toThrow('open_charge');
    const next = await restart();
    try {
      await eventually(async () => expect(await statusOf(one)).toBe('succeeded'));
      await expectPaidOnce(one);
    } finally {
      await next.close();
    }
  }
  // The claim, the call, and every statement that books what came of it.
  expect(killed).toBeGreaterThan(20);
});

test('kill -9 while the provider, which took the money, does not answer', { timeout: 60_000 }, async () => {
  sandbox.script('timeout_after_success');
  const one = await chargeOnce();
  const child = spawnPayments(0);
  await eventually(() => expect(sandbox.orders.get(one.orderNo)?.status).toBe('paid'));
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await statusOf(one)).toBe('created');
  await expect(chargeBill(api.db, one.lease, one.bill, AMOUNT)).rejects.toThrow('open_charge');
  const next = await restart();
  try {
    await eventually(async () => expect(await statusOf(one)).toBe('succeeded'));
    await expectPaidOnce(one);
    expect(sandbox.orders.get(one.orderNo)?.submitted).toBe(1);
  } finally {
    await next.close();
  }
});
