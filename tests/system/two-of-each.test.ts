import { connectAsync } from 'mqtt';
import { Temporal } from 'temporal-polyfill';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chanceOf, shuffled } from '../../demo/chance.ts';
import { expectAuditHolds } from '../support/audit.ts';
import { eventually } from '../support/eventually.ts';
import { type Platform, startPlatform } from '../support/platform.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { charged } from './month.ts';

const SITE = 'market';
const ZONE = 'Asia/Shanghai';
const METERS = 6;
const HOUR_MS = 3_600_000;
/** Readings a message. */
const BATCH = 12;
const SETTLED_MS_MAX = 60_000;
const thisMonth = Temporal.Now.zonedDateTimeISO(ZONE).startOfDay().with({ day: 1 });
const lastMonth = thisMonth.subtract({ months: 1 });
const period = lastMonth.toPlainDate().toPlainYearMonth().toString();
const nextPeriod = thisMonth.toPlainDate().toPlainYearMonth().toString();
const from = lastMonth.epochMilliseconds;
const hours = Number(thisMonth.epochMilliseconds - from) / HOUR_MS;

let database: TestDatabase;
/** Devices speak to this one; it alone has the journal. */
let front: Platform;
/** Each with an api and a billing part of its own. */
let backs: readonly Platform[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  const env = { DATABASE_URL: database.url, DATABASE_CONNECTIONS: '8' };
  front = await startPlatform({ env, args: ['broker', 'ingest', 'api'] });
  backs = await Promise.all([1, 2].map(() => startPlatform({ env, args: ['billing', 'api'] })));
}, 180_000);
afterAll(async () => {
  await Promise.all([front, ...backs].map((platform) => platform?.remove()));
  await database?.drop();
});

interface Meter {
  readonly lease: number;
  readonly device: string;
  readonly secret: string;
  readonly username: string;
  readonly clientId: string;
  /** Wh that the dial shows at each hour of the month, and at its end. */
  readonly dial: readonly number[];
}

async function createMeters(): Promise<readonly Meter[]> {
  const post = <T>(path: string, body: unknown): Promise<T> => front.api('POST', `/api/v1/${path}`, body);
  const startsAt = lastMonth.toInstant().toString();
  await post('sites', { id: SITE, name: '新市场', timeZone: ZONE, currency: 'CNY' });
  const plan = { width: 40, height: 30, walls: [], labels: [] };
  await post('places', { site: SITE, kind: 'floor', code: 'F1', plan });
  const price = { kind: 'flat', unitPrice: '0.8123' };
  await post('tariffs', {
    ...{ site: SITE, code: 'flat', name: 'Flat', commodity: 'electricity', effectiveFrom: startsAt },
    definition: { components: [{ code: 'energy', price }] },
  });
  const meters: Meter[] = [];
  for (let n = 0; n < METERS; n++) {
    const stall = `A-${n}`;
    const rect = { x: 1 + 4 * n, y: 1, w: 3, h: 3 };
    await post('places', { site: SITE, kind: 'stall', code: stall, parent: 'F1', rect });
    const party = await post<{ id: number }>('parties', { name: `Merchant ${n}`, initials: `m${n}` });
    const tariffs = [{ commodity: 'electricity', tariff: 'flat' }];
    const lease = await post<{ id: number }>('leases', {
      ...{ site: SITE, stall, party: party.id, startsAt, tariffs },
    });
    const device = await post<{
      id: string;
      secret: string;
      mqtt: { clientId: string; username: string };
      registers: { id: number }[];
    }>('devices', { site: SITE, serial: `meter-${n}`, profile: 'electricity-meter', place: stall });
    const chance = chanceOf(`dial ${n}`);
    const dial = [1_000_000 * n];
    for (let hour = 0; hour < hours; hour++) dial.push((dial[hour] ?? 0) + Math.floor(chance() * 4_000));
    await post('installations', {
      ...{ register: device.registers[0]?.id, stall, startsAt, startValue: String(dial[0]) },
    });
    meters.push({
      ...{ lease: lease.id, device: device.id, secret: device.secret, dial },
      ...device.mqtt,
    });
  }
  return meters;
}

/** Sends the readings of some hours in an order that follows from the seed, every message twice. */
async function send(meter: Meter, seed: string, some: (hour: number) => boolean): Promise<void> {
  const chance = chanceOf(`${seed} ${meter.device}`);
  const items = shuffled(
    chance,
    meter.dial
      .map((wh, hour) => ({ hour, ts: from + hour * HOUR_MS, values: { energy_import: wh / 1_000 } }))
      .filter(({ hour }) => some(hour)),
  ).map(({ ts, values }) => ({ ts, values }));
  const messages: string[] = [];
  for (let i = 0; i < items.length; i += BATCH) messages.push(JSON.stringify(items.slice(i, i + BATCH)));
  // As devices do, until the broker has heard of it.
  const client = await eventually(() =>
    connectAsync(`mqtt://127.0.0.1:${front.mqttPort}`, {
      ...{ clientId: meter.clientId, username: meter.username, password: meter.secret },
    }),
  );
  const again = shuffled(chance, [...messages, ...messages]);
  await Promise.all(
    again.map((message) => client.publishAsync(`v1/${SITE}/${meter.device}/up`, message, { qos: 1 })),
  );
  await client.endAsync();
}

const readings = async (): Promise<number> =>
  (await database.db.$client.query<{ n: number }>('SELECT count(*)::int AS n FROM readings')).rows[0]?.n ?? 0;

type Asked = { readonly id: number };
/** Asks both apis for the same at the same moment; answers the runs that they accepted, once they are over. */
async function askBoth(path: string, body?: unknown): Promise<readonly string[]> {
  const answers = await Promise.allSettled(
    backs.map((back) => back.api<Asked>('POST', `/api/v1/${path}`, body)),
  );
  const runs = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value.id] : []));
  const refused = answers.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
  expect(refused.filter((reason) => !/: 409 /.test(reason))).toEqual([]);
  expect(runs.length).toBeGreaterThan(0);
  return eventually(async () => {
    const { rows } = await database.db.$client.query<{ status: string; error: string | null }>(
      'SELECT status, error FROM billing_runs WHERE id = ANY($1)',
      [runs],
    );
    expect(rows.filter(({ status }) => status === 'queued' || status === 'running')).toEqual([]);
    return rows.map(({ status, error }) => error ?? status);
  }, SETTLED_MS_MAX);
}

/** Wh on the lines of each lease for last month, whichever month's bill they are on. */
async function chargedWh(): Promise<readonly (readonly [lease: number, wh: number])[]> {
  const { rows } = await database.db.$client.query<{ lease_id: string; wh: string }>(
    'SELECT lease_id, sum(quantity) AS wh FROM fee_lines WHERE site_id = $1 AND period = $2 GROUP BY 1 ORDER BY 1',
    [SITE, period],
  );
  return rows.map(({ lease_id, wh }) => [Number(lease_id), Number(wh)]);
}

test('what is sent twice, out of order and late is charged once, while two of each work on the same month', {
  timeout: 300_000,
}, async () => {
  const meters = await createMeters();
  const truth = meters.map(({ lease, dial }) => [lease, (dial[hours] ?? 0) - (dial[0] ?? 0)] as const);
  // Of each third hour nothing is known at first; of one meter nothing at all of the last week.
  const isSilent = (n: number, hour: number) => n === 0 && hour > hours - 168;
  const isLate = (n: number, hour: number) => hour % 3 === 0 || isSilent(n, hour);

  // Both processes run the month again and again while the readings come in.
  let isComing = true;
  const coming = Promise.all(
    meters.map((meter, n) => send(meter, 'first', (hour) => !isLate(n, hour))),
  ).finally(() => {
    isComing = false;
  });
  do await askBoth('billing/runs', { site: SITE, period });
  while (isComing);
  await coming;
  await Promise.all(
    meters.map((meter, n) => send(meter, 'late', (hour) => isLate(n, hour) && !isSilent(n, hour))),
  );
  const known = meters.flatMap(({ dial }, n) => dial.filter((_, hour) => !isSilent(n, hour))).length;
  await eventually(async () => expect(await readings()).toBe(known), SETTLED_MS_MAX);
  expect(new Set(await askBoth('billing/runs', { site: SITE, period }))).toEqual(new Set(['succeeded']));
  // One meter's month is not over for the platform: what no reading follows is not charged yet.
  expect(await chargedWh()).toEqual(truth.slice(1));

  // The close estimates what the silent meter would have shown; its readings come afterwards.
  expect(await askBoth(`periods/${SITE}/${period}/close`)).toContain('succeeded');
  const closed = await chargedWh();
  expect(closed).toHaveLength(METERS);
  expect(closed.slice(1)).toEqual(truth.slice(1));
  expect(closed[0]).not.toEqual(truth[0]);
  const sealed = await charged(database.db, SITE);
  await Promise.all(meters.map((meter, n) => send(meter, 'after the close', (hour) => isSilent(n, hour))));
  await eventually(
    async () => expect(await readings()).toBe(meters.flatMap(({ dial }) => dial).length),
    SETTLED_MS_MAX,
  );
  expect(new Set(await askBoth('billing/runs', { site: SITE, period }))).toEqual(new Set(['succeeded']));
  expect(await chargedWh()).toEqual(truth);
  const { rows: corrections } = await database.db.$client.query(
    `SELECT DISTINCT lease_id::int AS lease, accounting_period AS period FROM fee_lines
     WHERE site_id = $1 AND period = $2 AND accounting_period <> period`,
    [SITE, period],
  );
  expect(corrections).toEqual([{ lease: meters[0]?.lease, period: nextPeriod }]);
  expect((await charged(database.db, SITE)).lines).toBeGreaterThan(sealed.lines);

  // Nothing is left to post.
  const { lines } = await charged(database.db, SITE);
  await askBoth('billing/runs', { site: SITE, period });
  expect((await charged(database.db, SITE)).lines).toBe(lines);
  await expectAuditHolds(database.url, SITE, period);
});
