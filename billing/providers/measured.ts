import { providerSeconds } from '../metrics.ts';
import { type CallingPaymentProvider, callsUs, type PaymentProvider } from './port.ts';

/** The same provider, whose answers are timed. */
export function measured<P extends PaymentProvider | CallingPaymentProvider>(provider: P): P {
  async function time<A extends { readonly status: string }>(
    operation: string,
    answer: Promise<A>,
  ): Promise<A> {
    const stop = providerSeconds.startTimer({ provider: provider.name, operation });
    let status = 'unknown';
    try {
      const given = await answer;
      status = given.status;
      return given;
    } finally {
      stop({ status });
    }
  }
  const timed: PaymentProvider = {
    name: provider.name,
    submit: (order) => time('submit', provider.submit(order)),
    query: (order) => time('query', provider.query(order)),
    close: (order) => time('close', provider.close(order)),
    refund: (refund) => time('refund', provider.refund(refund)),
    queryRefund: (refund) => time('query_refund', provider.queryRefund(refund)),
  };
  const statement = callsUs(provider)
    ? { downloadStatement: (day: string) => time('statement', provider.downloadStatement(day)) }
    : {};
  // What is not timed is the provider's own.
  return Object.assign(Object.create(provider) as P, timed, statement);
}
