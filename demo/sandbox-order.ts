/** What goes wrong with an order, by name. `none`: the payer pays on the page, and we are called. */
export const SANDBOX_SCRIPTS = [
  'none',
  /** Paid at once; the answer never comes. */
  'timeout_after_success',
  /** Paid at once; the answer comes late but in time. */
  'slow',
  /** Paid at once, and told three times. */
  'duplicate_callback',
  /** Told before the answer to the order. */
  'callback_before_response',
  /** Pending, and failed later. */
  'late_failure',
  /** Failed, and paid after all. */
  'success_after_failure',
  /** Told with a signature that is not ours; nothing is paid. */
  'wrong_signature',
  /** Paid at once, but another amount. */
  'amount_differs',
  /** 500 to the first three requests, the order kept from the first on; then paid. */
  'errors',
  /** 500 without an order; it exists only once it is submitted again. */
  'error_before_order',
] as const;
export type SandboxScript = (typeof SANDBOX_SCRIPTS)[number];

export interface SandboxOrder {
  readonly id: string;
  readonly orderNo: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly description: string;
  readonly callbackUrl: string | undefined;
  readonly script: SandboxScript;
  readonly day: string;
  status: 'pending' | 'paid' | 'failed' | 'closed';
  paid: bigint;
  reason: string | undefined;
  /** How often it was asked for or about. */
  asked: number;
  /** How often it was submitted. */
  submitted: number;
}
