import { z } from 'zod';
import { COMMODITIES, QUANTITY_UNITS } from '../domain/commodities.ts';
import { ROUNDING_MODES } from '../domain/money.ts';
import { commodityFaults, definitionFaults } from '../domain/tariffs/check.ts';
import {
  ACCUMULATIONS,
  type Price,
  ROUNDING_DEFAULT,
  ROUNDING_STAGES,
  type TariffDefinition,
  TIER_MODES,
  TIER_SCALES,
} from '../domain/tariffs/definition.ts';
import { zInstant, zInstantInput } from './rest.ts';

/** An exact decimal ≥ 0 with at most 12 digits before and after the point. */
export const zPriceText = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,12})?$/, 'a decimal number such as 0.8523, not negative');
/** Short and stable: it is part of a fee line's key. Any script: 尖, 峰, 平, 谷. */
const zCode = z
  .string()
  .regex(/^[\p{L}\p{N}_.-]{1,32}$/u, 'letters, digits, dot, dash and underscore; at most 32');
const FAULTS_MAX = 100;
const zName = z.object({ zh: z.string().min(1).max(100), en: z.string().min(1).max(100) });
const zWallTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'HH:MM, 00:00 to 24:00');

export const zBandCalendar = z.object({
  schedules: z
    .record(zCode, z.array(z.object({ from: zWallTime, to: zWallTime, band: zCode })).max(96))
    .refine((schedules) => Object.keys(schedules).length <= 100, 'at most 100 schedules')
    .meta({ description: 'Local wall-clock windows by name; each schedule covers 00:00–24:00 exactly once' }),
  days: z
    .array(
      z.object({
        months: z.array(z.number().int().min(1).max(12)).min(1).max(12).optional(),
        weekdays: z.array(z.number().int().min(1).max(7)).min(1).max(7).optional(),
        schedule: zCode,
      }),
    )
    .max(84)
    .meta({ description: 'Every month × weekday (Monday is 1) has exactly one schedule' }),
  specialDays: z
    .array(
      z.object({
        dates: z
          .array(z.string().regex(/^(\d{4}-)?\d{2}-\d{2}$/))
          .min(1)
          .max(1000),
        schedule: zCode,
      }),
    )
    .max(100)
    .optional()
    .meta({ description: 'Holidays: 2026-10-01, or 10-01 for every year' }),
});

const zCodes = z.array(zCode).min(1).max(20);
const zClass = z.object({ code: zCode, name: zName.optional(), unitPrice: zPriceText });

export const zTiers = z.object({
  mode: z.enum(TIER_MODES),
  accumulation: z.enum(ACCUMULATIONS),
  scale: z.enum(TIER_SCALES).default('window'),
  tiers: z
    .array(z.object({ upTo: zPriceText.nullable(), unitPrice: zPriceText }))
    .min(1)
    .max(20)
    .meta({ description: 'Ascending limits in kWh or m³, which the tier includes; null on the last tier' }),
});

export const zPrice = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('flat'), unitPrice: zPriceText }),
  zTiers.extend({ kind: z.literal('tiered') }),
  z.object({
    kind: z.literal('time_of_use'),
    bands: z
      .array(
        z.object({
          code: zCode,
          name: zName.optional(),
          unitPrice: zPriceText.optional(),
          tiered: zTiers.optional(),
        }),
      )
      .min(1)
      .max(24)
      .meta({ description: 'Each band has a unitPrice, or tiers of its own' }),
    calendar: zBandCalendar,
  }),
  z.object({
    kind: z.literal('demand'),
    unitPrice: zPriceText.meta({ description: 'Currency units per kW and month' }),
    windowMinutes: z.number().int().min(1).max(60),
    stepMinutes: z.number().int().min(1).max(60),
    floorKw: zPriceText.optional(),
  }),
  z.object({
    kind: z.literal('per_event'),
    classes: z.array(zClass).max(50),
    otherwise: zPriceText,
    freeMinutes: z.number().int().min(0).max(1440),
  }),
  z.object({
    kind: z.literal('fixed'),
    unitPrice: zPriceText,
    per: z.enum(['day', 'month']),
    by: z.enum(['lease', 'm2']),
    prorated: z.boolean(),
  }),
  z.object({ kind: z.literal('share'), unitPrice: zPriceText }),
  z.object({ kind: z.literal('percentage'), percent: zPriceText, of: zCodes }),
  z.object({ kind: z.literal('minimum'), amount: zPriceText, of: zCodes, prorated: z.boolean() }),
  z.object({
    kind: z.literal('discount'),
    of: zCodes,
    steps: z
      .array(z.object({ from: zPriceText, percent: zPriceText }))
      .min(1)
      .max(20),
  }),
]) satisfies z.ZodType<Price>;

export const zRounding = z.object({
  stage: z.enum(ROUNDING_STAGES).default(ROUNDING_DEFAULT.stage),
  mode: z.enum(ROUNDING_MODES).default(ROUNDING_DEFAULT.mode),
  quantum: zPriceText.optional().meta({ description: 'Currency units; the minor unit when absent' }),
});

/** A definition that passes can be charged for any instant: the calendar has no gap, every band has its price. */
export const zTariffDefinition = z
  .object({
    components: z
      .array(
        z.object({
          code: zCode,
          name: zName.optional(),
          price: zPrice,
          lossFactor: zPriceText.optional(),
          rounding: zRounding.optional(),
        }),
      )
      .min(1)
      .max(20),
    rounding: z
      .object({ stage: z.literal('total'), mode: z.enum(ROUNDING_MODES), quantum: zPriceText })
      .optional()
      .meta({ description: 'Of the total of all components; the difference is a line of its own' }),
  })
  .superRefine((definition: TariffDefinition, context) => {
    for (const fault of definitionFaults(definition).slice(0, FAULTS_MAX)) {
      context.addIssue({ code: 'custom', path: [...fault.path], message: fault.message });
    }
  }) satisfies z.ZodType<TariffDefinition>;

const zTariffCreateShape = z.object({
  site: z.string().min(1).max(32),
  code: zCode,
  name: z.string().min(1).max(100),
  commodity: z.enum(COMMODITIES),
  effectiveFrom: zInstantInput,
  definition: zTariffDefinition,
});

/** Creates the tariff, or the next version of the one with that code. */
export const zTariffCreate = zTariffCreateShape.superRefine(({ definition, commodity }, context) => {
  for (const fault of commodityFaults(definition, commodity).slice(0, FAULTS_MAX)) {
    context.addIssue({ code: 'custom', path: ['definition', ...fault.path], message: fault.message });
  }
});

export const zTariffVersion = z.object({
  id: z.number().int(),
  version: z.number().int(),
  effectiveFrom: zInstant,
  definition: zTariffDefinition,
});
export const zTariff = z.object({
  id: z.number().int(),
  site: z.string(),
  code: z.string(),
  name: z.string(),
  commodity: z.enum(COMMODITIES),
  versions: z.array(zTariffVersion),
});
export const zTariffCreated = zTariff.omit({ versions: true }).extend({ version: zTariffVersion });

/** What `GET /tariffs/:id/export` gives, and `POST /tariffs` takes with a site and an instant beside it. */
export const zTariffExport = zTariffCreateShape.omit({ site: true, effectiveFrom: true });
export const zTariffExample = zTariffExport.extend({
  names: zName,
  notes: z.object({ zh: z.string(), en: z.string() }),
});

// ── preview ───────────────────────────────────────────────────────────────────────────────────────────────
const zQuantity = z.string().regex(/^\d{1,15}$/, 'whole base units (Wh, L) as text');
/** A year of 15-minute data has 35,136. */
export const PREVIEW_INTERVALS_MAX = 40_000;
export const PREVIEW_PASSES_MAX = 10_000;
/** As many intervals with instants and quantities as text. */
export const PREVIEW_BODY_BYTES_MAX = 8 * 1024 * 1024;
const STEP_MINUTES = [1, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1440] as const;

const given = {
  days: z.number().int().min(1).max(31).optional().meta({
    description: 'For prices by day; 28 and more are a whole month, fewer a part of one of 30 days',
  }),
  peakKw: zPriceText.optional().meta({ description: 'For prices by demand' }),
};

export const zPreviewUsage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('total'), quantity: zQuantity, ...given }),
  z.object({ kind: z.literal('bands'), quantities: z.record(zCode, zQuantity), ...given }),
  z
    .object({
      kind: z.literal('series'),
      intervals: z
        .array(z.object({ from: zInstantInput, to: zInstantInput, quantity: zQuantity }))
        .min(1)
        .max(PREVIEW_INTERVALS_MAX)
        .optional()
        .meta({ description: 'In any order, with gaps but no overlaps' }),
      from: zInstantInput.optional(),
      stepMinutes: z.literal(STEP_MINUTES).optional(),
      quantities: z
        .array(z.number().int().min(0).max(1e12))
        .min(1)
        .max(PREVIEW_INTERVALS_MAX)
        .optional()
        .meta({ description: 'Base units (Wh, L) of one interval of stepMinutes after the other' }),
    })
    .refine(
      ({ intervals, from, stepMinutes, quantities }) =>
        intervals
          ? from === undefined && stepMinutes === undefined && quantities === undefined
          : from !== undefined && stepMinutes !== undefined && quantities !== undefined,
      'either intervals, or from, stepMinutes and quantities',
    ),
  z
    .object({
      kind: z.literal('past'),
      stall: z.string().min(1).max(64).optional(),
      lease: z.number().int().optional(),
      period: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'a month such as 2026-10'),
    })
    .refine(
      ({ stall, lease }) => (stall === undefined) !== (lease === undefined),
      'either a stall or a lease',
    ),
]);

/** Rates any usage with the code that charges, and stores nothing. A definition, or a stored tariff's code. */
export const zTariffPreview = z.object({
  /** Gives the time zone and the currency. */
  site: z.string().min(1).max(32),
  tariff: z.union([
    z.object({ definition: zTariffDefinition, commodity: z.enum(COMMODITIES).default('electricity') }),
    z.object({ code: zCode, version: z.number().int().min(1).optional() }),
  ]),
  usage: zPreviewUsage.default({ kind: 'total', quantity: '0' }),
  areaM2: zPriceText.optional().meta({ description: 'For prices by area; of a past stall its own' }),
  share: zQuantity.optional().meta({ description: 'The allocated share of the common area, base units' }),
  passes: z
    .array(
      z.object({
        class: zCode.nullable(),
        minutes: z.number().int().min(0).max(1_000_000).nullable().default(null),
        monthlyPass: z.boolean().default(false),
        count: z.number().int().min(1).max(PREVIEW_PASSES_MAX).default(1),
      }),
    )
    .max(1000)
    .refine(
      (passes) => passes.reduce((sum, { count }) => sum + count, 0) <= PREVIEW_PASSES_MAX,
      `at most ${PREVIEW_PASSES_MAX} passes`,
    )
    .optional()
    .meta({ description: 'For prices by pass' }),
});

export const zRatedLine = z.object({
  component: z.string(),
  /** `all`, a band, a vehicle class, or a tier of one: `峰.t2`. */
  band: z.string(),
  /** From 1; null where there are no tiers. */
  tier: z.number().int().nullable(),
  unit: z.enum(QUANTITY_UNITS),
  /** Base units (Wh, L, W), passes, days, hundredths of m², minor units. */
  quantity: z.string(),
  /** Currency units per kWh, m³, kW … as the tariff says it; percent of money. */
  unitPrice: z.string(),
  /** Currency units, exact, before rounding: a decimal, or `n/d`. */
  unrounded: z.string(),
  /** Minor units. */
  amount: z.string(),
});
export const zTariffPreviewResult = z.object({
  currency: z.string(),
  /** Decimals of the currency's minor unit. */
  digits: z.number().int(),
  lines: z.array(zRatedLine),
  /** Minor units of each component that has lines, in the order of the tariff. */
  subtotals: z.array(z.object({ component: z.string(), amount: z.string() })),
  /** All usage, base units. */
  quantity: z.string(),
  amount: z.string(),
});
