import type { Trade } from '../contracts/fleet.ts';
import { type Chance, pick } from './chance.ts';

export interface Merchant {
  readonly name: string;
  /** Pinyin initials of the name, lower case. */
  readonly initials: string;
}

/** Text and the pinyin initials of its characters. */
type Word = readonly [text: string, initials: string];

// biome-ignore format: lists read better in rows
const BRANDS: readonly Word[] = [
  ['鑫海', 'xh'], ['顺发', 'sf'], ['聚丰', 'jf'], ['恒泰', 'ht'], ['金穗', 'js'], ['永和', 'yh'], ['德盛', 'ds'],
  ['宏远', 'hy'], ['瑞祥', 'rx'], ['百顺', 'bs'], ['福临', 'fl'], ['大江', 'dj'], ['东海', 'dh'], ['太湖', 'th'],
  ['绿源', 'ly'], ['万家', 'wj'], ['聚鲜', 'jx'], ['老陈', 'lc'], ['阿明', 'am'], ['三和', 'sh'], ['广源', 'gy'],
  ['华联', 'hl'], ['佳佳', 'jj'], ['天天', 'tt'], ['诚信', 'cx'], ['四季', 'sj'], ['新源', 'xy'], ['润发', 'rf'],
  ['姑苏', 'gs'], ['双喜', 'sx'], ['吉祥', 'jx'], ['同心', 'tx'], ['长盛', 'cs'], ['信达', 'xd'], ['富民', 'fm'],
];

// biome-ignore format: lists read better in rows
const SURNAMES: readonly Word[] = [
  ['王', 'w'], ['李', 'l'], ['张', 'z'], ['刘', 'l'], ['陈', 'c'], ['杨', 'y'], ['黄', 'h'], ['赵', 'z'], ['周', 'z'],
  ['吴', 'w'], ['徐', 'x'], ['孙', 's'], ['马', 'm'], ['朱', 'z'], ['胡', 'h'], ['郭', 'g'], ['何', 'h'], ['高', 'g'],
  ['林', 'l'], ['罗', 'l'], ['郑', 'z'], ['梁', 'l'], ['谢', 'x'], ['宋', 's'], ['唐', 't'], ['许', 'x'], ['韩', 'h'],
];

// biome-ignore format: lists read better in rows
const GIVEN: readonly Word[] = [
  ['建国', 'jg'], ['秀英', 'xy'], ['志强', 'zq'], ['丽华', 'lh'], ['海燕', 'hy'], ['文军', 'wj'], ['桂兰', 'gl'],
  ['永福', 'yf'], ['小红', 'xh'], ['国庆', 'gq'], ['春梅', 'cm'], ['大伟', 'dw'], ['玉珍', 'yz'], ['金龙', 'jl'],
  ['美玲', 'ml'], ['德明', 'dm'], ['爱华', 'ah'], ['正平', 'zp'], ['雪芳', 'xf'], ['庆丰', 'qf'], ['小军', 'xj'],
];

const GOODS = {
  seafood: [
    ['水产', 'sc'],
    ['海鲜', 'hx'],
    ['渔业', 'yy'],
    ['冻品', 'dp'],
  ],
  meat: [
    ['鲜肉', 'xr'],
    ['肉业', 'ry'],
    ['禽蛋', 'qd'],
  ],
  vegetables: [
    ['蔬菜', 'sc'],
    ['农产品', 'ncp'],
    ['菌菇', 'jg'],
  ],
  fruit: [
    ['水果', 'sg'],
    ['果业', 'gy'],
    ['鲜果批发', 'xgpf'],
  ],
  dry_goods: [
    ['干货', 'gh'],
    ['粮油', 'ly'],
    ['副食', 'fs'],
  ],
  catering: [
    ['面馆', 'mg'],
    ['快餐', 'kc'],
    ['小吃', 'xc'],
  ],
  clothing: [
    ['服饰', 'fs'],
    ['鞋帽', 'xm'],
    ['童装', 'tz'],
  ],
  household: [
    ['百货', 'bh'],
    ['日杂', 'rz'],
    ['厨具', 'cj'],
  ],
} as const satisfies Partial<Record<Trade, readonly Word[]>>;

export const TRADE_NAMES: Readonly<Record<keyof typeof GOODS, string>> = {
  seafood: '海鲜水产',
  meat: '鲜肉禽蛋',
  vegetables: '蔬菜',
  fruit: '水果',
  dry_goods: '粮油干货',
  catering: '餐饮',
  clothing: '服装',
  household: '日用百货',
};

export type ShopTrade = keyof typeof GOODS;
export const isShopTrade = (trade: Trade): trade is ShopTrade => Object.hasOwn(GOODS, trade);

/** Gives one name after another, none twice. */
export function merchantNames(chance: Chance): (trade: ShopTrade) => Merchant {
  const given = new Set<string>();
  return (trade) => {
    for (;;) {
      const words: readonly Word[] =
        chance() < 0.45
          ? [pick(chance, BRANDS), pick<Word>(chance, GOODS[trade])]
          : [pick(chance, SURNAMES), pick(chance, GIVEN), pick<Word>(chance, GOODS[trade])];
      const name = words.map(([text]) => text).join('');
      if (given.has(name)) continue;
      given.add(name);
      return { name, initials: words.map(([, initials]) => initials).join('') };
    }
  };
}
