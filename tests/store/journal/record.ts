import type { JournalRecord } from '../../../store/journal/port.ts';

/** The n-th record of a test. */
export const record = (n: number, over: Partial<JournalRecord> = {}): JournalRecord => ({
  site: 'market',
  device: `meter-${n % 7}`,
  kind: 'up',
  payload: Buffer.from(JSON.stringify({ n })),
  receivedAt: 1_764_806_400_000 + n,
  retain: false,
  ...over,
});
