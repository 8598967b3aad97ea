import { audit } from '../../billing/audit/audit.ts';
import { describeFinding } from '../../billing/audit/describe.ts';
import { violationCount } from '../../domain/audit.ts';
import type { Database } from '../../store/database.ts';
import { findSite } from '../../store/sites.ts';
import { eventually } from '../support/eventually.ts';
import { type Owed, owed, SITE, type TortureMarket } from './market.ts';
import { pause } from './pause.ts';
import type { Total } from './target.ts';
import { type MeterTruth, PERIOD } from './truth.ts';

type Ask = <T>(method: string, path: string, body?: unknown) => Promise<T>;

const RUN_EVERY_MS = 3_000;
const RUN_MS_MAX = 180_000;

/** Charges the month again and again while it comes in, whatever is down. */
export class Money {
  readonly #ask: Ask;
  readonly #stop = new AbortController();
  #working: Promise<void> = Promise.resolve();
  asked = 0;
  refused = 0;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  start(): void {
    this.#working = this.#work(this.#stop.signal);
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.asked++;
      await this.#ask('POST', '/api/v1/billing/runs', { site: SITE, period: PERIOD }).catch(() => {
        this.refused++;
      });
      await pause(RUN_EVERY_MS, signal);
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#working;
  }

  /** Runs, closes, runs again, audits, and compares every lease's lines with the truth. */
  async count(db: Database, market: TortureMarket, truths: readonly MeterTruth[]): Promise<readonly Total[]> {
    await this.stop();
    await ended(db);
    await this.#finish(db, 'billing/runs');
    await this.#finish(db, `periods/${SITE}/${PERIOD}/close`);
    await this.#finish(db, 'billing/runs');
    const site = await findSite(db, SITE);
    if (!site) throw new Error('the site is gone');
    const { findings } = await audit(db, site, PERIOD);
    const { twice, wrong, details } = await compare(db, owed(market.payers, truths));
    const [runs] = await rows<{ n: number; failed: number; lines: number }>(
      db,
      `SELECT count(*)::int AS n, count(*) FILTER (WHERE status = 'failed')::int AS failed,
       (SELECT count(*)::int FROM fee_lines) AS lines FROM billing_runs`,
    );
    return [
      { name: 'billing runs', value: runs?.n ?? 0 },
      { name: 'fee lines', value: runs?.lines ?? 0 },
      { name: 'billing runs that failed', value: runs?.failed ?? 0 },
      { name: 'charged twice (Wh)', value: Number(twice), mustBeZero: true },
      { name: 'charged wrong (amounts of a lease)', value: wrong, mustBeZero: true, details },
      {
        name: 'violations of the 13 invariants',
        value: violationCount(findings),
        mustBeZero: true,
        details: findings.filter(({ violations }) => violations.length > 0).map(describeFinding),
      },
    ];
  }

  /** Asks for a run and waits until it has succeeded. */
  async #finish(db: Database, path: string): Promise<void> {
    const body = path.startsWith('billing') ? { site: SITE, period: PERIOD } : undefined;
    const { id } = await eventually(
      () => this.#ask<{ id: number }>('POST', `/api/v1/${path}`, body),
      RUN_MS_MAX,
    );
    await ended(db);
    const [run] = await rows(db, 'SELECT status, error FROM billing_runs WHERE id = $1', [id]);
    if (run?.status !== 'succeeded') throw new Error(`${path}: ${run?.status} ${run?.error}`);
  }
}

/** Waits until no run is open. */
async function ended(db: Database): Promise<void> {
  await eventually(async () => {
    const open = await rows(db, `SELECT id FROM billing_runs WHERE status IN ('queued', 'running')`);
    if (open.length > 0) throw new Error(`${open.length} billing runs are still open`);
  }, RUN_MS_MAX);
}

async function compare(
  db: Database,
  owing: Owed,
): Promise<{ twice: bigint; wrong: number; details: readonly string[] }> {
  const charged = await rows<{ key: string; quantity: string; amount: string }>(
    db,
    `SELECT lease_id || ' ' || component || ' ' || band AS key, sum(quantity) AS quantity, sum(amount) AS amount
     FROM fee_lines WHERE site_id = $1 GROUP BY 1`,
    [SITE],
  );
  const sums = new Map(charged.map((row) => [row.key, row]));
  const details: string[] = [];
  let twice = 0n;
  for (const key of new Set([...owing.keys(), ...sums.keys()])) {
    const expected = owing.get(key) ?? { quantity: 0n, amount: 0n };
    const quantity = BigInt(sums.get(key)?.quantity ?? 0);
    const amount = BigInt(sums.get(key)?.amount ?? 0);
    if (quantity > expected.quantity) twice += quantity - expected.quantity;
    if (quantity === expected.quantity && amount === expected.amount) continue;
    details.push(`${key}: ${quantity} Wh, ${amount} instead of ${expected.quantity} Wh, ${expected.amount}`);
  }
  return { twice, wrong: details.length, details };
}

async function rows<Row extends object = Record<string, unknown>>(
  db: Database,
  text: string,
  values: unknown[] = [],
): Promise<readonly Row[]> {
  return (await db.$client.query<Row>(text, values)).rows;
}
