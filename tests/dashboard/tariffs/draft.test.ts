import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { dayRange } from '../../../dashboard/src/day-range.ts';
import { chooseLeases } from '../../../dashboard/src/tariffs/chosen-leases.ts';
import { compareVersions } from '../../../dashboard/src/tariffs/compare.ts';
import { emptyDraft, faultsOf, fileOf, readFile } from '../../../dashboard/src/tariffs/form/draft.ts';
import { newComponent, newPrice, renameComponent } from '../../../dashboard/src/tariffs/form/new-parts.ts';
import { FAULTS } from '../../../dashboard/src/ui/faults.ts';
import { COMMODITIES } from '../../../domain/commodities.ts';
import { PRICE_KINDS } from '../../../domain/tariffs/definition.ts';
import { TARIFF_EXAMPLES } from '../../../domain/tariffs/examples.ts';

const SITE = { currency: 'CNY', timeZone: 'Asia/Shanghai' };

test('every example passes the form’s check, and its file comes back the same', () => {
  for (const { code, name, commodity, definition } of TARIFF_EXAMPLES) {
    expect(faultsOf({ code, name, commodity, definition, from: '2026-12-01' }, SITE), code).toEqual([]);
    const read = readFile(fileOf({ code, name, commodity, definition }));
    expect(read).toEqual({ ok: true, draft: { code, name, commodity, definition } });
    expect(readFile(JSON.stringify(definition))).toEqual({ ok: true, draft: { definition } });
  }
});

test.each([
  ['nothing', '', 'not JSON'],
  ['a list', '[]', 'not a tariff'],
  ['another file', '{"name":"stallgrid"}', 'not a tariff'],
])('a file with %s is no tariff', (_what, text, message) => {
  expect(readFile(text)).toEqual({ ok: false, faults: [{ path: [], message }] });
});

test('a price of each kind begins with faults only where something must be said', () => {
  for (const kind of PRICE_KINDS) {
    const components = [
      { code: 'first', price: { kind: 'flat' as const, unitPrice: '1' } },
      { code: 'next', price: newPrice(kind, ['first']) },
    ];
    const commodity = kind === 'per_event' ? 'gate' : 'electricity';
    const faults = faultsOf(
      { code: 'c', name: 'n', commodity, from: '2026-12-01', definition: { components } },
      SITE,
    ).filter(({ path }) => path[1] === 1);
    expect(faults.length, kind).toBeGreaterThan(0);
    // Each is at a text that is empty.
    for (const { path } of faults) {
      let value: unknown = { components };
      for (const key of path) value = (value as Record<PropertyKey, unknown>)[key];
      expect(value, `${kind} ${path.join('.')}`).toBe('');
    }
  }
});

test('what is new fits the commodity', () => {
  for (const commodity of COMMODITIES) {
    const kinds = faultsOf(emptyDraft(commodity, '2026-12-01'), SITE).filter(({ path }) =>
      path.includes('kind'),
    );
    expect(kinds, commodity).toEqual([]);
    expect(newComponent(commodity, ['energy']).code).not.toBe('energy');
  }
});

test('components that take a part of one follow its new code', () => {
  const definition = {
    components: [
      { code: 'energy', price: { kind: 'flat' as const, unitPrice: '1' } },
      { code: 'tax', price: { kind: 'percentage' as const, percent: '6', of: ['energy'] } },
    ],
  };
  expect(renameComponent(definition, 0, 'power').components).toEqual([
    { ...definition.components[0], code: 'power' },
    { code: 'tax', price: { kind: 'percentage', percent: '6', of: ['power'] } },
  ]);
});

test('a day begins on the site’s clock', () => {
  expect(dayRange('2026-12-01', 'Asia/Shanghai')?.from).toBe('2026-11-30T16:00:00.000Z');
  expect(dayRange('2026-02-30', 'Asia/Shanghai')).toBeUndefined();
  expect(dayRange('', 'Asia/Shanghai')).toBeUndefined();
});

test('whatever the checks of a definition say is said in the languages of the page', () => {
  const FILES = ['check.ts', 'check-prices.ts', 'check-calendar.ts'];
  const said = FILES.flatMap((name) => {
    const source = readFileSync(new URL(`../../../domain/tariffs/${name}`, import.meta.url), 'utf8');
    const literals = source.matchAll(/(?:message[:=]\s*|message = |return )(['`])((?:(?!\1).)+)\1/g);
    return [...literals].map(([, , text = '']) =>
      text.replace('${key}', 'month 5, weekday 5').replaceAll(/\$\{[^}]*\}/g, '5'),
    );
  });
  expect(said.length).toBeGreaterThan(25);
  for (const text of said) {
    expect(
      FAULTS.some(([pattern]) => pattern.test(text)),
      text,
    ).toBe(true);
  }
});

test('two versions are compared row by row, with what came and what went', () => {
  const flat = (code: string, unitPrice: string) => ({ code, price: { kind: 'flat' as const, unitPrice } });
  const compared = compareVersions(
    { components: [flat('energy', '1'), flat('fund', '2')] },
    { components: [flat('energy', '3'), flat('tax', '4')] },
    ({ price }) => (price.kind === 'flat' ? [['price', price.unitPrice]] : []),
  );
  expect(
    compared.map(({ component, values }) => [component.code, values[0]?.before, values[0]?.after]),
  ).toEqual([
    ['energy', '1', '3'],
    ['tax', null, '4'],
    ['fund', '2', null],
  ]);
});

test('leases are chosen by zone, trade, tariff, stalls and search', () => {
  const lease = (id: number, code: string, more: object = {}) => ({
    ...{ id, site: 's', kind: 'merchant' as const, stall: { id, code }, party: { id, name: `商户${id}` } },
    ...{ charging: 'postpaid' as const, trade: '水产', startsAt: '2026-01-01T00:00:00Z', endsAt: null },
    tariffs: [],
    ...more,
  });
  const paid = {
    ...{ commodity: 'electricity' as const, tariff: 'tou', startsAt: '2026-01-01T00:00:00Z', endsAt: null },
  };
  const leases = [
    lease(1, 'A-10', { tariffs: [paid] }),
    lease(2, 'A-2', { trade: '蔬菜' }),
    lease(3, 'A-1'),
    lease(4, 'A-3', { endsAt: '2026-02-01T00:00:00Z' }),
  ];
  const context = {
    areas: new Map([[1, 7]]),
    commodity: 'electricity' as const,
    at: Date.parse('2026-06-01T00:00:00Z'),
  };
  const choose = (filter: object) =>
    chooseLeases(leases, { from: '', to: '', q: '', ...filter }, context).map(({ id }) => id);
  expect(choose({})).toEqual([3, 2, 1]);
  expect(choose({ from: 'A-2', to: 'A-9' })).toEqual([2]);
  expect(choose({ zone: 7 })).toEqual([1]);
  expect(choose({ trade: '蔬菜' })).toEqual([2]);
  expect(choose({ pays: 'tou' })).toEqual([1]);
  expect(choose({ pays: '' })).toEqual([3, 2]);
  expect(choose({ q: '商户3' })).toEqual([3]);
});
