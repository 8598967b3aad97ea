import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { SANDBOX_SCRIPTS, type SandboxOrder } from './sandbox-order.ts';

const zOrder = z.object({
  id: z.string(),
  orderNo: z.string(),
  amount: z.string().transform(BigInt),
  currency: z.string(),
  description: z.string(),
  callbackUrl: z.string().optional(),
  script: z.enum(SANDBOX_SCRIPTS),
  day: z.string(),
  status: z.enum(['pending', 'paid', 'failed', 'closed']),
  paid: z.string().transform(BigInt),
  reason: z.string().optional(),
  asked: z.number().int(),
  submitted: z.number().int(),
});
const zBook = z.object({ orders: z.array(zOrder), refunds: z.array(zOrder) });

export interface SandboxBook {
  readonly orders: Map<string, SandboxOrder>;
  readonly refunds: Map<string, SandboxOrder>;
}

/** What the sandbox knew when it was closed: a provider does not forget what it was paid. */
export function readBook(file: string | undefined): SandboxBook {
  const { orders, refunds } =
    file !== undefined && existsSync(file)
      ? zBook.parse(JSON.parse(readFileSync(file, 'utf8')))
      : { orders: [], refunds: [] };
  const byNumber = (all: z.output<typeof zBook>['orders']) =>
    new Map(
      all.map((one): [string, SandboxOrder] => {
        const { callbackUrl, reason, ...rest } = one;
        return [one.orderNo, { ...rest, callbackUrl, reason }];
      }),
    );
  return { orders: byNumber(orders), refunds: byNumber(refunds) };
}

export function writeBook(file: string, { orders, refunds }: SandboxBook): void {
  const kept = { orders: [...orders.values()], refunds: [...refunds.values()] };
  const text = JSON.stringify(kept, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
