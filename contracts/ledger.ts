import { z } from 'zod';
import { ACCOUNT_KINDS } from '../domain/ledger.ts';
import { zId, zInstant, zInstantInput, zIntegerText, zPageQuery } from './rest.ts';

const zRefs = z.record(z.string(), z.union([z.string(), z.number()]));

/** Amounts are minor units, debits positive. */
export const zAccount = z.object({
  id: z.number().int(),
  site: z.string(),
  kind: z.enum(ACCOUNT_KINDS),
  /** What of the kind it is: a lease's, a party's, a provider's or a component's. */
  lease: z.object({ id: z.number().int(), party: z.string(), stall: z.string().nullable() }).nullable(),
  party: z.string().nullable(),
  code: z.string().nullable(),
  currency: z.string(),
  balance: zIntegerText,
});
export type Account = z.infer<typeof zAccount>;
export const zAccountQuery = zPageQuery.extend({
  site: z.string(),
  kind: z.enum(ACCOUNT_KINDS).optional(),
  lease: zId.optional(),
  /** Stall code, merchant, initials, provider or component. */
  q: z.string().max(100).optional(),
});

export const zLedgerEntry = z.object({
  id: z.number().int(),
  transaction: z.number().int(),
  kind: z.string(),
  at: zInstant,
  amount: zIntegerText,
  /** Of the account, after this entry, in the order of booking. */
  balance: zIntegerText,
});
export const zEntryQuery = zPageQuery.extend({
  from: zInstantInput.optional(),
  to: zInstantInput.optional(),
});

export const zLedgerTransaction = z.object({
  id: z.number().int(),
  site: z.string(),
  key: z.string(),
  kind: z.string(),
  at: zInstant,
  actor: z.string(),
  refs: zRefs,
  entries: z.array(z.object({ account: zAccount.omit({ balance: true }), amount: zIntegerText })),
});

export const zTrialBalanceQuery = z.object({
  site: z.string(),
  from: zInstantInput.optional(),
  to: zInstantInput.optional(),
});
/** Of what was booked between the instants: all of it, without them. `sum` is zero in a sound ledger. */
export const zTrialBalance = z.object({
  kinds: z.array(
    z.object({
      kind: z.enum(ACCOUNT_KINDS),
      currency: z.string(),
      debit: zIntegerText,
      credit: zIntegerText,
      balance: zIntegerText,
      accounts: z.number().int(),
    }),
  ),
  sums: z.array(
    z.object({ currency: z.string(), debit: zIntegerText, credit: zIntegerText, sum: zIntegerText }),
  ),
});
