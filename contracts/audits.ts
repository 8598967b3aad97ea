import { z } from 'zod';
import { AUDIT_NOTES, AUDIT_UNITS, INVARIANTS, VIOLATIONS } from '../domain/audit.ts';
import { zPeriodName } from './periods.ts';
import { zInstant, zIntegerText, zPageQuery } from './rest.ts';

export const zViolation = z.object({
  what: z.enum(VIOLATIONS),
  /** Ids by what they name (`point`, `lease`, `line`, `bill` …), names (`stall`, `meteringPoint`, `party`) and instants. */
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
  /** The case that was opened about it. */
  case: z.number().int().optional(),
});

const zSealedLines = z.object({ lines: z.number().int(), amount: zIntegerText, hash: z.string() });
export const zAuditSeen = z.object({
  /** Everything was read as it was then. */
  at: zInstant,
  /** The runs that charged the period last, the latest first: what was computed again was computed from what they saw. */
  cutOffs: z.array(
    z.object({
      run: z.number().int(),
      period: z.string(),
      receivedUpTo: zInstant,
      points: z.number().int(),
    }),
  ),
  /** The hash that the period was closed with, and that of its lines as they are; null while it is open. */
  seal: z
    .object({
      closedAt: zInstant,
      closedBy: z.string(),
      sealed: zSealedLines,
      now: zSealedLines,
      previous: z.object({ period: z.string(), hash: z.string() }).nullable(),
      periods: z.number().int(),
    })
    .nullable(),
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
  /** What they are based on. */
  seen: zAuditSeen.nullable(),
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
