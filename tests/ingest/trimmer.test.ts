import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTrimmer } from '../../ingest/trimmer.ts';
import type { Journal, TrimOptions } from '../../store/journal/port.ts';
import { log, NOW } from './fixture.ts';

describe('the trimmer', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A journal of 100 bytes; returns how far each round trimmed it. */
  function trimmed(writable: () => boolean, cursor: () => number) {
    const rounds: number[] = [];
    const journal = {
      status: async () => ({ writable: writable(), frames: 1, bytes: 100, bytesMax: 100 }),
      trim: async ({ upTo, bytesTo }: TrimOptions) => {
        expect(bytesTo).toBe(90);
        rounds.push(upTo);
        return 0;
      },
    } as unknown as Journal;
    const trimmer = startTrimmer({ log, clock: () => NOW, journalDays: 7 }, journal, cursor);
    return { rounds, trimmer };
  }

  it('trims every ten seconds what was worked off a second before', async () => {
    let cursor = 5;
    const { rounds, trimmer } = trimmed(
      () => true,
      () => cursor++,
    );
    await vi.advanceTimersByTimeAsync(31_000);
    await trimmer.close();
    await vi.advanceTimersByTimeAsync(31_000);
    expect(rounds).toEqual([13, 23, 33]);
  });

  it('trims every second while the journal is full, so that devices need not wait for its room', async () => {
    let full = true;
    const { rounds, trimmer } = trimmed(
      () => !full,
      () => 7,
    );
    await vi.advanceTimersByTimeAsync(12_500);
    expect(rounds).toEqual([0, ...Array(11).fill(7)]);
    full = false;
    await vi.advanceTimersByTimeAsync(9_000);
    expect(rounds).toHaveLength(12);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(rounds).toHaveLength(13);
    await trimmer.close();
  });
});
