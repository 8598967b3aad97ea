import { z } from 'zod';
import { ROUNDING_MODES } from '../domain/money.ts';
import type { Workings } from '../domain/rating/workings.ts';
import { ACCUMULATIONS, ROUNDING_STAGES, TIER_MODES, TIER_SCALES } from '../domain/tariffs/definition.ts';
import { zDecimalText, zInstant, zIntegerText } from './rest.ts';

/** Currency units: a decimal, or `n/d` where none is exact. */
export const zExactText = z.string().regex(/^-?\d+(\.\d+|\/\d+)?$/);

const zRounded = z.object({ exact: zExactText, rounded: zIntegerText });
const zShared = {
  /** The priced quantity was multiplied by it. */
  lossFactor: zDecimalText.nullable(),
  /** `after.rounded` − `before.rounded` is shared by this many lines. */
  rounding: z.object({
    stage: z.enum([...ROUNDING_STAGES, 'total']),
    mode: z.enum(ROUNDING_MODES),
    quantum: zDecimalText,
    before: zRounded,
    after: zRounded,
    lines: z.number().int(),
  }),
};
const zBase = {
  /** Rounded, minor units. */
  of: z.array(z.object({ component: z.string(), amount: zIntegerText })),
  base: zIntegerText,
};

/** How a line's amount follows from its quantity, by kind of price. */
export const zWorkings = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('unit'), ...zShared }),
  z.object({
    kind: z.literal('tier'),
    mode: z.enum(TIER_MODES),
    accumulation: z.enum(ACCUMULATIONS),
    scale: z.enum(TIER_SCALES),
    window: z.object({ from: zInstant, to: zInstant }),
    /** Since when usage counts. */
    countedFrom: zInstant,
    /** What limits were multiplied by. */
    factor: zExactText,
    before: zIntegerText,
    after: zIntegerText,
    tier: z.number().int(),
    tiers: z.array(
      z.object({
        upTo: zIntegerText.nullable(),
        unitPrice: zDecimalText,
        before: zIntegerText,
        after: zIntegerText,
      }),
    ),
    ...zShared,
  }),
  z.object({
    kind: z.literal('demand'),
    windowMinutes: z.number().int(),
    stepMinutes: z.number().int(),
    power: zIntegerText.meta({ description: 'The highest average power, W' }),
    peak: z.object({ from: zInstant, to: zInstant, usage: zIntegerText }).nullable(),
    floor: zIntegerText.nullable(),
    days: z.number().int(),
    monthDays: z.number().int(),
    ...zShared,
  }),
  z.object({
    kind: z.literal('event'),
    at: zInstant,
    entryAt: zInstant.nullable(),
    plate: z.string().nullable(),
    class: z.string().nullable(),
    minutes: z.number().int().nullable(),
    freeMinutes: z.number().int(),
    price: zDecimalText,
    free: z.enum(['minutes', 'monthly_pass']).nullable(),
    ...zShared,
  }),
  z.object({
    kind: z.literal('fixed'),
    per: z.enum(['day', 'month']),
    prorated: z.boolean(),
    days: z.number().int(),
    monthDays: z.number().int().nullable(),
    areaM2: zDecimalText.nullable(),
    ...zShared,
  }),
  z.object({ kind: z.literal('percentage'), percent: zDecimalText, ...zBase, ...zShared }),
  z.object({
    kind: z.literal('minimum'),
    prorated: z.boolean(),
    days: z.number().int(),
    monthDays: z.number().int(),
    minimum: zExactText,
    ...zBase,
    ...zShared,
  }),
  z.object({
    kind: z.literal('discount'),
    percent: zDecimalText,
    step: zIntegerText,
    usage: zIntegerText,
    countedFrom: zInstant,
    ...zBase,
    ...zShared,
  }),
  z.object({ kind: z.literal('total'), total: zIntegerText, rounded: zIntegerText, ...zShared }),
]) satisfies z.ZodType<Workings>;
