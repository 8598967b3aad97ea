import type { Market } from '../store/import-market.ts';
import { between, type Chance, shuffled } from './chance.ts';
import type { StallPlan } from './geometry.ts';
import { isShopTrade, merchantNames, TRADE_NAMES } from './merchants.ts';
import { isLarge, SPECIAL } from './meters.ts';
import { TARIFF } from './tariffs.ts';

const LEASED = 480;
/** Leases that began after the market had opened: until then the house paid. */
const LATE = 6;
const DAY_MS = 86_400_000;

/** Runs the market's cold store, and pays for what its machines could draw. */
export const COLD_STORE_PLACE = 'W1';
const COLD_STORE = { key: 'C001', name: '江南冷链有限公司', initials: 'jnllyxgs', phone: '138****2600' };

interface Leased {
  readonly parties: Market['parties'];
  readonly leases: Market['leases'];
  /** The codes of the stalls that are leased now. */
  readonly leased: ReadonlySet<string>;
  readonly merchant: { readonly key: string; readonly name: string };
}

/** Lets stalls to merchants: most hold one, some two or three side by side. */
export function leaseStalls(options: {
  readonly stalls: readonly StallPlan[];
  readonly from: number;
  readonly historyDays: number;
  readonly chance: Chance;
}): Leased {
  const { stalls, from, historyDays, chance } = options;
  const leased = new Set<string>([SPECIAL.rollover, SPECIAL.exchange]);
  for (const stall of shuffled(chance, stalls)) if (leased.size < LEASED) leased.add(stall.code);

  const nameFor = merchantNames(chance);
  const parties: { key: string; name: string; initials: string; phone: string }[] = [];
  const leases: Market['leases'][number][] = [];
  let holder = '';
  let holdsMore = 0;
  let before: StallPlan | undefined;
  for (const stall of stalls.filter(({ code }) => leased.has(code))) {
    if (!isShopTrade(stall.trade)) throw new RangeError(`nobody trades ${stall.trade} in ${stall.code}`);
    const neighbours = before?.zone === stall.zone && before.trade === stall.trade;
    // Whoever may sign in has two stalls side by side: one billed by the month, one prepaid.
    const signsIn = stall.code === SPECIAL.rollover;
    const isSecond = before?.code === SPECIAL.rollover && neighbours;
    if (holdsMore === 0 || !neighbours || signsIn) {
      holder = `M${String(parties.length + 1).padStart(3, '0')}`;
      holdsMore = signsIn ? 2 : chance() < 0.85 ? 1 : between(chance, 2, 3);
      const phone = `138****${String(between(chance, 0, 9999)).padStart(4, '0')}`;
      parties.push({ key: holder, ...nameFor(stall.trade), phone });
    }
    holdsMore--;
    before = stall;
    const late = leases.length % Math.floor(LEASED / LATE) === 40 && stall.code !== SPECIAL.exchange;
    leases.push({
      place: stall.code,
      party: holder,
      charging: (chance() < 0.4 || isSecond) && !signsIn ? 'prepaid' : 'postpaid',
      trade: TRADE_NAMES[stall.trade],
      startsAt: new Date(late ? from + Math.floor(historyDays / 3) * DAY_MS : from),
      tariffs: {
        electricity: isLarge(stall) ? TARIFF.large : TARIFF.small,
        water: TARIFF.water,
        gate: TARIFF.gate,
      },
    });
  }
  parties.push(COLD_STORE);
  leases.push({
    place: COLD_STORE_PLACE,
    party: COLD_STORE.key,
    charging: 'postpaid',
    trade: '冷库',
    startsAt: new Date(from),
    tariffs: { electricity: TARIFF.coldStore, water: TARIFF.water, gate: TARIFF.gate },
  });
  const key = leases.find((lease) => lease.place === SPECIAL.rollover)?.party ?? '';
  const name = parties.find((party) => party.key === key)?.name ?? '';
  return { parties, leases, leased, merchant: { key, name } };
}
