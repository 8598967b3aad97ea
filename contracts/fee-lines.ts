import { z } from 'zod';
import { QUANTITY_UNITS } from '../domain/commodities.ts';
import { ALLOCATED, WEIGHTS } from '../domain/meter-tree.ts';
import { BOUNDARY_METHODS, MARK_KINDS } from '../domain/metering/boundary.ts';
import { EVIDENCE_INTERVALS_MAX } from '../domain/settlement/limits.ts';
import { zDecimalText, zFeeLine, zInstant, zIntegerText } from './rest.ts';
import { zExactText, zWorkings } from './workings.ts';

/** A known state of a register: a reading, or what a person noted when the meter was put in or taken out. */
export const zEvidenceMark = z.object({
  kind: z.enum(MARK_KINDS),
  installationId: z.number().int(),
  registerId: z.number().int(),
  deviceId: z.string(),
  serial: z.string(),
  point: z.string(),
  ts: zInstant,
  /** What the register showed, base units. */
  value: zIntegerText,
  multiplier: zDecimalText,
});

/** The metering point's cumulative quantity at an end of the service range, and the marks it was taken from. */
export const zEvidenceBoundary = z.object({
  at: zInstant,
  /** Cumulative quantity, base units; only differences mean anything. */
  value: zIntegerText,
  method: z.enum(BOUNDARY_METHODS),
  /** Last mark at or before `at`; null before the first meter was installed. */
  before: zEvidenceMark.nullable(),
  /** First mark at or after `at`; the same as `before` when measured. */
  after: zEvidenceMark.nullable(),
  /** The point's own usage that an estimate carries on. */
  basis: z.object({ from: zInstant, to: zInstant, quantity: zIntegerText }).nullable(),
});

/** What one meter contributed inside the range: (endValue − startValue + wraps × modulus) × multiplier. */
export const zEvidenceSegment = z.object({
  installationId: z.number().int(),
  registerId: z.number().int(),
  deviceId: z.string(),
  serial: z.string(),
  point: z.string(),
  multiplier: zDecimalText,
  from: zInstant,
  to: zInstant,
  /** Of the register, base units; between two readings it is interpolated, see the boundary's method. */
  startValue: zIntegerText,
  endValue: zIntegerText,
  wraps: z.number().int(),
  modulus: zIntegerText,
  /** Of the metering point, base units. */
  quantity: zIntegerText,
});

/** A main's part of a share: residual = main − subs, of which `allocated` is shared out by weight ÷ total weight. */
const zSharePart = z.object({
  residual: z.number().int(),
  revision: z.number().int(),
  main: z.string(),
  mainUsage: zIntegerText,
  subUsage: zIntegerText,
  commonUsage: zIntegerText,
  what: z.enum(ALLOCATED),
  allocated: zIntegerText,
  by: z.enum(WEIGHTS),
  weight: z.string(),
  totalWeight: z.string(),
  share: zIntegerText,
});

const zUsageEvidence = z.object({
  kind: z.literal('usage'),
  timeZone: z.string(),
  /** Null of what no meter counts: passes, days, months. */
  from: zEvidenceBoundary.nullable(),
  to: zEvidenceBoundary.nullable(),
  /** Where tiers or a discount began to count, when that was before the range. */
  since: zEvidenceBoundary.nullable(),
  /** All usage of the point in the range, of which the line's band is a part. */
  total: zIntegerText.nullable(),
  segments: z.array(zEvidenceSegment),
  /** What a share of common area and loss is made of; null on all other lines. */
  shares: z.array(zSharePart).nullable(),
  /** When the band held within the range, and its usage in each interval; of a tier, its quantity is a part of that. */
  intervals: z.object({
    count: z.number().int(),
    sha256: z.string(),
    list: z
      .array(z.object({ from: zInstant, to: zInstant, quantity: zIntegerText }))
      .nullable()
      .meta({ description: `null for more than ${EVIDENCE_INTERVALS_MAX}` }),
  }),
  tariff: z.object({
    code: z.string(),
    name: z.string(),
    version: z.number().int(),
    effectiveFrom: zInstant,
  }),
  /** quantity ÷ per × unitPrice and what `workings` say is `unrounded`, rounded to `amount`; less `posted` it is the line. */
  arithmetic: z.object({
    quantity: zIntegerText,
    unit: z.enum(QUANTITY_UNITS),
    /** The line's units in the unit of the price. */
    per: z.number().int(),
    priceUnit: z.string(),
    unitPrice: zDecimalText,
    unrounded: zExactText,
    workings: zWorkings,
    /** Minor units. */
    amount: zIntegerText,
    currency: z.string(),
    /** Decimals of the currency's minor unit. */
    digits: z.number().int(),
    /** What earlier lines of the same key add up to; zeros on an original. */
    posted: z.object({ quantity: zIntegerText, amount: zIntegerText }),
  }),
});

/** The lines with this key are no longer due (the lease or the tariff of that time changed): their sum is undone. */
const zReversalEvidence = z.object({
  kind: z.literal('reversal'),
  reverses: z.array(z.number().int()),
  posted: z.object({ quantity: zIntegerText, amount: zIntegerText }),
});

export const zFeeLineEvidence = z.discriminatedUnion('kind', [zUsageEvidence, zReversalEvidence]);
export type FeeLineEvidence = z.infer<typeof zFeeLineEvidence>;

export const zFeeLineDetail = zFeeLine.extend({ inputHash: z.string(), evidence: zFeeLineEvidence });
