import type { CallingProvider, Provider } from '../../domain/charges.ts';
import type { StatementRow } from '../../domain/reconciliation.ts';

/** What a provider is asked for. The order number is ours, is stored before, and is the provider's idempotency key. */
export interface Order {
  readonly orderNo: string;
  /** Minor units. */
  readonly amount: bigint;
  readonly currency: string;
  /** Shown to the payer. */
  readonly description: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** The provider's number, once it is known. */
  readonly providerRef: string | null;
  /** How the provider knows the payer, when the platform charges by itself; null when the payer is there. */
  readonly payer: Readonly<Record<string, string>> | null;
}

export interface RefundOrder {
  readonly refundNo: string;
  /** Minor units. */
  readonly amount: bigint;
  readonly reason: string;
  /** What is given back from. */
  readonly of: Pick<Order, 'orderNo' | 'amount' | 'currency' | 'providerRef'>;
}

interface Succeeded {
  readonly status: 'succeeded';
  readonly providerRef?: string | undefined;
  /** What came in or went back, minor units. */
  readonly paid: bigint;
  readonly currency: string;
}
interface Failed {
  readonly status: 'failed';
  readonly reason: string;
}
interface Submitted {
  /** Accepted; the payer has to do something, or the provider has. */
  readonly status: 'submitted';
  readonly providerRef?: string | undefined;
  readonly payWith?: Readonly<Record<string, string>> | undefined;
}
/** Whether anything happened is not known: ask. */
interface Unknown {
  readonly status: 'unknown';
  readonly reason: string;
}
/** The provider says for certain that it has no such order. */
interface None {
  readonly status: 'none';
}

export type SubmitAnswer = Submitted | Succeeded | Failed | Unknown;
export type QueryAnswer = SubmitAnswer | None;
/** `closed`: nobody can pay it any more. */
export type CloseAnswer = { readonly status: 'closed' } | Unknown;

/** What a callback says once its signature is verified. `other` is none of a charge or a refund. */
export type CallbackEvent =
  | {
      readonly ok: true;
      readonly about: 'charge' | 'refund';
      readonly orderNo: string;
      readonly answer: Submitted | Succeeded | Failed;
    }
  | { readonly ok: true; readonly about: 'other'; readonly kind: string }
  | { readonly ok: false; readonly reason: string };

export interface RawCallback {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly receivedAt: Date;
}

export type StatementAnswer =
  | { readonly status: 'ready'; readonly rows: readonly StatementRow[] }
  /** Ask again later. */
  | { readonly status: 'not_ready'; readonly reason: string };

/**
 * One way to pay. No method throws for what a provider may do: a time-out, a broken answer or a 5xx is `unknown`.
 * None tries again by itself.
 */
export interface PaymentProvider {
  readonly name: Provider;
  submit(order: Order): Promise<SubmitAnswer>;
  query(order: Order): Promise<QueryAnswer>;
  close(order: Order): Promise<CloseAnswer>;
  refund(refund: RefundOrder): Promise<SubmitAnswer>;
  queryRefund(refund: RefundOrder): Promise<QueryAnswer>;
}

/** One that also calls us and publishes a statement a day. */
export interface CallingPaymentProvider extends PaymentProvider {
  readonly name: CallingProvider;
  parseCallback(callback: RawCallback): Promise<CallbackEvent>;
  /** @param day `2026-11-20`, by the provider's clock. */
  downloadStatement(day: string): Promise<StatementAnswer>;
}

/** The providers that are configured. */
export type Providers = ReadonlyMap<Provider, PaymentProvider | CallingPaymentProvider>;

export const callsUs = (
  provider: PaymentProvider | CallingPaymentProvider,
): provider is CallingPaymentProvider => 'parseCallback' in provider;
