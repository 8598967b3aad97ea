import type { Trade } from '../contracts/fleet.ts';

/** Islands of back-to-back stalls. */
export interface ZonePlan {
  readonly letter: string;
  readonly name: string;
  readonly trade: Trade;
  readonly islands: number;
  /** Stalls along one side of an island. */
  readonly perSide: number;
  /** Metres from the lane to the back. */
  readonly depth: number;
  /** How wide its stalls are against the other zones'. */
  readonly width: number;
}

export interface FloorDescription {
  readonly number: number;
  readonly name: string;
  readonly zones: readonly ZonePlan[];
  /** The shops along the north and south walls. */
  readonly shops: { readonly letter: string; readonly name: string; readonly perWall: number };
  /** Which trades the shops have, west to east. */
  readonly shopTrades: readonly Trade[];
  /** Rooms that nobody leases, in the strips along the west and east walls: from north to south, metres. */
  readonly west: readonly { readonly name: string; readonly length: number }[];
  readonly east: readonly { readonly name: string; readonly length: number }[];
  readonly entrances: boolean;
}

export const FLOORS: readonly FloorDescription[] = [
  {
    number: 1,
    name: '一层 生鲜',
    zones: [
      { letter: 'A', name: '海鲜水产', trade: 'seafood', islands: 5, perSide: 8, depth: 4, width: 3.2 },
      { letter: 'B', name: '鲜肉禽蛋', trade: 'meat', islands: 5, perSide: 7, depth: 3.5, width: 3 },
      { letter: 'C', name: '蔬菜', trade: 'vegetables', islands: 5, perSide: 6, depth: 3.5, width: 3.6 },
    ],
    shops: { letter: 'D', name: '冻品水产', perWall: 15 },
    shopTrades: ['seafood', 'meat', 'vegetables'],
    west: [
      { name: '卫生间', length: 8 },
      { name: '货梯', length: 6 },
      { name: '制冰间', length: 9 },
    ],
    east: [
      { name: '冷库', length: 18 },
      { name: '配电间', length: 7 },
    ],
    entrances: true,
  },
  {
    number: 2,
    name: '二层 果品干货',
    zones: [
      { letter: 'A', name: '水果', trade: 'fruit', islands: 5, perSide: 7, depth: 3.8, width: 3.4 },
      { letter: 'B', name: '干货副食', trade: 'dry_goods', islands: 5, perSide: 6, depth: 3.5, width: 3.4 },
      { letter: 'C', name: '粮油', trade: 'dry_goods', islands: 4, perSide: 5, depth: 4.8, width: 4.8 },
    ],
    shops: { letter: 'D', name: '品牌批发', perWall: 15 },
    shopTrades: ['fruit', 'dry_goods', 'dry_goods'],
    west: [
      { name: '卫生间', length: 8 },
      { name: '货梯', length: 6 },
      { name: '检测室', length: 8 },
    ],
    east: [
      { name: '仓库', length: 14 },
      { name: '配电间', length: 7 },
    ],
    entrances: false,
  },
  {
    number: 3,
    name: '三层 百货餐饮',
    zones: [
      { letter: 'A', name: '服装', trade: 'clothing', islands: 5, perSide: 6, depth: 3.6, width: 3.6 },
      { letter: 'B', name: '日用百货', trade: 'household', islands: 5, perSide: 5, depth: 3.6, width: 4 },
      { letter: 'C', name: '餐饮', trade: 'catering', islands: 3, perSide: 5, depth: 6, width: 4.6 },
    ],
    shops: { letter: 'D', name: '精品', perWall: 10 },
    shopTrades: ['clothing', 'household', 'catering'],
    west: [
      { name: '卫生间', length: 8 },
      { name: '货梯', length: 6 },
      { name: '试衣间', length: 6 },
    ],
    east: [
      { name: '管理处', length: 12 },
      { name: '配电间', length: 7 },
    ],
    entrances: false,
  },
];
