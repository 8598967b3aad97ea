import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startAudits } from '../../billing/audit/start.ts';
import { INVARIANTS } from '../../domain/audit.ts';
import { OPEN_AUDITS_MAX } from '../../store/audit-runs.ts';
import { startTestApi, type TestApi } from '../api/support.ts';
import { silent } from '../billing/market.ts';
import { buildScene, PERIOD, tamper } from './scene.ts';

const SITE = 'proof';
let api: TestApi;
let bills: readonly number[];
const children: ChildProcess[] = [];
const executors: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  api = await startTestApi();
  ({ bills } = await buildScene(api.db, SITE));
}, 120_000);
afterEach(async () => {
  for (const executor of executors.splice(0)) await executor.close();
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await api.db.$client.query('DELETE FROM audit_runs');
});
afterAll(() => api.close());

const ask = (payload: object, as: 'auditor' | 'viewer' | 'biller' = 'auditor') =>
  api.call({ method: 'POST', url: '/api/v1/audits', payload, as });
const ofPeriod = { site: SITE, period: PERIOD };
const read = async (id: number) => (await api.call({ url: `/api/v1/audits/${id}`, as: 'auditor' })).body;

async function execute(): Promise<void> {
  const { db, url: databaseUrl } = api;
  executors.push(
    await startAudits({ ...{ db, databaseUrl, log: silent }, now: () => new Date(), lookEveryMs: 50 }),
  );
}

async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const ended = (id: number) =>
  until(
    () => read(id),
    ({ finishedAt }) => finishedAt !== null,
  );
const attempts = async (id: number): Promise<number> =>
  (await api.db.$client.query('SELECT attempts FROM audit_runs WHERE id = $1', [id])).rows[0].attempts;

/** Keeps every audit waiting at its last check. */
async function holdAudits(): Promise<() => Promise<void>> {
  const client = await api.db.$client.connect();
  await client.query('BEGIN; LOCK TABLE charges IN ACCESS EXCLUSIVE MODE');
  return async () => {
    await client.query('ROLLBACK');
    client.release();
  };
}
/** Past the pass over all points. */
const isHeld = ({ progress }: { progress: number }): boolean => progress > 700;

const LINE = `(SELECT min(fee_line_id) FROM bill_lines WHERE bill_id = $bill)`;
/** Makes a line of a bill a cent dearer while `work` runs. */
async function withDearerLine(bill: number, work: (line: number) => Promise<void>): Promise<void> {
  const line = LINE.replace('$bill', String(bill));
  const { rows } = await api.db.$client.query<{ id: string }>(`SELECT ${line} AS id`);
  await tamper(api.db, `UPDATE fee_lines SET amount = amount + 1 WHERE id = ${line}`);
  try {
    await work(Number(rows[0]?.id));
  } finally {
    await tamper(api.db, `UPDATE fee_lines SET amount = amount - 1 WHERE id = ${line}`);
  }
}

describe('asking for an audit', () => {
  it.each([
    [{ site: 'nowhere', period: PERIOD }, 422, 'there is no such site'],
    [{ site: SITE, period: '2026-13' }, 400, 'period'],
    [{ site: SITE, period: '2026-02-30' }, 422, 'there is no such month or day'],
    [{ site: SITE, period: '2999-01' }, 422, 'is not over in Asia/Shanghai'],
    [{ bill: 999_999 }, 422, 'there is no such bill'],
    [{ site: SITE }, 400, 'body'],
  ])('refuses %j with %i', async (payload, status, text) => {
    const answer = await ask(payload);
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([status, expect.stringContaining(text)]);
    expect((await api.db.$client.query('SELECT FROM audit_runs')).rowCount).toBe(0);
  });

  it('is for those who answer for the books: a viewer neither starts nor reads one', async () => {
    expect((await ask(ofPeriod, 'viewer')).status).toBe(403);
    const { id } = (await ask(ofPeriod)).body;
    for (const url of [`/api/v1/audits/${id}`, `/api/v1/audits?site=${SITE}`])
      expect((await api.call({ url, as: 'viewer' })).status).toBe(403);
    expect((await api.call({ url: '/api/v1/audits/999999' })).status).toBe(404);
  });

  it('twice before it has ended is once, and too many at a time are refused', async () => {
    const first = await ask(ofPeriod);
    expect(first).toMatchObject({ status: 202, body: { status: 'queued', progress: 0, violations: null } });
    expect((await ask(ofPeriod, 'biller')).body.id).toBe(first.body.id);
    for (let day = 1; day < OPEN_AUDITS_MAX; day++) {
      const period = `${PERIOD}-${String(day).padStart(2, '0')}`;
      expect((await ask({ site: SITE, period })).status).toBe(202);
    }
    expect(await ask({ site: SITE, period: '2026-09' })).toMatchObject({
      status: 429,
      body: { code: 'audits_waiting', detail: expect.stringContaining('wait for one of them') },
    });
    const page = await api.call({ url: `/api/v1/audits?site=${SITE}&limit=5`, as: 'auditor' });
    expect(page.body.items).toHaveLength(5);
    expect(page.body.nextCursor).not.toBeNull();
  });
});

describe('an audit that was asked for', () => {
  it('goes from queued over running with progress to done, and says what it is based on', async () => {
    const { id } = (await ask(ofPeriod)).body;
    expect(await read(id)).toMatchObject({ status: 'queued', findings: null, seen: null });
    const release = await holdAudits();
    await execute();
    expect(await until(() => read(id), isHeld)).toMatchObject({ status: 'running', finishedAt: null });
    await release();
    const done = await ended(id);
    expect(done).toMatchObject({ status: 'succeeded', progress: 1000, violations: 0, error: null });
    expect(done.findings.map((one: { invariant: string }) => one.invariant)).toEqual(INVARIANTS);
    const { cutOffs, seal } = done.seen;
    expect(cutOffs.map((one: { period: string }) => one.period)).toContain(PERIOD);
    expect(seal).toMatchObject({ closedBy: expect.any(String), previous: null, periods: 1 });
    expect(seal.now).toEqual(seal.sealed);
  });

  it('is done once, however many processes there are', async () => {
    const release = await holdAudits();
    for (let n = 0; n < 3; n++) await execute();
    const { id } = (await ask(ofPeriod)).body;
    await until(() => read(id), isHeld);
    // Everybody has looked at it several times by now.
    await new Promise((resolve) => setTimeout(resolve, 300));
    await release();
    expect((await ended(id)).status).toBe('succeeded');
    expect(await attempts(id)).toBe(1);
  });

  it('is taken up again when the process that had it is killed', async () => {
    const release = await holdAudits();
    const { id } = (await ask(ofPeriod)).body;
    const child = spawn(process.execPath, ['--import', 'tsx', 'tests/proof/audit-process.ts', api.url], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    children.push(child);
    await until(() => read(id), isHeld);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await execute();
    expect(await read(id)).toMatchObject({ status: 'running' });
    await release();
    expect((await ended(id)).status).toBe('succeeded');
    expect(await attempts(id)).toBe(2);
  }, 120_000);

  it('that a process gives back when it is closed was no attempt', async () => {
    const release = await holdAudits();
    await execute();
    const { id } = (await ask(ofPeriod)).body;
    await until(() => read(id), isHeld);
    const closed = executors.splice(0).map((executor) => executor.close());
    await release();
    await Promise.all(closed);
    expect(await read(id)).toMatchObject({ status: 'queued', progress: 0, findings: null });
    expect(await attempts(id)).toBe(0);
  });

  it('that brought three processes down is given up', async () => {
    const { id } = (await ask(ofPeriod)).body;
    await api.db.$client.query(`UPDATE audit_runs SET attempts = 3 WHERE id = $1`, [id]);
    await execute();
    expect(await ended(id)).toMatchObject({
      status: 'failed',
      error: 'given up after 3 attempts',
      findings: null,
    });
  });

  it('opens a case for what does not hold, with whose line it is, and closes it once that holds', async () => {
    await execute();
    const { id } = (await ask(ofPeriod)).body;
    await ended(id);
    let found = 0;
    await withDearerLine(bills[0] ?? 0, async (tampered) => {
      const broken = await ended((await ask(ofPeriod)).body.id);
      const sums = broken.findings.find((one: { invariant: string }) => one.invariant === 'sums');
      found = sums.case;
      expect(sums.violations[0]).toMatchObject({
        what: 'not_as_rated',
        where: { stall: expect.any(String), party: 'Li', line: tampered, unit: 'Wh' },
      });
      const one = await api.call({ url: `/api/v1/cases/${found}`, as: 'auditor' });
      expect(one.body).toMatchObject({ kind: 'audit_violation', status: 'open', subject: { code: '#7' } });
    });
    await ended((await ask(ofPeriod)).body.id);
    const one = await api.call({ url: `/api/v1/cases/${found}`, as: 'auditor' });
    expect(one.body).toMatchObject({ status: 'closed', closedBy: 'rule', resolution: 'found_none' });
  });

  it('of a period that nothing was charged in says so of what it could not compute again', async () => {
    await execute();
    const { findings, seen } = await ended((await ask({ site: SITE, period: '2026-08' })).body.id);
    expect(seen).toMatchObject({ cutOffs: [], seal: null });
    const notes = new Map(
      findings.map((one: { invariant: string; note: string }) => [one.invariant, one.note]),
    );
    for (const invariant of ['any_order', 'tiling', 'sums', 'repeatable'])
      expect(notes.get(invariant)).toBe('not_charged');
    for (const invariant of ['sealed', 'replay']) expect(notes.get(invariant)).toBe('not_closed');
  });
});

describe('a bill computed again', () => {
  it('agrees line by line', async () => {
    await execute();
    for (const bill of bills) {
      const { replay, violations } = await ended((await ask({ bill })).body.id);
      expect(violations).toBe(0);
      expect(replay).toMatchObject({ bill, different: 0, amount: replay.sum });
      expect(replay.lines.length).toBeGreaterThan(0);
      expect(replay.lines.every((line: { equal: boolean }) => line.equal)).toBe(true);
    }
  });

  it('shows the one line that was tampered with beside what it should be', async () => {
    await execute();
    const bill = bills[0] ?? 0;
    await withDearerLine(bill, async () => {
      const { replay, violations } = await ended((await ask({ bill })).body.id);
      expect([violations, replay.different]).toEqual([1, 1]);
      const [line] = replay.lines.filter((one: { equal: boolean }) => !one.equal);
      expect(BigInt(line.posted.amount) - BigInt(line.again.amount)).toBe(1n);
      expect(line.posted.quantity).toBe(line.again.quantity);
      expect(BigInt(replay.sum) - BigInt(replay.amount)).toBe(1n);
    });
  });
});

describe('npm run audit', () => {
  const cli = (...args: readonly string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const command = ['--import', 'tsx', 'audit.ts', '--database-url', api.url, ...args];
      execFile(process.execPath, command, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });
  const OCTOBER = ['--site', SITE, '--period', PERIOD];

  it('prints each invariant with what was checked, and succeeds where all hold', async () => {
    const { code, out } = await cli(...OCTOBER);
    expect(code).toBe(0);
    for (const [i] of INVARIANTS.entries()) expect(out).toMatch(new RegExp(`^ok +${i + 1} `, 'm'));
    expect(out.match(/checked \d+ /g)).toHaveLength(INVARIANTS.length);
    expect(out).toContain('readings up to 20');
    expect(out).toMatch(/hash [0-9a-f]{64}, of its lines now [0-9a-f]{64}/);
    expect(out).toContain('All 13 hold.');
  }, 120_000);

  it('prints every violation and fails; as JSON too', async () => {
    await withDearerLine(bills[0] ?? 0, async () => {
      const { code, out } = await cli(...OCTOBER);
      expect(code).toBe(1);
      expect(out).toMatch(/^FAIL +7 /m);
      expect(out).toMatch(/not_as_rated: .*point \d+.*stall A\d+/);
      const json = await cli(...OCTOBER, '--json');
      expect(json.code).toBe(1);
      const { site, period, violations, seen, findings } = JSON.parse(json.out);
      expect({ site, period }).toEqual(ofPeriod);
      expect(violations).toBeGreaterThan(0);
      expect(seen.seal.now.hash).not.toBe(seen.seal.sealed.hash);
      expect(findings).toHaveLength(INVARIANTS.length);
    });
  }, 120_000);

  it.each([
    [[], 2, '--site and --period are needed'],
    [['--site', 'nowhere', '--period', PERIOD], 2, 'there is no site nowhere'],
    [['--site', SITE, '--period', 'October'], 2, 'October is no month or day'],
    [['--site', SITE, '--period', '2999-01'], 2, '2999-01 is not over in Asia/Shanghai'],
    [['--site', SITE, '--perod', PERIOD], 2, "Unknown option '--perod'"],
    [[...OCTOBER, '--database-url', 'postgres://127.0.0.1:1/x'], 3, 'the database does not answer'],
  ])(
    'of %j exits with %i',
    async (args, expected, text) => {
      const { code, err } = await cli(...args);
      expect([code, err]).toEqual([expected, expect.stringContaining(text)]);
      expect(err).not.toContain(' at ');
    },
    60_000,
  );
});
