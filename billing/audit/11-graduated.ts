import type { Finding } from '../../domain/audit.ts';
import { BASE_PER_DISPLAY, type Commodity } from '../../domain/commodities.ts';
import { rateRange } from '../../domain/rating/rate-range.ts';
import type { RangeContext } from '../../domain/rating/rated-line.ts';
import type { TariffComponent, TariffDefinition, TieredPrice } from '../../domain/tariffs/definition.ts';
import { generator } from './02-any-order.ts';
import { type AuditScope, Findings } from './scope.ts';

/** A definition may be long: calendars of years. */
const VERSIONS_PER_READ = 50;
const CUTS_PER_USAGE = 4;
const USAGES_AT_RANDOM = 8;
const USAGE_MAX_DEFAULT = 10_000_000;

/**
 * Graduated tiers of the site's stored tariffs: wherever a range is split, its parts come to what it would come to
 * whole; and more usage never costs less at prices that are not below zero. At the limits of the tiers, one unit below and
 * above, and at usages at random.
 */
export async function graduated(scope: AuditScope): Promise<Finding> {
  const findings = new Findings('tariffs');
  for (let after = 0; ; ) {
    const { rows } = await scope.client.query<{
      id: string;
      code: string;
      version: number;
      commodity: Commodity;
      definition: TariffDefinition;
    }>(
      `SELECT v.id, t.code, v.version, t.commodity, v.definition FROM tariff_versions v JOIN tariffs t ON t.id = v.tariff_id
       WHERE t.site_id = $1 AND v.effective_from < $2 AND v.id > $3 ORDER BY v.id LIMIT $4`,
      [scope.siteId, new Date(scope.period.to), after, VERSIONS_PER_READ],
    );
    for (const { id, code, version, commodity, definition } of rows) {
      const components = definition.components.flatMap(tieredParts);
      if (components.length > 0) findings.checked++;
      for (const component of components) {
        const where = { tariff: code, version, versionId: Number(id), component: component.code };
        check(scope, { components: [component] }, commodity, where, findings);
      }
    }
    if (rows.length < VERSIONS_PER_READ) return findings.finish();
    after = Number(rows.at(-1)?.id);
  }
}

type Where = Readonly<Record<string, string | number>>;

/** Its own tiers, or those of each of its bands as a component of its own. */
function tieredParts(component: TariffComponent): readonly (TariffComponent & { price: TieredPrice })[] {
  const { price } = component;
  const tiered =
    price.kind === 'tiered'
      ? [price]
      : price.kind === 'time_of_use'
        ? price.bands.flatMap((band) => (band.tiered ? [{ kind: 'tiered' as const, ...band.tiered }] : []))
        : [];
  return tiered.filter(({ mode }) => mode === 'graduated').map((one) => ({ ...component, price: one }));
}

function check(
  scope: AuditScope,
  definition: TariffDefinition,
  commodity: Commodity,
  where: Where,
  findings: Findings,
): void {
  const { period, timeZone, digits } = scope;
  const chance = generator(period.from % 2 ** 31);
  const context = (from: number, to: number): RangeContext => ({
    ...{ range: { from, to }, period: { from: period.from, to: period.to }, periodKind: 'month' },
    ...{ timeZone, digits, commodity, lease: { from: period.from, to: period.to } },
    ...{ meteredFrom: period.from, areaM2: null },
  });
  let before = { usage: 0n, amount: 0n };
  for (const usage of usagesOf(definition, chance)) {
    // Used evenly: only the ends and where a part begins are asked for.
    const at = (instant: number): bigint =>
      (usage * BigInt(instant - period.from)) / BigInt(period.to - period.from);
    const rate = (from: number, to: number): bigint =>
      rateRange(definition, context(from, to), { at, share: null, passes: [] }).reduce(
        (sum, { amount }) => sum + amount,
        0n,
      );
    const amount = rate(period.from, period.to);
    for (let i = 0; i < CUTS_PER_USAGE; i++) {
      const cut = period.from + 1 + Math.floor(chance() * (period.to - period.from - 1));
      const parts = rate(period.from, cut) + rate(cut, period.to);
      if (parts === amount) continue;
      const split = { ...where, usage: `${usage}`, at: new Date(cut).toISOString() };
      findings.add({ what: 'split_changes_sum', where: split, expected: `${amount}`, found: `${parts}` });
    }
    if (amount < before.amount) {
      const less = { ...where, usage: `${usage}`, than: `${before.usage}` };
      findings.add({
        what: 'more_costs_less',
        where: less,
        expected: `>= ${before.amount}`,
        found: `${amount}`,
      });
    }
    before = { usage, amount };
  }
}

/** Base units, ascending. */
function usagesOf({ components }: TariffDefinition, chance: () => number): readonly bigint[] {
  const price = components[0]?.price as TieredPrice;
  const limits = price.tiers.flatMap(({ upTo }) =>
    upTo === null ? [] : Math.floor(Number(upTo) * Number(BASE_PER_DISPLAY)),
  );
  const max = 2 * Math.max(USAGE_MAX_DEFAULT, ...limits);
  const usages = [
    ...limits.flatMap((limit) => [limit - 1, limit, limit + 1]),
    ...Array.from({ length: USAGES_AT_RANDOM }, () => Math.floor(chance() * max)),
  ];
  return [...new Set(usages)]
    .filter((usage) => usage >= 0)
    .sort((a, b) => a - b)
    .map(BigInt);
}
