import { z } from 'zod';
import { CASE_KINDS, CASE_STATUS } from '../domain/cases.ts';
import { zInstant, zPageQuery } from './rest.ts';

/** Why a decision was taken: kept for whoever asks later. */
export const zNote = z.string().trim().max(1_000);

export const zCase = z.object({
  id: z.number().int(),
  site: z.string(),
  kind: z.enum(CASE_KINDS),
  status: z.enum(CASE_STATUS),
  /** Names what it is about. */
  key: z.string(),
  /** Ids, values and instants, by kind. */
  subject: z.record(z.string(), z.unknown()),
  /** How often it came up while it was open. */
  count: z.number().int(),
  openedAt: zInstant,
  lastSeenAt: zInstant,
  closedAt: zInstant.nullable(),
  /** A person, or `rule` where it settled itself. */
  closedBy: z.string().nullable(),
  resolution: z.string().nullable(),
  note: z.string().nullable(),
});
export const zCaseQuery = zPageQuery.extend({
  site: z.string().optional(),
  status: z.enum(CASE_STATUS).optional(),
  kind: z.enum(CASE_KINDS).optional(),
});

/** What was done about something, by whom. */
export const zActionView = z.object({
  id: z.number().int(),
  at: zInstant,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.unknown()),
});
/** Oldest first. */
export const zCaseDetail = zCase.extend({ decisions: z.array(zActionView) });

export const zCaseSummaryQuery = z.object({ site: z.string() });
/** Open cases in all, and of each kind that has some. */
export const zCaseSummary = z.object({
  open: z.number().int(),
  kinds: z.array(z.object({ kind: z.enum(CASE_KINDS), open: z.number().int() })),
});

export const zCaseDismiss = z
  .object({ note: zNote.min(1) })
  .meta({ examples: [{ note: '已现场核实，主表读数有误' }] });
