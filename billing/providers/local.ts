import type { Order, PaymentProvider } from './port.ts';

export interface BankAccount {
  readonly accountName: string;
  readonly account: string;
  readonly bank: string;
}

const byHand = {
  // Nobody else is asked, so nothing can have been paid that we do not know of.
  close: async () => ({ status: 'closed' }),
  // A person pays it back before entering it.
  refund: async (refund) => ({ status: 'succeeded', paid: refund.amount, currency: refund.of.currency }),
  queryRefund: async (refund) => ({ status: 'succeeded', paid: refund.amount, currency: refund.of.currency }),
} as const satisfies Partial<PaymentProvider>;

/**
 * The payer transfers with our order number as the remark; the import of the bank's statement finds it.
 * An order that is still open here has not been paid.
 */
export function createBankTransfer(account: BankAccount): PaymentProvider {
  const payWith = ({ orderNo }: Order) => ({ ...account, remark: orderNo });
  return {
    ...byHand,
    name: 'bank_transfer',
    submit: async (order) => ({ status: 'submitted', payWith: payWith(order) }),
    query: async (order) => ({ status: 'submitted', payWith: payWith(order) }),
  };
}

/** Taken and entered at once by a biller, with the receipt's number: there is nothing to ask. */
export function createCash(): PaymentProvider {
  const never = async () => ({ status: 'failed', reason: 'not_offered' }) as const;
  return { ...byHand, name: 'cash', submit: never, query: never };
}

/** A lease's prepaid balance: paying from it is one transaction of our own ledger (store/charge-outcomes.ts). */
export function createBalance(): PaymentProvider {
  const never = async () => ({ status: 'failed', reason: 'not_offered' }) as const;
  return { ...byHand, name: 'balance', submit: never, query: never };
}
