import { z } from 'zod';
import { AUDIT_NOTES, AUDIT_UNITS, INVARIANTS, VIOLATIONS } from '../domain/audit.ts';
import { zPeriodName } from './periods.ts';
import { zInstant, zIntegerText, zPageQuery } from './rest.ts';

export const zViolation = z.object({
  what: z.enum(VIOLATIONS),
  /** Ids by what they name (`point`, `lease`, `line`, `bill` …) and instants. */
  where: z.record(z.string(), z.union([z.string(), z.number()])),
  expected: z.string(),
  found: z.string(),
});

export const zFinding = z.object({
  invariant: z.enum(INVARIANTS),
  /** How many were looked at, in `unit`. */
  checked: z.number().int(),
  unit: z.enum(AUDIT_UNITS),
  /** `sampled`: some of them; `not_charged`, `not_closed`: there is nothing to look at yet. */
  note: z.enum(AUDIT_NOTES).nullable(),
  violations: z.array(zViolation),
  /** Violations beyond those listed. */
  more: z.number().int(),
});

/** A line of a bill beside what its key comes to when it is computed again. */
export const zReplayedLine = z.object({
  line: z.number().int(),
  point: z.number().int(),
  component: z.string(),
  band: z.string(),
  event: z.string(),
  from: zInstant,
  to: zInstant,
  kind: z.string(),
  amount: zIntegerText,
  /** All lines of the same key: what was posted, and what is due for it. */
  posted: z.object({ quantity: zIntegerText, amount: zIntegerText }),
  again: z.object({ quantity: zIntegerText, amount: zIntegerText }),
  equal: z.boolean(),
});

export const zBillReplay = z.object({
  bill: z.number().int(),
  /** What the bill says, and the sum of its lines. */
  amount: zIntegerText,
  sum: zIntegerText,
  lines: z.array(zReplayedLine),
  /** Lines beyond those listed, all of them computed again and counted. */
  more: z.number().int(),
  different: z.number().int(),
});

const auditFields = {
  id: z.number().int(),
  site: z.string(),
  period: z.string(),
  /** The bill that is computed again; null where the invariants are checked. */
  bill: z.number().int().nullable(),
  status: z.enum(['queued', 'running', 'succeeded', 'failed']),
  requestedBy: z.string(),
  requestedAt: zInstant,
  finishedAt: zInstant.nullable(),
  /** Thousandths. */
  progress: z.number().int(),
  /** Violations found, or lines that differ; null until it has ended. */
  violations: z.number().int().nullable(),
  error: z.string().nullable(),
};

/** In lists: without what was found. */
export const zAudit = z.object(auditFields);
export const zAuditDetail = z.object({
  ...auditFields,
  /** By invariant, in order; null until it has ended. */
  findings: z.array(zFinding).nullable(),
  replay: zBillReplay.nullable(),
});

/** The invariants of a month or day, or one bill. */
export const zAuditCreate = z.union([
  z.strictObject({ site: z.string().min(1), period: zPeriodName }),
  z.strictObject({ bill: z.number().int().positive() }),
]);
export const zAuditQuery = zPageQuery.extend({
  site: z.string(),
  period: zPeriodName.optional(),
  bill: z.coerce.number().int().positive().optional(),
});
