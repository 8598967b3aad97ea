import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flow } from '../../bench/peers/flows.ts';
import { settle } from '../../bench/peers/influx.ts';
import type { Level } from '../../bench/peers/measure.ts';
import { lossOf, report } from '../../bench/peers/report.ts';
import { highestRate } from '../../bench/peers/search.ts';
import { subscriber } from '../../bench/peers/subscriber.ts';
import { openTrial } from '../../bench/peers/trial.ts';
import { skipInflux } from '../support/influxd.ts';
import { skipMosquitto } from '../support/mosquitto.ts';

describe('the search for the highest rate that holds', () => {
  const LIMITS = { factor: 1.5, halvings: 3, min: 50, max: 60_000 };
  const seek = async (limit: number, guess: number) => {
    const tried: number[] = [];
    const best = await highestRate(
      async (rate) => {
        tried.push(rate);
        return { held: rate <= limit, rate };
      },
      { ...LIMITS, guess },
    );
    return { best, tried };
  };

  test('ends below the limit by less than the last halving, wherever it begins', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 100, max: 30_000 }),
        fc.integer({ min: 100, max: 30_000 }),
        async (limit, guess) => {
          const { best, tried } = await seek(limit, guess);
          expect(best?.rate).toBeLessThanOrEqual(limit);
          expect(best?.rate).toBeGreaterThan(limit / 1.5 ** (1 / 8) / 1.0001);
          expect(tried.length).toBeLessThan(25);
        },
      ),
    ));
  test('finds none where none holds', async () => {
    expect((await seek(10, 500)).best).toBeNull();
  });
  test('gives up above the highest rate it may try', async () => {
    const { best, tried } = await seek(Number.POSITIVE_INFINITY, 8_000);
    expect(best?.rate).toBe(Math.max(...tried));
    expect(best?.rate).toBeLessThanOrEqual(60_000);
  });
});

describe('waiting for the store', () => {
  const answers =
    (...counts: (number | Error)[]) =>
    async (): Promise<number> => {
      const next = counts.length > 1 ? counts.shift() : counts[0];
      if (typeof next === 'number') return next;
      throw next;
    };

  test('does not believe the first answer, and lives through one that fails', async () => {
    const { stored } = await settle(answers(0, new Error('away'), 3, 5), {
      expected: 5,
      quietMs: 5_000,
      msMax: 5_000,
    });
    expect(stored).toBe(5);
  });
  test('ends when nothing more comes, and says what is there', async () => {
    expect((await settle(answers(1, 2), { expected: 5, quietMs: 300, msMax: 60_000 })).stored).toBe(2);
    expect(
      (await settle(answers(new Error('away')), { expected: 5, quietMs: 1, msMax: 60_000 })).stored,
    ).toBe(0);
  });
});

describe('the report', () => {
  const level = (ackedPerS: number): Level => ({
    held: true,
    ackedPerS,
    stored: 10_000,
    costs: { systemCpuS: 0.5, influxCpuS: 0.1, postgresCpuS: 0.2, peakMb: 200, postgresMb: 50 },
  });

  test('compares medians with the first system, and leaves a dash where nothing held', () => {
    const lines = report([
      { name: 'A', rounds: [level(9_000), level(12_000), level(10_000)] },
      { name: 'B', rounds: [level(400), null, level(500)] },
      { name: 'C', rounds: [null] },
    ]);
    expect(lines[2]).toBe('| A | 10,000/s | 9,000, 12,000, 10,000 | 1.00 × | 50, 10, 20 | 200 MB, 50 MB |');
    expect(lines[3]).toContain('| B | 400/s | 400, 0, 500 | 25.00 × |');
    expect(lines[4]).toBe('| C | 0/s | 0 | – | – | – |');
  });
  test('states a loss with its share', () => {
    expect(lossOf({ acked: 60_000, lost: 28_000 })).toBe('28,000 of 60,000 (47 %)');
    expect(lossOf({ acked: 60_000, lost: 3 })).toBe('3 of 60,000 (0.01 %)');
    expect(lossOf({ acked: 60_000, lost: 0 })).toBe('0 of 60,000');
  });
});

describe.each(['single', 'batched'] as const)('the Node-RED flow with %s writes', (writes) => {
  const nodes = flow({ writes, mqttPort: 1883, influx: new URL('http://127.0.0.1:8086'), database: 'd' });
  const ids = nodes.map(({ id }) => id);

  test('leads from MQTT to InfluxDB through nodes that exist', () => {
    let at = nodes.find(({ type }) => type === 'mqtt in');
    const path: unknown[] = [];
    while (at) {
      path.push(at.type);
      const [[to] = []] = at.wires as string[][];
      expect(to === undefined || ids.includes(to)).toBe(true);
      at = nodes.find(({ id }) => id === to);
    }
    expect(path.at(-1)).toBe(writes === 'single' ? 'influxdb out' : 'influxdb batch');
  });
  test("has no id that is also a property's value, which Node-RED takes for a reference", () => {
    for (const { id, type } of nodes) expect(ids, String(id)).not.toContain(type);
  });
});

describe.skipIf(skipInflux || skipMosquitto)('the subscriber behind Mosquitto', () => {
  test('stores what is acknowledged, each message once', async () => {
    const system = subscriber({ name: 'subscriber', tuned: true });
    const trial = await openTrial(system, Date.now() - 86_400_000, new AbortController().signal);
    try {
      const { acked, errors } = await trial.load({ rate: 1_000, messagesPerClient: 1, durationMs: 20_000 });
      expect(errors).toEqual({});
      const { stored } = await settle(trial.stored, { expected: acked, quietMs: 10_000, msMax: 10_000 });
      expect([acked, stored]).toEqual([1_000, 1_000]);
    } finally {
      await trial.close();
    }
  }, 120_000);
});
