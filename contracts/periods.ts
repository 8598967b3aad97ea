import { z } from 'zod';
import { PERIOD_KINDS } from '../domain/period-kinds.ts';
import { zInstant, zIntegerText, zPage, zPageQuery } from './rest.ts';

/** `running`: not over. `awaiting`: over, and some meters have not reported past its end. `open`: over and settled. */
export const PERIOD_STATUS = ['running', 'awaiting', 'open', 'closed'] as const;

export const zPeriodName = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$/, 'a month like 2026-10 or a day like 2026-10-31');
export const zPeriodParams = z.object({ site: z.string(), period: zPeriodName });
export const zPeriodQuery = zPageQuery.extend({
  site: z.string(),
  kind: z.enum(PERIOD_KINDS).default('month'),
});

/** A month or day of a site's bills. */
export const zPeriod = z.object({
  site: z.string(),
  period: z.string(),
  status: z.enum(PERIOD_STATUS),
  from: zInstant,
  to: zInstant,
  /** From then on what is missing is estimated, and it closes. */
  graceEndsAt: zInstant,
  /** Metering points of which no reading past the end was there at the last run. */
  awaiting: z.number().int(),
  /** Null where it was never charged. */
  lastRun: z
    .object({ id: z.number().int(), at: zInstant.nullable(), status: z.string(), problems: z.number().int() })
    .nullable(),
  /** The run that is closing it now. */
  closingRunId: z.number().int().nullable(),
  /** On its bills: its own and adjustments of closed periods. */
  lines: z.number().int(),
  amount: zIntegerText,
  closed: z
    .object({
      at: zInstant,
      by: z.string(),
      runId: z.number().int(),
      /** SHA-256 over its lines in the order of their ids and over `previousHash`. */
      hash: z.string(),
      previousHash: z.string().nullable(),
    })
    .nullable(),
});

/** What a dry run would change, by lease and component, the largest difference first. Minor units. */
export const zRunDifferences = zPage(
  z.object({
    lease: z.object({ id: z.number().int(), party: z.string(), stall: z.string().nullable() }),
    component: z.string(),
    amountBefore: zIntegerText,
    amount: zIntegerText,
    difference: zIntegerText,
  }),
).extend({
  /** The run that it is compared with; null: what is posted. */
  comparedRunId: z.number().int().nullable(),
  amountBefore: zIntegerText,
  amount: zIntegerText,
  /** Leases' components that differ. */
  count: z.number().int(),
});
