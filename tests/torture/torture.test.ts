import { describe, expect, test } from 'vitest';
import { skipInflux } from '../support/influxd.ts';
import { startStallgrid } from './stallgrid.ts';
import { torture } from './torture.ts';

/** Then it stops by itself and cleans up, before anything else stops it. */
const MS_MAX = 780_000;
/** Set to live through the same faults again. */
const SEED = 20_251_001;

describe.skipIf(skipInflux)('after two minutes of faults', () => {
  test('nothing that was acknowledged is lost, doubled or charged wrong', { timeout: 900_000 }, async () => {
    const say = (line: string): void => console.log(line);
    const target = await startStallgrid({ devices: 16, isParted: false, say });
    try {
      const options = { minutes: 2, seed: SEED, rate: 10, signal: AbortSignal.timeout(MS_MAX), say };
      const verdict = await torture(target, options);
      expect(verdict?.failures).toEqual([]);
      console.log(verdict?.text);
    } finally {
      await target.close();
    }
  });
});
