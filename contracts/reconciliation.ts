import { z } from 'zod';
import { CALLING_PROVIDERS } from '../domain/charges.ts';
import { DIFFERENCE_KINDS } from '../domain/reconciliation.ts';
import { zInstant, zIntegerText, zPageQuery } from './rest.ts';

export const zReconciliation = z.object({
  id: z.number().int(),
  site: z.string(),
  provider: z.enum(CALLING_PROVIDERS),
  /** By the market's clock. */
  day: z.string(),
  /** `waiting`: the provider has no statement yet; `failed`: it was asked for too often. */
  status: z.enum(['waiting', 'done', 'failed']),
  error: z.string().nullable(),
  rows: z.number().int(),
  /** Payments less refunds, by the provider. */
  gross: zIntegerText,
  /** What the provider keeps. */
  fees: zIntegerText,
  differences: z.array(
    z.object({
      kind: z.enum(DIFFERENCE_KINDS),
      of: z.enum(['payment', 'refund']),
      orderNo: z.string(),
      ours: z.object({ status: z.string(), amount: zIntegerText }).nullable(),
      theirs: z.object({ providerRef: z.string(), amount: zIntegerText }).nullable(),
    }),
  ),
  endedAt: zInstant.nullable(),
});
export const zReconciliationQuery = zPageQuery.extend({ site: z.string() });
