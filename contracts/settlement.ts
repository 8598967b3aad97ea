import { z } from 'zod';
import { COMMODITIES } from '../domain/commodities.ts';
import { PARTY_KINDS } from '../domain/parties.ts';
import { zAmountText } from './charges.ts';
import { zId, zInstant, zInstantInput, zIntegerText, zPageQuery } from './rest.ts';

/** Percent with at most 4 decimals, as text. */
const zPercent = z.string().regex(/^\d{1,3}(\.\d{1,4})?$/, 'a percentage with at most 4 decimals, as text');
const zDate = z.iso.date();
const zMonth = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'a month like 2026-10');

export const SHARES_MAX = 10;
export const zSplitRuleCreate = z
  .object({
    site: z.string(),
    /** Without it: the component of every commodity that has no rule of its own. */
    commodity: z.enum(COMMODITIES).nullable().default(null),
    component: z.string().trim().min(1).max(64),
    /** Of the service that is charged; what was paid since is divided too. */
    effectiveFrom: zInstantInput,
    /** 100 percent in all. */
    shares: z
      .array(z.object({ partyId: zId, percent: zPercent }))
      .min(1)
      .max(SHARES_MAX),
  })
  .meta({
    examples: [
      {
        site: 'south-gate',
        commodity: 'electricity',
        component: 'service',
        effectiveFrom: '2026-11-01T00:00:00+08:00',
        shares: [
          { partyId: 1, percent: '70' },
          { partyId: 2, percent: '30' },
        ],
      },
    ],
  });
export const zSplitRule = z.object({
  id: z.number().int(),
  site: z.string(),
  commodity: z.enum(COMMODITIES).nullable(),
  component: z.string(),
  effectiveFrom: zInstant,
  shares: z.array(z.object({ partyId: z.number().int(), party: z.string(), percent: z.string() })),
  createdAt: zInstant,
  createdBy: z.string(),
  /** Fees were shared by it: it stays as it is. */
  isUsed: z.boolean(),
});

/** Where a party stands today. Amounts are minor units of the currency. */
export const zSettlementParty = z.object({
  party: z.object({ id: z.number().int(), name: z.string(), kind: z.enum(PARTY_KINDS) }),
  currency: z.string(),
  /** Shared and not paid out: held, not payable yet, and payable. */
  held: zIntegerText,
  waiting: zIntegerText,
  payable: zIntegerText,
  /** Stays with the operator: nothing is paid out to it. */
  isOperator: z.boolean(),
  isHeld: z.boolean(),
});
export const zStatement = zSettlementParty.extend({
  site: z.string(),
  month: zMonth,
  /** Owed when the month began. */
  previous: zIntegerText,
  /** Shared in the month, taken back ones less. */
  total: zIntegerText,
  paidOut: zIntegerText,
  /** Owed when it ended: previous + total − paid out. */
  closing: zIntegerText,
  lines: z.number().int(),
});
export const zStatementQuery = z.object({ site: z.string(), month: zMonth });
export const zShare = z.object({
  id: z.number().int(),
  feeLine: z.number().int(),
  stall: z.string().nullable(),
  merchant: z.string(),
  commodity: z.enum(COMMODITIES),
  component: z.string(),
  period: z.string(),
  /** The fee line's. */
  lineAmount: zIntegerText,
  amount: zIntegerText,
  sharedOn: zDate,
  payableOn: zDate,
  isHeld: z.boolean(),
  /** The payout that it was part of. */
  payout: z.number().int().nullable(),
});
export const zShareQuery = zPageQuery.extend({ site: z.string(), party: zId, month: zMonth.optional() });

export const zPayoutCreate = z
  .object({
    site: z.string(),
    party: zId,
    /** What is payable, as it was seen: another amount by now is refused. */
    amount: zAmountText,
    /** The bank's number of the transfer. */
    bankRef: z.string().trim().min(1).max(64),
    paidOn: zDate,
  })
  .meta({
    examples: [
      { site: 'south-gate', party: 2, amount: '128500', bankRef: 'T20261121-7', paidOn: '2026-11-21' },
    ],
  });
export const zPayout = z.object({
  id: z.number().int(),
  party: z.object({ id: z.number().int(), name: z.string() }),
  amount: zIntegerText,
  currency: z.string(),
  bankRef: z.string(),
  paidOn: zDate,
  createdAt: zInstant,
  createdBy: z.string(),
});
export const zPayoutQuery = zPageQuery.extend({ site: z.string(), party: zId.optional() });

const zReason = z.string().trim().min(1).max(500);
export const zHoldCreate = z
  .object({ site: z.string(), party: zId.optional(), feeLine: zId.optional(), reason: zReason })
  .refine(({ party, feeLine }) => (party === undefined) !== (feeLine === undefined), {
    path: ['party'],
    message: 'a hold is of a party or of a fee line',
  })
  .meta({ examples: [{ site: 'south-gate', feeLine: 812, reason: 'the meter is being tested' }] });
export const zHoldRelease = z.object({ reason: zReason });
export const zHold = z.object({
  id: z.number().int(),
  party: z.object({ id: z.number().int(), name: z.string() }).nullable(),
  feeLine: z.number().int().nullable(),
  reason: z.string(),
  createdAt: zInstant,
  createdBy: z.string(),
  releasedAt: zInstant.nullable(),
  releasedBy: z.string().nullable(),
  releaseReason: z.string().nullable(),
});
export const zHoldQuery = zPageQuery.extend({ site: z.string() });

export const zSettlementRunCreate = z
  .object({ site: z.string() })
  .meta({ examples: [{ site: 'south-gate' }] });
export const zSettlementRun = z.object({
  id: z.number().int(),
  site: z.string(),
  status: z.enum(['queued', 'succeeded', 'failed']),
  requestedBy: z.string(),
  requestedAt: zInstant,
  finishedAt: zInstant.nullable(),
  lines: z.number().int(),
  amount: zIntegerText,
  error: z.string().nullable(),
});
export const zSettlementRunQuery = zPageQuery.extend({ site: z.string() });
