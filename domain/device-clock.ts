import { CLOCK_AHEAD_MS_MAX } from './readings.ts';

/** Before this no device of ours was built: a clock that was never set. */
const EARLIEST = Date.UTC(2000, 0, 1);
const ABSURD_AHEAD_MS = 24 * 3_600_000;

/**
 * What to make of an instant that a device claims. `future`: kept, but not charged before a person accepts it;
 * `absurd`: refused.
 */
export function judgeTimestamp(ts: number, receivedAt: number): 'good' | 'future' | 'absurd' {
  const ahead = ts - receivedAt;
  if (ts < EARLIEST || ahead > ABSURD_AHEAD_MS) return 'absurd';
  return ahead > CLOCK_AHEAD_MS_MAX ? 'future' : 'good';
}
