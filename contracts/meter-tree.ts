import { z } from 'zod';
import { METERED_COMMODITIES } from '../domain/commodities.ts';
import { ALLOCATED, POINT_ROLES, WEIGHTS } from '../domain/meter-tree.ts';
import { zInstant, zIntegerText, zPageQuery } from './rest.ts';

const zMonth = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'a month: 2026-10');
const zCode = z.object({ id: z.number().int(), code: z.string() });

/** A metering point in its tree, and what it used in a month by the boundary values that were charged by. */
export const zTreePoint = z.object({
  id: z.number().int(),
  code: z.string(),
  commodity: z.enum(METERED_COMMODITIES),
  place: zCode.nullable(),
  mainId: z.number().int().nullable(),
  role: z.enum(POINT_ROLES),
  /** Base units; null where a value at an end of the month is not known yet. */
  usage: zIntegerText.nullable(),
  /** One of the two values is an estimate. */
  estimated: z.boolean(),
  /** Nothing is installed there in the month. */
  isBare: z.boolean(),
});
export const zTreeQuery = zPageQuery.extend({
  site: z.string(),
  month: zMonth,
  commodity: z.enum(METERED_COMMODITIES),
});

export const zTreePatch = z
  .strictObject({
    /** The point in front of it; null: nothing. */
    main: z.number().int().positive().nullable().optional(),
    role: z.enum(POINT_ROLES).optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'says nothing');

export const zAllocation = z.object({
  id: z.number().int(),
  main: zCode,
  fromMonth: z.string(),
  what: z.enum(ALLOCATED),
  weight: z.enum(WEIGHTS),
  createdBy: z.string(),
  createdAt: zInstant,
});
export const zAllocationCreate = z.strictObject({
  main: z.number().int().positive(),
  fromMonth: zMonth,
  what: z.enum(ALLOCATED),
  weight: z.enum(WEIGHTS),
});
export const zAllocationQuery = zPageQuery.extend({ site: z.string() });

/** A main's month: main = stalls + common + loss, over all levels behind it. */
export const zLoss = z.object({
  main: zCode,
  commodity: z.enum(METERED_COMMODITIES),
  period: z.string(),
  /** Base units; null until every value is known. */
  usage: zIntegerText.nullable(),
  stalls: zIntegerText.nullable(),
  common: zIntegerText.nullable(),
  loss: zIntegerText.nullable(),
  /** Of the main meter's usage, with two decimals; null where that is nothing. */
  lossPercent: z.string().nullable(),
  /** Directly behind it: what this main's own residual is. */
  residual: zIntegerText.nullable(),
  what: z.enum(ALLOCATED),
  weight: z.enum(WEIGHTS).nullable(),
  allocated: zIntegerText,
  /** Points below it without a value at an end of the month, and those with an estimate. */
  missing: z.array(zCode),
  estimated: z.array(zCode),
});
export const zLossQuery = z.object({ site: z.string(), month: zMonth });
export const zLossTrendQuery = z.object({ month: zMonth });
export const zLossTrend = z.object({ items: z.array(zLoss) });

export const zShareRow = z.object({
  point: zCode,
  stall: z.string().nullable(),
  /** Null where nobody pays. */
  party: z.string().nullable(),
  lease: z.number().int().nullable(),
  serviceFrom: zInstant,
  serviceTo: zInstant,
  weight: z.string(),
  totalWeight: z.string(),
  share: zIntegerText,
});
export const zShareQuery = zPageQuery.extend({ month: zMonth });
