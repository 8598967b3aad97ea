import { z } from 'zod';
import { COMMODITIES } from '../domain/commodities.ts';
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

/** Creates the tariff, or the next version of the one with that code. */
export const zTariffCreate = z
  .object({
    site: z.string().min(1).max(32),
    code: zCode,
    name: z.string().min(1).max(100),
    commodity: z.enum(COMMODITIES),
    effectiveFrom: zInstantInput,
    definition: zTariffDefinition,
  })
  .superRefine(({ definition, commodity }, context) => {
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

// ── preview ───────────────────────────────────────────────────────────────────────────────────────────────
const zQuantity = z.string().regex(/^\d{1,18}$/, 'whole base units (Wh, L) as text');
export const PREVIEW_INTERVALS_MAX = 10_000;

export const zPreviewUsage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('total'), quantity: zQuantity }),
  z.object({ kind: z.literal('bands'), quantities: z.record(zCode, zQuantity) }),
  z.object({
    kind: z.literal('series'),
    intervals: z
      .array(z.object({ from: zInstantInput, to: zInstantInput, quantity: zQuantity }))
      .min(1)
      .max(PREVIEW_INTERVALS_MAX),
  }),
]);

/** Rates any usage with the code that charges, and stores nothing. A definition, or a stored tariff's code. */
export const zTariffPreview = z.object({
  /** Gives the time zone and the currency. */
  site: z.string().min(1).max(32),
  tariff: z.union([
    z.object({ definition: zTariffDefinition }),
    z.object({ code: zCode, version: z.number().int().min(1).optional() }),
  ]),
  usage: zPreviewUsage,
});

export const zRatedLine = z.object({
  component: z.string(),
  band: z.string(),
  /** Base units (Wh, L). */
  quantity: z.string(),
  /** Currency units per kWh or m³. */
  unitPrice: z.string(),
  /** Currency units, exact, before rounding. */
  unrounded: z.string(),
  /** Minor units. */
  amount: z.string(),
});
export const zTariffPreviewResult = z.object({
  currency: z.string(),
  /** Decimals of the currency's minor unit. */
  digits: z.number().int(),
  lines: z.array(zRatedLine),
  quantity: z.string(),
  amount: z.string(),
});
