import { z } from 'zod';
import type { AccountKind } from '../domain/ledger.ts';
import { zInstant } from './rest.ts';

/** Minor units of the site's currency, as text. */
const zMinor = z
  .string()
  // Aborts: what is no number is not compared either.
  .regex(/^\d{1,15}$/, { error: 'whole minor units, as text', abort: true });
const zPercent = z.string().regex(/^\d{1,3}(\.\d{1,4})?$/, 'a percentage with at most 4 decimals, as text');
const zClock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:MM');
const zDate = z.iso.date();
const zAccountCode = z.string().regex(/^[\w.-]{1,20}$/, 'letters, digits, dots and dashes; at most 20');

/** How a site bills. Everything has a default, so an empty object is a whole setting. */
export const zSiteSettings = z.object({
  /** Closing of periods and of bills. */
  billing: z
    .object({
      /** A month closes this long after its end although readings are missing: they are estimated. */
      monthGraceHours: z.number().int().min(0).max(2_000).default(120),
      dayGraceHours: z.number().int().min(0).max(200).default(12),
      /** Who reviews a bill is not who drew it up. */
      fourEyes: z.boolean().default(true),
      dueDays: z.number().int().min(0).max(365).default(15),
      /** In front of a bill's number. */
      numberPrefix: z
        .string()
        .regex(/^[A-Z0-9-]{0,12}$/)
        .default(''),
      /** Issued bills of postpaid leases are charged to the lease's provider on the due date. */
      autoCharge: z.boolean().default(true),
    })
    .prefault({}),
  /** On what is due and not paid, from the day after the due date. */
  lateFees: z
    .object({
      percentPerDay: zPercent.default('0'),
      graceDays: z.number().int().min(0).max(365).default(0),
      /** Of the amount they are charged on: they stop there. */
      capPercent: zPercent.default('20'),
    })
    .prefault({}),
  /** What is done how long after the due date. */
  dunning: z
    .array(
      z.object({ afterDays: z.number().int().min(0).max(365), step: z.enum(['remind', 'warn', 'final']) }),
    )
    .max(10)
    .default([
      { afterDays: 1, step: 'remind' },
      { afterDays: 7, step: 'warn' },
      { afterDays: 15, step: 'final' },
    ]),
  prepaid: z
    .object({
      /** Balances at which the merchant is warned, the higher first. */
      lowBalance: z.tuple([zMinor, zMinor]).default(['10000', '2000']),
      /** The platform cuts power by itself only where this is on. */
      cutOff: z.boolean().default(false),
      /** Hours between the notice and the cut. */
      noticeHours: z.number().int().min(1).max(720).default(24),
      /** Local times between which power may be cut. */
      from: zClock.default('09:00'),
      to: zClock.default('16:00'),
      /** ISO weekdays on which it may be cut. */
      weekdays: z.array(z.number().int().min(1).max(7)).max(7).default([1, 2, 3, 4]),
    })
    .prefault({}),
  settlement: z
    .object({
      /** Business days after the money came in that shares are payable. */
      payableAfterDays: z.number().int().min(0).max(60).default(1),
    })
    .prefault({}),
  gates: z
    .object({
      /** An entry without an exit is looked for after this time. */
      lostAfterHours: z.number().int().min(1).max(720).default(24),
    })
    .prefault({}),
  /** Codes of the accounting system's chart of accounts, for vouchers; the defaults are those of 企业会计准则. */
  accounts: z
    .object({
      receivable: zAccountCode.default('1122'),
      prepaid: zAccountCode.default('2203'),
      deposit: zAccountCode.default('224101'),
      clearing: zAccountCode.default('1012'),
      bank: zAccountCode.default('1002'),
      suspense: zAccountCode.default('224199'),
      revenue: zAccountCode.default('6001'),
      late_fees: zAccountCode.default('6301'),
      bad_debt: zAccountCode.default('6702'),
      provider_fees: zAccountCode.default('6603'),
      payable: zAccountCode.default('2202'),
    } satisfies Record<AccountKind, z.ZodType<string>>)
    .prefault({}),
  /** Days without business beside Saturdays and Sundays, and weekend days with it (调休). */
  holidays: z.array(zDate).max(400).default([]),
  workdays: z.array(zDate).max(400).default([]),
});
export type SiteSettings = z.output<typeof zSiteSettings>;

/** What is taken from a person: each value by itself, and together. */
export const zSiteSettingsInput = zSiteSettings.superRefine((settings, context) => {
  const fault = (path: readonly (string | number)[], message: string) =>
    context.addIssue({ code: 'custom', path: [...path], message });
  const { prepaid, dunning, holidays, workdays } = settings;
  const [first, second] = prepaid.lowBalance;
  if (BigInt(first) <= BigInt(second)) {
    fault(['prepaid', 'lowBalance', 1], 'must be below the first');
  }
  if (prepaid.from >= prepaid.to) fault(['prepaid', 'to'], 'must be after the start');
  if (prepaid.cutOff && prepaid.weekdays.length === 0) {
    fault(['prepaid', 'weekdays'], 'choose at least one day');
  }
  dunning.forEach(({ afterDays }, i) => {
    const before = dunning[i - 1];
    if (before && afterDays <= before.afterDays) {
      fault(['dunning', i, 'afterDays'], 'must be later than the step before');
    }
  });
  const free = new Set(holidays);
  workdays.forEach((day, i) => {
    if (free.has(day)) fault(['workdays', i], 'is a holiday too');
  });
});

export const zSiteSettingsView = z.object({
  settings: zSiteSettings,
  /** Null while all are defaults. */
  updatedAt: zInstant.nullable(),
  updatedBy: z.string().nullable(),
});

export const zSiteSettingsChange = z.object({
  settings: zSiteSettingsInput,
  /** What was read: a change made meanwhile by somebody else is not overwritten. */
  updatedAt: zInstant.nullable(),
});
