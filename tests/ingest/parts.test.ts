import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { zStallsNotice } from '../../contracts/notify.ts';
import { slicesOf } from '../../ingest/batch.ts';
import { retryStage } from '../../ingest/retry.ts';
import { SightingThrottle } from '../../ingest/sighting-throttle.ts';
import { stallPayloads } from '../../store/notices.ts';
import { record } from './fixture.ts';

describe('slices of frames', () => {
  const frame = (seq: number, records: number, bytes = 10) => ({
    seq,
    records: Array.from({ length: records }, () => record('m', Buffer.alloc(bytes))),
  });

  it('hold whole frames, up to 4,096 records or 1 MiB, and at least one', () => {
    const cut = (...frames: ReturnType<typeof frame>[]) =>
      [...slicesOf(frames)].map(({ to, records }) => `${records.length} to ${to}`);
    expect(cut()).toEqual([]);
    expect(cut(frame(1, 4_096), frame(2, 1))).toEqual(['4096 to 1', '1 to 2']);
    expect(cut(frame(1, 2_000), frame(4, 2_000), frame(5, 97))).toEqual(['4000 to 4', '97 to 5']);
    expect(cut(frame(1, 9_000), frame(2, 9_000))).toEqual(['9000 to 1', '9000 to 2']);
    expect(cut(frame(1, 10, 65_536), frame(2, 10, 65_536), frame(3, 1))).toEqual(['10 to 1', '11 to 3']);
    expect(cut(frame(1, 0), frame(2, 3))).toEqual(['3 to 2']);
  });

  it('know where each record stood', () => {
    const [slice] = slicesOf([frame(3, 2), frame(7, 1)]);
    expect(slice?.records.map(({ seq, index }) => [seq, index])).toEqual([
      [3, 0],
      [3, 1],
      [7, 0],
    ]);
  });
});

describe('notices of stalls', () => {
  it('hold every stall once, each below the limit', () => {
    const ids = Array.from({ length: 5_000 }, (_, i) => 1_000_000 + i);
    const payloads = stallPayloads('north', ids);
    expect(payloads.every((text) => Buffer.byteLength(text) <= 7_900)).toBe(true);
    expect(payloads.length).toBe(Math.ceil((5_000 * 8) / 7_860));
    expect(payloads.flatMap((text) => zStallsNotice.parse(JSON.parse(text)).stalls)).toEqual(ids);
    expect(stallPayloads('north', [])).toEqual([]);
  });
});

describe('the throttle of last-seen', () => {
  const sighting = (seenAt: number, intervalS = 60, firmware: string | null = null) => ({
    deviceId: 'd',
    seenAt,
    measuredAt: null,
    firmware,
    intervalS,
  });

  it.each([
    [60, 15_000],
    [1, 5_000],
    [3_600, 30_000],
  ])('with a device that reports every %d s writes at most every %d ms', (intervalS, everyMs) => {
    const throttle = new SightingThrottle();
    const due = (at: number): boolean => {
      const found = throttle.due([sighting(at, intervalS)]);
      throttle.stored(found);
      return found.length > 0;
    };
    expect([due(0), due(everyMs - 1), due(everyMs), due(everyMs + 1), due(2 * everyMs)]).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
  });

  it('lets new firmware through, and what was not stored after all', () => {
    const throttle = new SightingThrottle();
    expect(throttle.due([sighting(0)])).toHaveLength(1);
    expect(throttle.due([sighting(1)])).toHaveLength(1);
    throttle.stored([sighting(1)]);
    expect(throttle.due([sighting(2)])).toHaveLength(0);
    expect(throttle.due([sighting(2, 60, '2.1')])).toHaveLength(1);
  });
});

describe('a stage that fails', () => {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });

  it('is repeated until it succeeds; the log says so once when it begins and once when it ends', async () => {
    const retry = retryStage('test', { log, signal: new AbortController().signal });
    let tries = 0;
    const result = await retry(async () => {
      if (++tries < 4) throw new Error('away');
      return 'done';
    });
    expect([result, tries]).toEqual(['done', 4]);
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
      'ingest: waits for a dependency',
      'ingest: works again',
    ]);
  });

  it('is not repeated when another try is pointless, or after the end was asked for', async () => {
    const closing = new AbortController();
    const retry = retryStage('test', { log, signal: closing.signal });
    let tries = 0;
    const fail = () => Promise.reject(new Error(`try ${++tries}`));
    await expect(retry(fail, () => true)).rejects.toThrow('try 1');
    const failing = retry(fail);
    closing.abort();
    await expect(failing).rejects.toThrow();
    expect(tries).toBeLessThanOrEqual(3);
  });
});
