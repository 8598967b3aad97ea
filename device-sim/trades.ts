import type { Trade } from '../contracts/fleet.ts';
import type { LocalHour } from './calendar.ts';

/** Shares of a full hour for the 24 hours of a day, as digits: 0 is none, 9 is full. */
type Day = string;

interface Pattern {
  /** How likely the stall is open. */
  readonly open: Day;
  readonly electricity: Day;
  readonly water: Day;
  /** Saturday and Sunday against a weekday. */
  readonly weekend: number;
  /** How much more in July than in January (negative: less): cold rooms work in summer, heaters in winter. */
  readonly summer: number;
}

//                0     6     12    18
const PATTERNS: Readonly<Record<Trade, Pattern>> = {
  // Auction before dawn; aeration and cold storage all night, compressors hardest when the doors are shut.
  seafood: {
    open: '789999988765433322234567',
    electricity: '788999987766555566677777',
    water: '678999987654333222233456',
    weekend: 1.1,
    summer: 0.35,
  },
  meat: {
    open: '567899999876543333333344',
    electricity: '667899998877666666666666',
    water: '234679999876543222222222',
    weekend: 1.15,
    summer: 0.3,
  },
  // Lorries arrive after midnight, retailers buy before dawn, nobody in the afternoon.
  vegetables: {
    open: '678999987654322222223345',
    electricity: '567999976543222222233445',
    water: '456899987543211111112334',
    weekend: 0.95,
    summer: 0.1,
  },
  fruit: {
    open: '233456789999887777654432',
    electricity: '444456789999988887765444',
    water: '111234567777666655443221',
    weekend: 1.2,
    summer: 0.2,
  },
  dry_goods: {
    open: '222223568999998999876322',
    electricity: '111112357999998999865211',
    water: '000001123333332333211000',
    weekend: 0.8,
    summer: 0.05,
  },
  catering: {
    open: '222235787679997668998643',
    electricity: '222234787679997668998643',
    water: '111124787679996557998632',
    weekend: 1.25,
    summer: 0.15,
  },
  clothing: {
    open: '222222346899999999999743',
    electricity: '111111236899999999999731',
    water: '000000012333333333333210',
    weekend: 1.4,
    summer: -0.1,
  },
  household: {
    open: '222222356899999999987432',
    electricity: '111111246899999999986311',
    water: '000000112333333333321100',
    weekend: 1.3,
    summer: -0.05,
  },
  cold_store: {
    open: '999999999999999999999999',
    electricity: '999988777888999999888899',
    water: '333333333333333333333333',
    weekend: 1,
    summer: 0.4,
  },
  building: {
    open: '999999999999999999999999',
    electricity: '777888899998877788999988',
    water: '222344566665555555544332',
    weekend: 1,
    summer: 0.1,
  },
  gate: {
    open: '999999999999999999999999',
    electricity: '777777666666666666677777',
    water: '000000000000000000000000',
    weekend: 1,
    summer: 0,
  },
  // A stall nobody leases: a lamp of the cleaners, a fridge left on.
  idle: {
    open: '000000000000000000000000',
    electricity: '111111111111111111111111',
    water: '000000000000000000000000',
    weekend: 1,
    summer: 0,
  },
};

/** How busy the gates are: lorries at night, buyers in the morning, vans in the afternoon. */
const PASSES: Day = '899999999887654455556667';

const shareAt = (day: Day, hour: number): number => Number(day[hour] ?? 0) / 9;

/** The share of a full hour's electricity, water or passes that a trade takes in an hour. */
export function loadShare(trade: Trade, what: 'electricity' | 'water' | 'passes', at: LocalHour): number {
  const pattern = PATTERNS[trade];
  const day = what === 'passes' ? PASSES : pattern[what];
  const weekend = at.weekday >= 6 ? pattern.weekend : 1;
  const season = 1 + pattern.summer * (0.5 - 0.5 * Math.cos(((at.month - 1) / 12) * 2 * Math.PI));
  return shareAt(day, at.hour) * weekend * season;
}

/**
 * How likely a stall of a trade is open in an hour. Never certain for a trade at work: someone always comes
 * early or stays late, so the floor lives at any hour.
 */
export function openShare(trade: Trade, at: LocalHour): number {
  const share = shareAt(PATTERNS[trade].open, at.hour);
  return trade === 'idle' ? 0 : 0.12 + 0.76 * share;
}
