import type { z } from 'zod';
import type { zTariffPreview, zTariffPreviewResult } from '../contracts/tariffs.ts';
import type { Commodity } from '../domain/commodities.ts';
import { parseDecimal } from '../domain/decimal.ts';
import { minorDigits } from '../domain/money.ts';
import { periodRange, periodRefusal } from '../domain/periods.ts';
import { type PreviewUsage, preview } from '../domain/rating/preview.ts';
import type { Pass } from '../domain/rating/rated-line.ts';
import { seriesOfIntervals, seriesOfSteps } from '../domain/rating/series.ts';
import type { RefusalCode } from '../domain/refusals.ts';
import type { TariffDefinition } from '../domain/tariffs/definition.ts';
import type { Database } from '../store/database.ts';
import { isMetered, type PastRefusal, readPastUsage } from '../store/past-usage.ts';
import { findSite } from '../store/sites.ts';
import { readTariffVersion } from '../store/tariffs.ts';
import { missing, noSuchSite, unprocessable } from './problems.ts';

type Body = z.output<typeof zTariffPreview>;
type Usage = Body['usage'];
type Asked = Exclude<Usage, { kind: 'past' }>;

const MINUTE_MS = 60_000;

/** Rates what was asked, and stores nothing. Throws a Problem that says what to give instead. */
export async function previewTariff(
  db: Database,
  body: Body,
  now: Date,
): Promise<z.input<typeof zTariffPreviewResult>> {
  const site = await findSite(db, body.site);
  if (!site) throw noSuchSite();
  const { definition, commodity } = await tariffOf(db, body);
  const digits = minorDigits(site.currency);
  const { usage } = body;
  const asked =
    usage.kind === 'past'
      ? await pastOf(db, { site, definition, commodity, digits, usage, now })
      : usageOf(usage);
  const result = preview(definition, asked, {
    timeZone: site.timeZone,
    ...{ digits, commodity },
    areaM2: body.areaM2 === undefined ? null : parseDecimal(body.areaM2),
    share: body.share === undefined ? null : BigInt(body.share),
    ...(body.passes && { passes: passesOf(body.passes) }),
  });
  if (!result.ok)
    throw unprocessable(
      FAULT_PATHS[result.fault.code] ?? 'body.usage',
      result.fault.detail,
      FAULT_CODES[result.fault.code] ?? 'preview_usage',
    );
  const subtotals = new Map<string, bigint>();
  for (const { component, amount } of result.lines) {
    subtotals.set(component, (subtotals.get(component) ?? 0n) + amount);
  }
  return {
    currency: site.currency,
    digits,
    lines: result.lines.map((line) => ({
      ...line,
      quantity: `${line.quantity}`,
      amount: `${line.amount}`,
    })),
    subtotals: [...subtotals].map(([component, amount]) => ({ component, amount: `${amount}` })),
    quantity: `${result.quantity}`,
    amount: `${result.amount}`,
  };
}

const FAULT_PATHS: Readonly<Record<string, string>> = {
  definition: 'body.tariff',
  amount_beyond_range: 'body.tariff',
  needs_area: 'body.areaM2',
  needs_passes: 'body.passes',
  needs_days: 'body.usage.days',
  needs_peak: 'body.usage.peakKw',
};

const FAULT_CODES: Readonly<Record<string, RefusalCode>> = {
  definition: 'preview_definition',
  amount_beyond_range: 'number_too_large',
  needs_area: 'preview_needs_area',
  needs_passes: 'preview_needs_passes',
  needs_days: 'preview_needs_days',
  needs_peak: 'preview_needs_peak',
};

async function tariffOf(
  db: Database,
  { site, tariff }: Body,
): Promise<{ readonly definition: TariffDefinition; readonly commodity: Commodity }> {
  if ('definition' in tariff) return tariff;
  const version = await readTariffVersion(db, { site, ...tariff });
  if (!version)
    throw unprocessable('body.tariff', 'the site has no such tariff or version', missing('tariff'));
  return version;
}

async function pastOf(
  db: Database,
  past: {
    readonly site: { readonly id: string; readonly timeZone: string };
    readonly definition: TariffDefinition;
    readonly commodity: Commodity;
    readonly digits: number;
    readonly usage: Extract<Usage, { kind: 'past' }>;
    readonly now: Date;
  },
): Promise<PreviewUsage> {
  const { site, definition, commodity, digits, usage, now } = past;
  const { stall, lease, period: name } = usage;
  if (!isMetered(commodity)) {
    throw unprocessable(
      'body.usage',
      `no meter counts ${commodity}: give what it is priced by instead of a past month`,
      'preview_unmetered',
    );
  }
  const refusal = periodRefusal(name, site.timeZone, now.getTime());
  const range = periodRange(name, site.timeZone);
  if (refusal || !range)
    throw unprocessable('body.usage.period', 'not over yet: give a past month', 'period_not_over');
  const read = await readPastUsage(db, {
    ...{ siteId: site.id, timeZone: site.timeZone, digits, commodity, definition },
    period: { name, ...range },
    of: stall === undefined ? { lease: lease ?? 0 } : { stall },
    receivedUpTo: now,
  });
  if (!read.ok) throw unprocessable('body.usage', PAST_REFUSALS[read.reason], `past_${read.reason}`);
  return { kind: 'past', ranges: read.ranges };
}

const PAST_REFUSALS: Readonly<Record<PastRefusal, string>> = {
  no_such_stall: 'the site has no such stall',
  no_such_lease: 'the site has no such lease of a stall',
  no_meter: 'no meter of this commodity counted there in that month: choose another stall or month',
  no_payer: 'nobody paid for it in that month: there is neither a lease nor a house lease',
  awaiting_reading: 'no reading follows the end of that month yet: choose an earlier one',
  too_many_readings: 'that month was never charged and has too many readings before it: run billing first',
};

function usageOf(usage: Asked): PreviewUsage {
  switch (usage.kind) {
    case 'total':
      return { ...besideOf(usage), kind: 'total', quantity: BigInt(usage.quantity) };
    case 'bands': {
      const quantities = Object.entries(usage.quantities).map(([band, text]) => [band, BigInt(text)]);
      return { ...besideOf(usage), kind: 'bands', quantities: Object.fromEntries(quantities) };
    }
    case 'series': {
      const series = seriesOf(usage);
      if ('code' in series) throw unprocessable('body.usage.intervals', series.detail, 'preview_intervals');
      return { kind: 'series', series };
    }
  }
}

const besideOf = ({ days, peakKw }: { days?: number | undefined; peakKw?: string | undefined }) => ({
  days,
  peakKw: peakKw === undefined ? undefined : parseDecimal(peakKw),
});

function seriesOf({
  intervals = [],
  from,
  stepMinutes,
  quantities,
}: Extract<Usage, { kind: 'series' }>): ReturnType<typeof seriesOfIntervals> {
  if (from !== undefined && stepMinutes !== undefined && quantities) {
    return seriesOfSteps(Date.parse(from), stepMinutes * MINUTE_MS, quantities);
  }
  return seriesOfIntervals(
    intervals.map((one) => ({
      from: Date.parse(one.from),
      to: Date.parse(one.to),
      quantity: BigInt(one.quantity),
    })),
  );
}

function passesOf(passes: NonNullable<Body['passes']>): readonly Pass[] {
  return passes.flatMap((pass, i) =>
    Array.from({ length: pass.count }, (_, n) => ({
      key: `${i}.${n}`,
      at: 0,
      classCode: pass.class,
      minutes: pass.minutes,
      exempt: pass.monthlyPass ? ('monthly_pass' as const) : null,
    })),
  );
}
