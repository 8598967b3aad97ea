import { z } from 'zod';
import {
  AUTO_PROVIDERS,
  CHARGE_PURPOSES,
  CHARGE_STATUS,
  HAND_OUTCOME_STATUS,
  HAND_OUTCOMES,
  PROVIDERS,
} from '../domain/charges.ts';
import { zId, zInstant, zIntegerText, zPageQuery } from './rest.ts';

/** Minor units above zero. */
export const zAmountText = z.string().regex(/^[1-9]\d{0,14}$/, 'whole minor units above zero, as text');

export const zChargeCreate = z
  .object({
    purpose: z.enum(CHARGE_PURPOSES),
    lease: zId,
    /** With the purpose `bill`. */
    bill: zId.optional(),
    /** Minor units; at most what is due on the bill. */
    amount: zAmountText,
    provider: z.enum(PROVIDERS),
    /** Of a cash payment: the number on its receipt. */
    receiptNo: z.string().trim().min(1).max(64).optional(),
  })
  .refine(({ purpose, bill }) => (purpose === 'bill') === (bill !== undefined), {
    path: ['bill'],
    message: 'a payment of a bill names the bill, any other one names none',
  })
  .meta({ examples: [{ purpose: 'bill', lease: 12, bill: 7, amount: '12850', provider: 'wechat_pay' }] });

/** What the payer needs, by what it is. */
export const zPayWith = z.object({
  /** The text of a QR code that the provider's app scans. */
  qr: z.string().optional(),
  /** A page to open. */
  url: z.string().optional(),
  accountName: z.string().optional(),
  account: z.string().optional(),
  bank: z.string().optional(),
  /** To be written into the transfer, so that it is found. */
  remark: z.string().optional(),
  receiptNo: z.string().optional(),
});

export const zCharge = z.object({
  id: z.number().int(),
  site: z.string(),
  lease: z.object({ id: z.number().int(), party: z.string(), stall: z.string().nullable() }),
  purpose: z.enum(CHARGE_PURPOSES),
  bill: z.object({ id: z.number().int(), number: z.string().nullable(), period: z.string() }).nullable(),
  provider: z.enum(PROVIDERS),
  orderNo: z.string(),
  providerRef: z.string().nullable(),
  amount: zIntegerText,
  /** What came in; null until it succeeded. */
  paid: zIntegerText.nullable(),
  /** How much of it paid the bill; the rest is on the lease's balance. */
  applied: zIntegerText.nullable(),
  refunded: zIntegerText,
  currency: z.string(),
  status: z.enum(CHARGE_STATUS),
  failure: z.string().nullable(),
  payWith: zPayWith.nullable(),
  automatic: z.boolean(),
  requestedBy: z.string(),
  createdAt: zInstant,
  expiresAt: zInstant.nullable(),
  /** When the provider is asked next; null when nobody is asked. */
  nextLookAt: zInstant.nullable(),
  endedAt: zInstant.nullable(),
});

export const zRefund = z.object({
  id: z.number().int(),
  orderNo: z.string(),
  amount: zIntegerText,
  status: z.enum(CHARGE_STATUS),
  reason: z.string(),
  failure: z.string().nullable(),
  requestedBy: z.string(),
  createdAt: zInstant,
  endedAt: zInstant.nullable(),
});

/** What a person said of a charge, or of one of its refunds, that its provider said nothing certain of. */
export const zHandOutcome = z.object({
  id: z.number().int(),
  /** Null: of the charge itself. */
  refund: z.number().int().nullable(),
  as: z.enum(HAND_OUTCOMES),
  note: z.string(),
  status: z.enum(HAND_OUTCOME_STATUS),
  proposedBy: z.string(),
  proposedAt: zInstant,
  decidedBy: z.string().nullable(),
  decidedAt: zInstant.nullable(),
});

export const zChargeDetail = zCharge.extend({
  refunds: z.array(zRefund),
  byHand: z.array(zHandOutcome),
  history: z.array(
    z.object({
      at: zInstant,
      refund: z.number().int().nullable(),
      status: z.enum(CHARGE_STATUS),
      failure: z.string().nullable(),
    }),
  ),
  callbacks: z.array(
    z.object({
      id: z.number().int(),
      receivedAt: zInstant,
      count: z.number().int(),
      status: z.string(),
      reason: z.string().nullable(),
    }),
  ),
});

export const zChargeQuery = zPageQuery.extend({
  site: z.string().optional(),
  status: z.enum(CHARGE_STATUS).optional(),
  provider: z.enum(PROVIDERS).optional(),
  lease: zId.optional(),
  bill: zId.optional(),
});

export const zRefundCreate = z
  .object({
    amount: zAmountText,
    reason: z.string().trim().min(1).max(200),
  })
  .meta({ examples: [{ amount: '500', reason: 'paid twice' }] });

/** What became of a charge or a refund that its provider says nothing certain of, as a person read it in the provider's own books. */
export const zChargeSettle = z
  .object({
    as: z.enum(HAND_OUTCOMES),
    /** Of which of its refunds; without it, of the charge itself. */
    refund: zId.optional(),
    /** Where that was seen. */
    note: z.string().trim().min(1).max(200),
  })
  .meta({ examples: [{ as: 'failed', note: 'not in the provider’s back office on 2026-11-20' }] });

export const zHandOutcomeDecision = z
  .object({ approve: z.boolean() })
  .meta({ examples: [{ approve: true }] });

/** How a lease can pay. */
export const zPayOptions = z.object({
  /** In the order in which they are offered. */
  providers: z.array(z.enum(PROVIDERS)),
  /** The lease's prepaid balance, minor units. */
  balance: zIntegerText,
  /** What the lease has left as security, minor units. */
  deposit: zIntegerText,
  currency: z.string(),
  method: z
    .object({ provider: z.enum(PROVIDERS), autopay: z.boolean(), payer: z.record(z.string(), z.string()) })
    .nullable(),
});
export const zPayOptionsQuery = z.object({ lease: zId });

export const zPaymentMethodPut = z
  .object({
    provider: z.enum(AUTO_PROVIDERS),
    autopay: z.boolean(),
    /** Stripe: `customer` and `paymentMethod`. */
    payer: z
      .record(z.string().regex(/^[a-zA-Z]{1,32}$/), z.string().min(1).max(128))
      .refine((payer) => Object.keys(payer).length <= 4, 'at most 4 values')
      .default({}),
  })
  .meta({ examples: [{ provider: 'balance', autopay: true }] });
