import { z } from 'zod';
import { BILL_STATUS, DISPUTE_STATUS, WRITE_OFF_STATUS } from '../domain/bills.ts';
import { COMMODITIES, QUANTITY_UNITS } from '../domain/commodities.ts';
import { DUNNING_STEPS } from '../domain/dunning.ts';
import { CHARGING } from '../domain/parties.ts';
import { zId, zInstant, zIntegerText, zPageQuery } from './rest.ts';

const zMonth = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'a month like 2026-10');
/** Minor units above zero, as text. */
export const zAmountInput = z.string().regex(/^[1-9]\d{0,14}$/, 'whole minor units above zero, as text');
const zReason = z.string().trim().min(3, 'say why, in 3 letters or more').max(1000);

export const zBillRun = z.object({
  id: z.number().int(),
  site: z.string(),
  period: z.string(),
  status: z.enum(['queued', 'running', 'succeeded', 'failed']),
  requestedBy: z.string(),
  requestedAt: zInstant,
  finishedAt: zInstant.nullable(),
  leasesTotal: z.number().int(),
  leasesDone: z.number().int(),
  bills: z.number().int(),
  amount: zIntegerText,
  /** Leases that got no bill although they have lines, and why. */
  problems: z.array(z.object({ leaseId: z.number().int(), code: z.string() })),
  error: z.string().nullable(),
});
export const zBillRunCreate = z
  .object({ site: z.string(), period: zMonth })
  .meta({ examples: [{ site: 'south-gate', period: '2026-10' }] });

export const zBill = z.object({
  id: z.number().int(),
  site: z.string(),
  period: z.string(),
  status: z.enum(BILL_STATUS),
  /** Given when it is issued. A statement of what a prepaid balance paid has none. */
  number: z.string().nullable(),
  lease: z.object({
    id: z.number().int(),
    party: z.string(),
    stall: z.string().nullable(),
    charging: z.enum(CHARGING),
  }),
  /** Minor units: the sum of its lines. */
  amount: zIntegerText,
  /** What is left to pay: amount − credits − payments − write-offs + late fees. */
  due: zIntegerText,
  /** What of the due is in dispute. */
  disputed: zIntegerText,
  currency: z.string(),
  createdAt: zInstant,
  createdBy: z.string(),
  reviewedAt: zInstant.nullable(),
  reviewedBy: z.string().nullable(),
  issuedAt: zInstant.nullable(),
  issuedBy: z.string().nullable(),
  /** The start of the due date in the site's zone. */
  dueAt: zInstant.nullable(),
  overdue: z.boolean(),
  paidAt: zInstant.nullable(),
});
export type Bill = z.infer<typeof zBill>;

const zFlag = z.enum(['true', 'false']).transform((v) => v === 'true');
export const zBillQuery = zPageQuery.extend({
  site: z.string().optional(),
  period: zMonth.optional(),
  status: z.enum(BILL_STATUS).optional(),
  overdue: zFlag.optional(),
  disputed: zFlag.optional(),
  lease: zId.optional(),
  /** Number, stall code, merchant, or pinyin initials. */
  q: z.string().max(100).optional(),
});

/** Of the bills that a filter lets through, by status; `due` and `overdue` are of issued ones. */
export const zBillSums = z.object({
  statuses: z.array(z.object({ status: z.enum(BILL_STATUS), bills: z.number().int(), amount: zIntegerText })),
  due: zIntegerText,
  overdue: zIntegerText,
  disputed: zIntegerText,
});
export const zBillSumsQuery = zBillQuery.omit({ cursor: true, limit: true }).required({ site: true });

export const zBillSteps = z
  .object({
    site: z.string(),
    step: z.enum(['review', 'return', 'issue', 'void']),
    bills: z.array(z.number().int().positive()).min(1).max(200),
    /** Needed to return or void. */
    reason: zReason.optional(),
  })
  .refine(({ step, reason }) => reason !== undefined || step === 'review' || step === 'issue', {
    path: ['reason'],
    message: 'say why it is returned or voided',
  })
  .meta({ examples: [{ site: 'south-gate', step: 'review', bills: [1, 2] }] });
export const zBillStepResults = z.object({
  results: z.array(
    z.object({
      bill: z.number().int(),
      done: z.boolean(),
      /** Why not: a code for programs, and a sentence. */
      refusal: z.object({ code: z.string(), detail: z.string() }).nullable(),
    }),
  ),
});

export const zDispute = z.object({
  id: z.number().int(),
  site: z.string(),
  bill: z.object({ id: z.number().int(), number: z.string().nullable(), period: z.string() }),
  lease: z.object({ id: z.number().int(), party: z.string(), stall: z.string().nullable() }),
  status: z.enum(DISPUTE_STATUS),
  reason: z.string(),
  amount: zIntegerText,
  currency: z.string(),
  lines: z.array(z.number().int()),
  openedBy: z.string(),
  openedAt: zInstant,
  decidedBy: z.string().nullable(),
  decidedAt: zInstant.nullable(),
  note: z.string().nullable(),
});
export type Dispute = z.infer<typeof zDispute>;
export const zDisputeCreate = z.object({
  lines: z.array(z.number().int().positive()).min(1).max(500),
  reason: zReason,
});
export const zDisputeDecision = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('rejected'), note: zReason }),
  z.object({
    outcome: z.literal('upheld'),
    note: zReason,
    /** Credited: all that was disputed, unless it is said. */
    amount: zAmountInput.optional(),
  }),
]);
export const zDisputeQuery = zPageQuery.extend({
  site: z.string().optional(),
  bill: zId.optional(),
  status: z.enum(DISPUTE_STATUS).optional(),
});

export const zCreditNote = z.object({
  id: z.number().int(),
  number: z.string(),
  amount: zIntegerText,
  reason: z.string(),
  disputeId: z.number().int().nullable(),
  issuedBy: z.string(),
  issuedAt: zInstant,
});
export const zCreditNoteCreate = z.object({ amount: zAmountInput, reason: zReason });

export const zWriteOff = z.object({
  id: z.number().int(),
  status: z.enum(WRITE_OFF_STATUS),
  amount: zIntegerText,
  reason: z.string(),
  proposedBy: z.string(),
  proposedAt: zInstant,
  decidedBy: z.string().nullable(),
  decidedAt: zInstant.nullable(),
});
export const zWriteOffCreate = z.object({ amount: zAmountInput, reason: zReason });
export const zWriteOffDecision = z.object({ approve: z.boolean() });

/** Lines of a bill that are alike, added up. */
export const zBillGroup = z.object({
  commodity: z.enum(COMMODITIES),
  component: z.string(),
  band: z.string(),
  unit: z.enum(QUANTITY_UNITS),
  quantity: zIntegerText,
  amount: zIntegerText,
  lines: z.number().int(),
});

/** What was booked on a bill. `amount` is what it did to the due. */
export const zBillBooking = z.object({
  transaction: z.number().int(),
  kind: z.string(),
  at: zInstant,
  amount: zIntegerText,
  charge: z.number().int().nullable(),
});

export const zBillEvent = z.object({
  at: zInstant,
  /** Null where a merchant asks and it was one of the market's people. */
  actor: z.string().nullable(),
  action: z.string(),
  detail: z.record(z.string(), z.unknown()),
});

export const zBillDetail = zBill.extend({
  credits: zIntegerText,
  paid: zIntegerText,
  writtenOff: zIntegerText,
  lateFees: zIntegerText,
  /** What the lease has paid in advance, and left as security. */
  balance: zIntegerText,
  deposit: zIntegerText,
  lines: z.number().int(),
  groups: z.array(zBillGroup),
  bookings: z.array(zBillBooking),
  creditNotes: z.array(zCreditNote),
  writeOffs: z.array(zWriteOff),
  disputes: z.array(zDispute),
  events: z.array(zBillEvent),
});
export type BillDetail = z.infer<typeof zBillDetail>;

export const zDeposit = z.object({ amount: zAmountInput });
export const zDepositReturn = z.object({
  lease: z.number().int().positive(),
  amount: zAmountInput,
  /** How it was paid out, e.g. the bank's reference. */
  reason: zReason,
});

export const zDunningNotice = z.object({
  id: z.number().int(),
  site: z.string(),
  bill: z.object({ id: z.number().int(), number: z.string(), period: z.string(), dueAt: zInstant }),
  lease: z.object({ id: z.number().int(), party: z.string(), stall: z.string().nullable() }),
  phone: z.string().nullable(),
  step: z.enum(DUNNING_STEPS),
  createdAt: zInstant,
  sentAt: zInstant.nullable(),
  sentBy: z.string().nullable(),
  /** What to send, or what was sent. */
  texts: z.object({ zh: z.string(), en: z.string() }),
});
export type DunningNotice = z.infer<typeof zDunningNotice>;
export const zDunningQuery = zPageQuery.extend({ site: z.string(), sent: zFlag.optional() });
