import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate, parser } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { HOUR } from '../billing/market.ts';
import { eventually } from '../support/eventually.ts';
import type { Message } from './device.ts';
import type { FaultKind } from './fault.ts';
import { Fleet } from './fleet.ts';
import { tally } from './kept.ts';
import { memoryTotals } from './memory.ts';
import { planRounds, type Round } from './rounds.ts';
import { Supervised } from './supervised.ts';
import { BEGIN, END, MeterTruth, stepFor } from './truth.ts';

const OPTIONS = { seed: 1, minutes: 1, rate: 40 };

describe('the count of what is kept', () => {
  const message = (n: number, acknowledged: boolean, isAhead = false): Message => ({
    readings: [{ ts: n, value: n * 10 }],
    ...{ acknowledged, isAhead },
  });
  const sent = [message(1, true), message(2, true), message(3, false), message(4, true, true)];
  const count = (stored: { ts: number; value: number; isFuture: boolean }[]) =>
    tally([{ messages: sent } as never], async () => stored);
  const row = (ts: number, value = ts * 10, isFuture = ts === 4) => ({ ts, value, isFuture });
  const fine = { acknowledged: 3, missing: 0, wrong: 0, twice: 0, strange: 0, unflagged: 0 };

  it('finds nothing wrong where all that was acknowledged is there, and maybe what was not', async () => {
    expect(await count([row(1), row(2), row(4)])).toEqual(fine);
    expect(await count([row(1), row(2), row(3), row(4)])).toEqual(fine);
  });

  it('sees what is missing, doubled, changed, made up or not flagged', async () => {
    expect(await count([row(1), row(4)])).toEqual({ ...fine, missing: 1 });
    expect(await count([row(1), row(2), row(2), row(4)])).toEqual({ ...fine, twice: 1 });
    expect(await count([row(1), row(2, 21), row(4)])).toEqual({ ...fine, wrong: 1 });
    expect(await count([row(1), row(2), row(4), row(9)])).toEqual({ ...fine, strange: 1 });
    expect(await count([row(1), row(2), row(4, 40, false)])).toEqual({ ...fine, unflagged: 1 });
    expect(await count([row(1, 10, true), row(2), row(4)])).toEqual({ ...fine, unflagged: 1 });
  });
});

describe('a device of the harness', () => {
  /** A broker that answers as `answer` says: with the ids that are to be acknowledged. */
  async function withBroker(
    answer: (ids: number[], socket: Socket) => number[],
    check: (fleet: Fleet, published: Map<number, string[]>) => Promise<void>,
  ): Promise<void> {
    const published = new Map<number, string[]>();
    let connections = 0;
    const server = createServer((socket) => {
      const connection = connections++;
      const packets = parser({ protocolVersion: 4 });
      let due: number[] = [];
      packets.on('packet', (packet) => {
        if (packet.cmd === 'connect')
          socket.write(generate({ cmd: 'connack', returnCode: 0, sessionPresent: false }));
        if (packet.cmd !== 'publish') return;
        published.set(connection, [...(published.get(connection) ?? []), packet.payload.toString()]);
        due.push(packet.messageId ?? 0);
        const ids = answer(due, socket);
        due = due.filter((id) => !ids.includes(id));
        for (const messageId of ids) socket.write(generate({ cmd: 'puback', messageId }));
      });
      socket.on('data', (bytes) => packets.parse(bytes)).on('error', () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const identities = [{ clientId: 'a', topic: 'a' }];
    const fleet = new Fleet({ ...OPTIONS, port, identities });
    fleet.start();
    try {
      await check(fleet, published);
    } finally {
      fleet.close();
      server.close();
    }
  }

  it('notices PUBACKs that come out of order, and only those', async () => {
    await withBroker(
      (ids) => ids,
      async (fleet) => {
        await eventually(() => expect(fleet.pubacks).toBeGreaterThan(20));
        expect(fleet.noticed['out of order']).toBe(0);
      },
    );
    await withBroker(
      (ids) => (ids.length < 2 ? [] : [...ids].reverse()),
      async (fleet) => {
        await eventually(() => expect(fleet.noticed['out of order']).toBeGreaterThan(0));
      },
    );
  });

  it('sends what was not acknowledged again on the next connection, unchanged and in order', async () => {
    let cut = false;
    await withBroker(
      (ids, socket) => {
        if (cut || ids.length < 5) return cut ? ids : [];
        cut = true;
        socket.destroy();
        return [];
      },
      async (fleet, published) => {
        await eventually(() => expect(published.get(1)?.length).toBeGreaterThan(10));
        expect(published.get(1)?.slice(0, 5)).toEqual(published.get(0)?.slice(0, 5));
        expect(fleet.noticed.lost).toBe(1);
      },
    );
  });
});

describe('the plan of faults', () => {
  const kinds = Array.from({ length: 12 }, (_, n): FaultKind => {
    const touches = [`thing ${n % 4}`];
    return { name: `fault ${n}`, touches, holdMs: [0, 9], begin() {}, end() {} };
  });
  const plan = (seed: number, count: number): Round[] => {
    const rounds = planRounds(kinds, seed);
    return Array.from({ length: count }, () => rounds.next().value);
  };

  it('is the same for the same seed, and another for another', () => {
    expect(plan(5, 30)).toEqual(plan(5, 30));
    expect(plan(5, 30)).not.toEqual(plan(6, 30));
  });

  it('has each fault once before any comes again, and never two at once that touch the same', () => {
    const rounds = plan(7, 100);
    const names = rounds.flatMap(({ faults }) => faults.map(({ kind }) => kind.name));
    for (let i = 0; i + 12 <= names.length; i += 12) expect(new Set(names.slice(i, i + 12)).size).toBe(12);
    expect(rounds.some(({ faults }) => faults.length > 1)).toBe(true);
    for (const { faults } of rounds) {
      const touched = faults.flatMap(({ kind }) => kind.touches);
      expect(new Set(touched).size).toBe(touched.length);
    }
  });
});

describe('the truth', () => {
  it('has a reading on every full hour, and hours that add up to the month', () => {
    for (const readings of [1, 750, 1_200, 6_000, 50_000]) {
      expect(HOUR % stepFor(readings)).toBe(0);
      const truth = new MeterTruth(3, 1, stepFor(readings));
      let used = 0n;
      for (let ts = BEGIN; ts < END; ts += HOUR) used += truth.usedInHour(ts);
      const [first, last] = [truth.reading(0), truth.reading(truth.monthReadings - 1)];
      expect([first.ts, last.ts]).toEqual([BEGIN, END]);
      expect(BigInt(last.value - first.value)).toBe(used);
    }
  });
});

describe('the look at memory', () => {
  it('fails a long life that grows, and none that does not or is too short to say', () => {
    const life = (seconds: number, mb: (second: number) => number) => ({
      startedAt: 0,
      memory: Array.from({ length: seconds }, (_, second) => mb(second)),
    });
    const failing = (lives: Parameters<typeof memoryTotals>[0]) =>
      memoryTotals(lives).filter(({ mustBeZero, value }) => mustBeZero && value > 0).length;
    expect(failing([life(600, () => 200), life(100, (s) => 100 + s * 2)])).toBe(0);
    expect(failing([life(600, (s) => 200 + s)])).toBe(1);
    expect(failing([life(10, () => 2_000)])).toBe(1);
  });
});

describe('a program under the harness', () => {
  it('is started again when it ends by itself, which counts unless it had not started yet', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'stallgrid-supervised-'));
    const run = (code: string, log: string): Supervised => {
      const command = process.execPath;
      const program = new Supervised({
        ...{ name: 'it', command, args: ['-e', code], log: join(dir, log), started: /ready/ },
      });
      program.start();
      return program;
    };
    const programs = [
      run('console.log("ready"); process.exit(3)', 'a'),
      run('process.exit(4)', 'b'),
    ] as const;
    try {
      await eventually(() => expect(programs[0].ended.length).toBeGreaterThan(1));
      await eventually(() => expect(programs[1].failedStarts.length).toBeGreaterThan(1));
      expect(programs[1].ended).toEqual([]);
      expect(programs[0].ended[0]).toContain('ended by itself (3): ready');
    } finally {
      for (const program of programs) await program.close();
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
