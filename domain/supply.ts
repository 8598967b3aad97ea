import { Temporal } from 'temporal-polyfill';

/**
 * Whether a prepaid lease's stall has power. `cut_failed` and `reconnect_failed` wait for a person or a top-up: what
 * a meter did with a command that it did not acknowledge is not known, so it is not sent again blindly.
 */
export const SUPPLY_STATES = [
  'connected',
  'notified',
  'cut_due',
  'cutting',
  'cut',
  'cut_failed',
  'reconnecting',
  'reconnect_failed',
] as const;
export type SupplyState = (typeof SUPPLY_STATES)[number];

/** Why a stall's power cannot be cut: opening a relay would reach others, or there is none. */
export const SUPPLY_OBSTACLES = ['no_meter', 'shared_meter', 'no_relay'] as const;
export type SupplyObstacle = (typeof SUPPLY_OBSTACLES)[number];

export interface CutOffRules {
  /** Off: the platform cuts nothing by itself. */
  readonly cutOff: boolean;
  readonly noticeHours: number;
  /** Local `HH:MM`: from, included, to, excluded. */
  readonly from: string;
  readonly to: string;
  /** ISO weekdays. */
  readonly weekdays: readonly number[];
  /** Local dates on which nothing is cut. */
  readonly holidays: readonly string[];
  readonly timeZone: string;
}

export interface SupplyFacts {
  /** Epoch milliseconds. */
  readonly now: number;
  /** Minor units; positive has money. */
  readonly balance: bigint;
  /** 保电: never cut, whatever it owes. */
  readonly isProtected: boolean;
  readonly obstacle: SupplyObstacle | null;
  /** The lease is over: whoever comes next shall have power. */
  readonly hasEnded: boolean;
  /** When the notice was given, epoch milliseconds. */
  readonly notifiedAt: number | null;
  /** What became of the commands that were sent last, of all meters together. */
  readonly commands: 'none' | 'open' | 'acknowledged' | 'failed';
}

export type RelayOp = 'relay_open' | 'relay_close';

const HOUR_MS = 3_600_000;

const mayBeCut = (facts: SupplyFacts): boolean =>
  facts.balance <= 0n && !facts.isProtected && facts.obstacle === null && !facts.hasEnded;
const isToBeCut = (facts: SupplyFacts, rules: CutOffRules): boolean => rules.cutOff && mayBeCut(facts);
const hasHadNotice = ({ now, notifiedAt }: SupplyFacts, { noticeHours }: CutOffRules): boolean =>
  notifiedAt !== null && now - notifiedAt >= noticeHours * HOUR_MS;

/** What happens by itself, in this order: the first step that applies is taken. */
export const SUPPLY_STEPS = [
  {
    name: 'confirm_cut',
    from: ['cutting', 'cut_failed'],
    to: 'cut',
    when: (facts) => facts.commands === 'acknowledged',
  },
  { name: 'fail_cut', from: ['cutting'], to: 'cut_failed', when: (facts) => facts.commands === 'failed' },
  {
    name: 'confirm_reconnect',
    from: ['reconnecting', 'reconnect_failed'],
    to: 'connected',
    when: (facts) => facts.commands === 'acknowledged',
  },
  {
    name: 'fail_reconnect',
    from: ['reconnecting'],
    to: 'reconnect_failed',
    when: (facts) => facts.commands === 'failed',
  },
  {
    name: 'reconnect',
    from: ['cut', 'cut_failed'],
    to: 'reconnecting',
    op: 'relay_close',
    when: ({ balance, isProtected, hasEnded }) => balance > 0n || isProtected || hasEnded,
  },
  {
    name: 'withdraw',
    from: ['notified', 'cut_due'],
    to: 'connected',
    when: (facts, rules) => !isToBeCut(facts, rules),
  },
  { name: 'notify', from: ['connected'], to: 'notified', when: isToBeCut },
  { name: 'fall_due', from: ['notified'], to: 'cut_due', when: hasHadNotice },
  {
    name: 'cut',
    from: ['cut_due'],
    to: 'cutting',
    op: 'relay_open',
    when: (facts, rules) =>
      isToBeCut(facts, rules) && hasHadNotice(facts, rules) && cutWindowEnd(facts.now, rules) !== null,
  },
] as const satisfies readonly SupplyStep[];

interface SupplyStep {
  readonly name: string;
  readonly from: readonly SupplyState[];
  readonly to: SupplyState;
  readonly op?: RelayOp;
  readonly when: (facts: SupplyFacts, rules: CutOffRules) => boolean;
}

/** What a person may do, with a reason. Hours and notice are theirs to answer for; what is never cut stays so. */
export const MANUAL_SUPPLY_STEPS = {
  manual_cut: {
    from: ['connected', 'notified', 'cut_due', 'cut_failed'],
    to: 'cutting',
    op: 'relay_open',
    when: mayBeCut,
  },
  manual_reconnect: {
    from: ['cut', 'cut_failed', 'reconnect_failed'],
    to: 'reconnecting',
    op: 'relay_close',
    when: () => true,
  },
  /** Somebody has looked: the stall has power, whatever its meter said. */
  declare_connected: {
    from: ['cut', 'cut_failed', 'reconnect_failed'],
    to: 'connected',
    op: null,
    when: () => true,
  },
} as const satisfies Record<
  string,
  {
    readonly from: readonly SupplyState[];
    readonly to: SupplyState;
    readonly op: RelayOp | null;
    readonly when: (facts: SupplyFacts) => boolean;
  }
>;
export type ManualSupplyStep = keyof typeof MANUAL_SUPPLY_STEPS;
export const MANUAL_SUPPLY_STEP_NAMES = Object.keys(MANUAL_SUPPLY_STEPS) as [ManualSupplyStep];

/** The step of a lease's supply that is to be taken now; undefined when all stays as it is. */
export function nextSupplyStep(
  state: SupplyState,
  facts: SupplyFacts,
  rules: CutOffRules,
): SupplyStep | undefined {
  const steps: readonly SupplyStep[] = SUPPLY_STEPS;
  return steps.find(({ from, when }) => from.includes(state) && when(facts, rules));
}

/** When the hours in which power may be cut end, epoch milliseconds; null outside of them. */
export function cutWindowEnd(now: number, rules: CutOffRules): number | null {
  const local = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(rules.timeZone);
  const date = local.toPlainDate();
  if (!rules.weekdays.includes(date.dayOfWeek) || rules.holidays.includes(date.toString())) return null;
  const at = (clock: string): number =>
    date.toZonedDateTime({ timeZone: rules.timeZone, plainTime: clock }).epochMilliseconds;
  return at(rules.from) <= now && now < at(rules.to) ? at(rules.to) : null;
}

/** A cut is done at once or not at all; a meter that is out of reach may take its time to give power back. */
const ORDER_MS_MAX = { relay_open: 60_000, relay_close: HOUR_MS } as const satisfies Record<RelayOp, number>;

/** Until when a meter may act on an order of `now`, epoch milliseconds: a cut never past the hours for it. */
export function orderExpiry(op: RelayOp, now: number, windowEnd: number | null): number {
  const latest = now + ORDER_MS_MAX[op];
  return op === 'relay_open' && windowEnd !== null ? Math.min(latest, windowEnd) : latest;
}

/** What a merchant is told: below the first threshold, below the second, and that power will be cut. */
export const NOTICE_LEVELS = ['low', 'very_low', 'cut_off'] as const;
export type NoticeLevel = (typeof NOTICE_LEVELS)[number];
