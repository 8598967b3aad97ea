import { z } from 'zod';
import {
  MANUAL_SUPPLY_STEP_NAMES,
  NOTICE_LEVELS,
  SUPPLY_OBSTACLES,
  SUPPLY_STATES,
} from '../domain/supply.ts';
import { zInstant, zIntegerText, zPageQuery } from './rest.ts';

const zLeaseName = z.object({ id: z.number().int(), party: z.string(), stall: z.string().nullable() });

/** What a prepaid lease has left. Amounts are minor units of the currency. */
export const zBalance = z.object({
  lease: zLeaseName,
  site: z.string(),
  currency: z.string(),
  /** Positive: there is money. */
  balance: zIntegerText,
  /** Mean of the last days that were charged, at most seven; null before the first one. */
  averageDaily: zIntegerText.nullable(),
  /** Whole days that the balance lasts at that rate; null where there is none. */
  daysLeft: z.number().int().nullable(),
  /** The last day that was charged. */
  chargedTo: z.string().nullable(),
  /** What it fell below and is below still. */
  notices: z.array(z.enum(NOTICE_LEVELS)),
  supply: z.object({
    state: z.enum(SUPPLY_STATES),
    since: zInstant.nullable(),
    isProtected: z.boolean(),
    protectedReason: z.string().nullable(),
  }),
  hasEnded: z.boolean(),
});
export const zBalanceDetail = zBalance.extend({
  /** Why its power cannot be cut; null when it can. */
  obstacle: z.enum(SUPPLY_OBSTACLES).nullable(),
  /** From when on it may be cut, where notice was given and the site cuts off. */
  cutFrom: zInstant.nullable(),
  /** The site cuts off by itself. */
  cutOff: z.boolean(),
});
export const BALANCE_FILTERS = ['low', 'negative', 'cut'] as const;
export const zBalanceQuery = zPageQuery.extend({
  site: z.string().optional(),
  /** Below a threshold, below zero, or not simply connected. */
  filter: z.enum(BALANCE_FILTERS).optional(),
  /** Stall code, merchant, or pinyin initials. */
  q: z.string().max(100).optional(),
});

/** A booking on a lease's balance. */
export const zBalanceEntry = z.object({
  id: z.number().int(),
  at: zInstant,
  kind: z.string(),
  /** Positive: money in. */
  amount: zIntegerText,
  balance: zIntegerText,
  actor: z.string(),
});

export const zBalanceNotice = z.object({
  id: z.number().int(),
  lease: zLeaseName,
  phone: z.string().nullable(),
  level: z.enum(NOTICE_LEVELS),
  threshold: zIntegerText,
  /** When it fell below, and now. */
  balanceThen: zIntegerText,
  balance: zIntegerText,
  currency: z.string(),
  at: zInstant,
  toldAt: zInstant.nullable(),
  toldBy: z.string().nullable(),
});
export const zBalanceNoticeQuery = zPageQuery.extend({
  site: z.string().optional(),
  /** Of each lease only the last that nobody has told the merchant: one call covers them all. */
  untold: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
});
export const zTold = z.object({ told: z.number().int() });

export const zSupplyEvent = z.object({
  id: z.number().int(),
  at: zInstant,
  step: z.string(),
  from: z.enum(SUPPLY_STATES),
  to: z.enum(SUPPLY_STATES),
  actor: z.string(),
  reason: z.string().nullable(),
  balance: zIntegerText,
  commands: z.number().int(),
});
const zReason = z.string().trim().min(1).max(500);
export const zSupplyStepCreate = z
  .object({ step: z.enum(MANUAL_SUPPLY_STEP_NAMES), reason: zReason })
  .meta({ examples: [{ step: 'manual_reconnect', reason: 'agreed with the merchant by telephone' }] });
export const zProtection = z
  .object({ isProtected: z.boolean(), reason: zReason })
  .meta({ examples: [{ isProtected: true, reason: 'cold store with vaccines' }] });
