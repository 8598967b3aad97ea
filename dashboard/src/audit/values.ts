import { useTranslation } from 'react-i18next';
import type { ViolationCode } from '../../../domain/audit.ts';
import { QUANTITY_UNITS } from '../../../domain/commodities.ts';
import type { Violation } from '../api/audits.ts';
import { useQuantity } from '../bills/bill-names.tsx';
import { useTariffNames } from '../fee-lines/names.ts';
import { formatMoney, formatTime } from '../format.ts';
import { useSession } from '../session.tsx';

/** What the numbers of a violation are; all others are shown as they are. */
const VALUES: Partial<Record<ViolationCode, 'quantity' | 'money' | 'both' | 'range'>> = {
  order_matters: 'quantity',
  not_conserved: 'quantity',
  bands_differ: 'quantity',
  would_move: 'quantity',
  moved_elsewhere: 'quantity',
  reversed_not_zero: 'both',
  not_as_rated: 'both',
  would_post: 'both',
  replay_differs: 'both',
  unbalanced: 'money',
  bill_sum: 'money',
  overpaid: 'money',
  charge_books: 'money',
  split_changes_sum: 'money',
  more_costs_less: 'money',
  not_charged: 'range',
  charged_twice: 'range',
};
const NUMBER = /-?\d+/;
const INSTANT = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;
/** Shown as names, times and links; the rest are ids for whoever looks into the database. */
const NAMED = ['stall', 'meteringPoint', 'party', 'component', 'band', 'from', 'to', 'at', 'unit'];

export interface ViolationText {
  /** Whom and what it concerns, for people. */
  readonly about: string;
  readonly expected: string;
  readonly found: string;
  readonly ids: string;
}

/** A violation in the words, units and times of the page's reader. */
export function useViolationText(): (violation: Violation) => ViolationText {
  const { t, i18n } = useTranslation();
  const { site } = useSession();
  const names = useTariffNames();
  const quantityOf = useQuantity();
  const time = (iso: string): string => formatTime(iso, site.timeZone, 'minute');
  return ({ what, where, expected, found }) => {
    const text = (name: string): string | undefined =>
      where[name] === undefined ? undefined : String(where[name]);
    const unit = QUANTITY_UNITS.find((one) => one === where['unit']);
    const money = (value: string): string =>
      value.replace(NUMBER, (amount) => formatMoney(amount, site.currency));
    const quantity = (value: string): string =>
      unit === undefined ? value : value.replace(NUMBER, (base) => quantityOf(base, unit, site.currency));
    const shown = (value: string): string => {
      const [first = '', second] = value.split(' / ');
      switch (VALUES[what]) {
        case 'quantity':
          return quantity(value);
        case 'money':
          return money(value);
        case 'both':
          return second === undefined ? value : `${quantity(first)} · ${money(second)}`;
        case 'range':
          return value.replace('/', ' – ').replace(INSTANT, time);
        default:
          return value;
      }
    };
    const component = text('component');
    const band = text('band');
    const [from, to, at] = [text('from'), text('to'), text('at')];
    const about = [
      ...[text('stall'), text('meteringPoint'), text('party')],
      ...[component && names.component(component), band && names.band(band)],
      ...[from && to && `${time(from)} – ${time(to)}`, at && time(at)],
    ];
    const ids = Object.entries(where)
      .filter(([name]) => !NAMED.includes(name))
      .map(([name, value]) => {
        const key = `audit.id.${name}`;
        return `${i18n.exists(key) ? t(key as 'audit.id.point') : name} ${value}`;
      });
    return {
      about: about.filter(Boolean).join(' · '),
      expected: shown(expected),
      found: shown(found),
      ids: ids.join(' · '),
    };
  };
}
