import type { Trade } from '../contracts/fleet.ts';
import type { FloorPlan, Rect } from '../domain/places.ts';
import { type Chance, pick } from './chance.ts';
import type { FloorDescription, ZonePlan } from './floors.ts';

export interface StallPlan {
  readonly code: string;
  /** The zone's code. */
  readonly zone: string;
  readonly trade: Trade;
  readonly rect: Rect;
  /** Along the outer wall: deeper and wider than in an island. */
  readonly shop: boolean;
}

export interface FloorLayout {
  readonly plan: FloorPlan;
  readonly zones: readonly { readonly code: string; readonly name: string }[];
  readonly stalls: readonly StallPlan[];
}

type Wall = readonly [number, number, number, number];
type Label = { readonly x: number; readonly y: number; readonly text: string };

const WIDTH = 112;
const HEIGHT = 76;
/** Service rooms along the west and east walls. */
const STRIP = 7;
const SHOP_DEPTH = 6.5;
const LANE = 4.5;
/** Across the middle of every island. */
const CROSS_AISLE = 2.6;
const ENTRANCE = 6;
/** Centres of the entrances in the north and south walls. */
const DOORS_X = [WIDTH * 0.3, WIDTH * 0.7];

const round = (metres: number): number => Math.round(metres * 100) / 100;
/** Edges are rounded, not widths, so that neighbours share theirs. */
const rectOf = (x: number, y: number, w: number, h: number): Rect => ({
  x: round(x),
  y: round(y),
  w: round(round(x + w) - round(x)),
  h: round(round(y + h) - round(y)),
});

/** Lays a floor out, in metres from its north-west corner. Nothing overlaps, every stall lies on a lane. */
export function layOutFloor(floor: FloorDescription, chance: Chance): FloorLayout {
  const zoneCode = (letter: string): string => `${floor.number}${letter}`;
  const islands = layOutZones(floor.zones);
  const shops = [...shopRects(floor, chance, 0), ...shopRects(floor, chance, HEIGHT - SHOP_DEPTH)];
  const stalls = [
    ...islands.flatMap(({ zone, rects }) =>
      rects.map((rect, i) => stallOf(zoneCode(zone.letter), i, zone.trade, rect, false)),
    ),
    ...shops.map((rect, i) => {
      const third = Math.min(2, Math.floor(((rect.x - STRIP) / (WIDTH - 2 * STRIP)) * 3));
      return stallOf(zoneCode(floor.shops.letter), i, floor.shopTrades[third] ?? 'dry_goods', rect, true);
    }),
  ];
  const rooms = [...roomRects(floor.west, 0), ...roomRects(floor.east, WIDTH - STRIP)];
  return {
    plan: {
      width: WIDTH,
      height: HEIGHT,
      walls: [
        ...outerWalls(floor.entrances),
        ...rooms.flatMap(({ rect }) => outline(rect)),
        ...escalatorWalls(islands),
      ],
      labels: [
        ...islands.map(({ zone, x, width }) => ({
          x: round(x + width / 2),
          y: round(SHOP_DEPTH + LANE / 2),
          text: `${zoneCode(zone.letter)} ${zone.name}`,
        })),
        ...rooms.map(({ rect, name }) => ({
          x: round(rect.x + rect.w / 2),
          y: round(rect.y + rect.h / 2),
          text: name,
        })),
        ...escalators(islands).map((rect) => ({
          x: rect.x + rect.w / 2,
          y: rect.y + rect.h + 1,
          text: '扶梯',
        })),
        ...(floor.entrances ? entranceLabels() : []),
      ],
    },
    zones: [...floor.zones, floor.shops].map(({ letter, name }) => ({
      code: zoneCode(letter),
      name: `${zoneCode(letter)} ${name}`,
    })),
    stalls,
  };
}

function stallOf(zone: string, index: number, trade: Trade, rect: Rect, shop: boolean): StallPlan {
  return { code: `${zone}-${String(index + 1).padStart(3, '0')}`, zone, trade, rect, shop };
}

interface ZoneLayout {
  readonly zone: ZonePlan;
  readonly x: number;
  readonly width: number;
  readonly rects: readonly Rect[];
}

/** Zones side by side between the strips, their stalls as wide as there is room for. */
function layOutZones(zones: readonly ZonePlan[]): ZoneLayout[] {
  const lanes = (zones.length + 1) * LANE + zones.length * CROSS_AISLE;
  const room = WIDTH - 2 * STRIP - lanes;
  const scale = room / zones.reduce((sum, zone) => sum + sideUnits(zone) * zone.width, 0);
  let x = STRIP + LANE;
  return zones.map((zone) => {
    const width = sideUnits(zone) * zone.width * scale + CROSS_AISLE;
    const layout = { zone, x, width, rects: islandRects(zone, x, zone.width * scale) };
    x += width + LANE;
    return layout;
  });
}

/** The stalls at the ends of an island are corner stalls, wider than the others. */
const CORNER = 1.3;
const sideUnits = (zone: ZonePlan): number => zone.perSide - 2 + 2 * CORNER;

function islandRects(zone: ZonePlan, left: number, stallWidth: number): Rect[] {
  const top = SHOP_DEPTH + LANE;
  const height = HEIGHT - 2 * top;
  const lane = (height - zone.islands * 2 * zone.depth) / (zone.islands - 1);
  const before = Math.ceil(zone.perSide / 2);
  const rects: Rect[] = [];
  for (let island = 0; island < zone.islands; island++) {
    const y = top + island * (2 * zone.depth + lane);
    for (const side of [0, 1]) {
      let x = left;
      for (let i = 0; i < zone.perSide; i++) {
        if (i === before) x += CROSS_AISLE;
        const width = stallWidth * (i === 0 || i === zone.perSide - 1 ? CORNER : 1);
        rects.push(rectOf(x, y + side * zone.depth, width, zone.depth));
        x += width;
      }
    }
  }
  return rects;
}

/** Shops along a wall, in three blocks between the corners and the two entrances. */
function shopRects(floor: FloorDescription, chance: Chance, y: number): Rect[] {
  const [first = 0, second = 0] = DOORS_X;
  const blocks = [
    [STRIP, first - ENTRANCE / 2],
    [first + ENTRANCE / 2, second - ENTRANCE / 2],
    [second + ENTRANCE / 2, WIDTH - STRIP],
  ] as const;
  const total = blocks.reduce((sum, [from, to]) => sum + to - from, 0);
  let left = floor.shops.perWall;
  return blocks.flatMap(([from, to], index) => {
    const last = index === blocks.length - 1;
    const count = last ? left : Math.round(((to - from) / total) * floor.shops.perWall);
    left -= count;
    const weights = Array.from({ length: count }, () => pick(chance, [1, 1, 1, 1.35, 1.7]));
    const unit = (to - from) / weights.reduce((sum, weight) => sum + weight, 0);
    let x = from;
    return weights.map((weight) => {
      const rect = rectOf(x, y, weight * unit, SHOP_DEPTH);
      x += weight * unit;
      return rect;
    });
  });
}

/** The last room at the south end, the others from the north on: the middle is left to the entrance. */
function roomRects(
  rooms: readonly { readonly name: string; readonly length: number }[],
  x: number,
): { readonly name: string; readonly rect: Rect }[] {
  let y = SHOP_DEPTH + LANE;
  return rooms.map(({ name, length }, index) => {
    if (index === rooms.length - 1) y = HEIGHT - SHOP_DEPTH - LANE - length;
    const rect = rectOf(x, y, STRIP, length);
    y += length;
    return { name, rect };
  });
}

/** Between the zones, in the middle of the main lanes. */
function escalators(zones: readonly ZoneLayout[]): Rect[] {
  return zones.slice(1).map(({ x }) => rectOf(x - LANE / 2 - 0.8, HEIGHT / 2 - 5, 1.6, 10));
}

const escalatorWalls = (zones: readonly ZoneLayout[]): Wall[] =>
  escalators(zones).flatMap(({ x, y, w, h }) => [
    [x, y, x, y + h],
    [x + w, y, x + w, y + h],
  ]);

function outline({ x, y, w, h }: Rect): Wall[] {
  return [
    [x, y, x + w, y],
    [x + w, y, x + w, y + h],
    [x + w, y + h, x, y + h],
    [x, y + h, x, y],
  ];
}

function outerWalls(entrances: boolean): Wall[] {
  const gap = entrances ? ENTRANCE / 2 : 0;
  const middle = HEIGHT / 2;
  const [first = 0, second = 0] = DOORS_X;
  const horizontal = (y: number): Wall[] => [
    [0, y, first - gap, y],
    [first + gap, y, second - gap, y],
    [second + gap, y, WIDTH, y],
  ];
  const vertical = (x: number): Wall[] => [
    [x, 0, x, middle - gap],
    [x, middle + gap, x, HEIGHT],
  ];
  return [...horizontal(0), ...horizontal(HEIGHT), ...vertical(0), ...vertical(WIDTH)];
}

function entranceLabels(): Label[] {
  const [first = 0, second = 0] = DOORS_X;
  return [
    { x: first, y: 2, text: '北一门' },
    { x: second, y: 2, text: '北二门' },
    { x: first, y: HEIGHT - 2, text: '南一门' },
    { x: second, y: HEIGHT - 2, text: '南二门' },
    { x: 3, y: HEIGHT / 2, text: '西门' },
    { x: WIDTH - 3, y: HEIGHT / 2, text: '东门' },
  ];
}
