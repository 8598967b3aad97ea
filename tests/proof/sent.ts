import { randomNumbers } from '../support/random-numbers.ts';
import {
  BEGIN,
  HOUR,
  lossOf,
  MINUTE,
  MINUTES,
  MODULUS,
  OCTOBER,
  PORTIONS,
  type Scenario,
  type StallPlan,
  type StallTruth,
  wholeAt,
} from './truth.ts';

/** What a device publishes, when it arrives, and in which portion ingest comes to it. */
export interface Message {
  readonly portion: number;
  /** Which of the stall's meters. */
  readonly meter: number;
  /** What the device's clock says; undefined: undated. */
  readonly ts: number | undefined;
  /** Base units. */
  readonly value: bigint;
  readonly receivedAt: number;
  readonly retain: boolean;
}

/** So many hourly readings at most are lost in a row: a dial that wraps is seen near its end. */
const LOST_IN_A_ROW_MAX = 4;
const GLITCH_AFTER = MINUTE;

/**
 * What the meters of a stall publish: every hour and at every turn of its use, so that between two readings that come
 * use is even, and a straight line between them is the truth. Some of the hourly ones are lost.
 */
export function sentOf(plan: StallPlan, truth: StallTruth): readonly Message[] {
  const chance = randomNumbers(plan.seed);
  const messages: Message[] = [];
  for (const segment of truth.segments) {
    let lost = 0;
    for (let ts = segment.from + MINUTE; ts < segment.to || ts === BEGIN + MINUTES * MINUTE; ts += MINUTE) {
      const minute = (ts - BEGIN) / MINUTE;
      const isLast = minute === MINUTES;
      const isTurn = truth.turns.has(minute) || isLast;
      if (!isTurn && ts % HOUR !== 0) continue;
      if (!isTurn && lost < LOST_IN_A_ROW_MAX && chance() < 0.4) {
        lost++;
        continue;
      }
      lost = 0;
      const value = truth.dials[minute] ?? 0;
      const portion = portionOf(plan, ts, chance);
      messages.push(...asSent(plan, { meter: segment.meter, ts, value, portion }, chance));
      if (isLast) break;
    }
  }
  return shuffled(messages, chance);
}

interface Seen {
  readonly meter: number;
  readonly ts: number;
  readonly value: number;
  readonly portion: number;
}

/** A reading as its device sends it: with its clock, perhaps twice, perhaps with nonsense beside it. */
function asSent(plan: StallPlan, { meter, ts, value, portion }: Seen, chance: () => number): Message[] {
  const { skew } = plan;
  const isSkewed = skew !== null && ts >= skew.from && ts < skew.from + skew.hours * HOUR;
  const claimed = isSkewed ? ts + skew.aheadMinutes * MINUTE : ts;
  const rest = { meter, receivedAt: ts, retain: false } as const;
  const message = { ...rest, portion, ts: claimed, value: BigInt(value) };
  const messages: Message[] = [message];
  // Sent again, in the same portion or a later one.
  if (chance() < 0.1) messages.push({ ...message, portion: later(portion, chance) });
  // Another value for the same instant, after the true one.
  if (!isSkewed && portion < PORTIONS - 1 && chance() < 0.03) {
    messages.push({ ...message, portion: portion + 1, value: BigInt((value + 1) % MODULUS) });
  }
  // Undated or retained: shown, never charged.
  if (chance() < 0.03) messages.push({ ...message, ts: undefined, value: BigInt(value) });
  if (chance() < 0.03) messages.push({ ...message, retain: true, ts: claimed + 2 * GLITCH_AFTER, value: 5n });
  // For a moment a zero, or far too much, where it cannot be taken for a dial that wraps.
  if (!isSkewed && value > 0 && value < 400_000 && chance() < 0.03) {
    const wrong = chance() < 0.5 ? 0 : value + 500_000;
    messages.push({ ...message, ts: ts + GLITCH_AFTER, value: BigInt(wrong) });
  }
  return messages;
}

function portionOf({ silentFrom }: StallPlan, ts: number, chance: () => number): number {
  if (silentFrom !== null && ts >= silentFrom) return PORTIONS - 1 - Math.floor(chance() * 2);
  return Math.floor(chance() * PORTIONS);
}

const later = (portion: number, chance: () => number): number =>
  portion + Math.floor(chance() * (PORTIONS - portion));

/** What a main in front of the stalls counts: theirs, and the loss. Its readings at the ends of months are not lost. */
export function sentByMain(scenario: Scenario, stalls: readonly StallTruth[]): readonly Message[] {
  const loss = lossOf(scenario);
  const chance = randomNumbers(scenario.mainSeed);
  const messages: Message[] = [];
  for (let ts = BEGIN + HOUR; ts <= BEGIN + MINUTES * MINUTE; ts += HOUR) {
    if (ts !== OCTOBER.from && ts !== OCTOBER.to && chance() < 0.5) continue;
    const behind = stalls.reduce((sum, { totals }) => sum + wholeAt(totals, ts), 0n);
    const value = behind + (loss[(ts - BEGIN) / MINUTE] ?? 0n);
    messages.push({
      portion: Math.floor(chance() * PORTIONS),
      ...{ meter: 0, ts, value, receivedAt: ts, retain: false },
    });
  }
  return shuffled(messages, chance);
}

function shuffled<T>(items: readonly T[], chance: () => number): readonly T[] {
  return items
    .map((item) => ({ item, order: chance() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
