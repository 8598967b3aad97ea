import { useTranslation } from 'react-i18next';
import { CHARGE_FAILURES, type ChargeFailure, type ChargeStatus } from '../../../domain/charges.ts';

export const CHARGE_TAGS: Record<ChargeStatus, string> = {
  created: 'tag tag-busy',
  submitted: 'tag tag-busy',
  unknown: 'tag tag-stale',
  succeeded: 'tag tag-good',
  failed: 'tag tag-bad',
};

/** Why a case of the kind `payment_mismatch` was opened. */
export const MISMATCHES = [
  'no_answer',
  'failed_after_success',
  'currency_differs',
  'amount_differs',
  'success_differs',
  'paid_after_all',
  'paid_twice',
  'refund_differs',
  'refund_failed',
  'refund_failed_after_success',
  'no_statement',
  'missing_at_ours',
  'missing_at_theirs',
  'status_differs',
  'twice_at_theirs',
] as const;
export type Mismatch = (typeof MISMATCHES)[number];

/** Why a payment failed: in our words where they are ours, else in the provider's. */
export function useFailureText(): (failure: string | null) => string {
  const { t } = useTranslation();
  return (failure) => {
    const known = CHARGE_FAILURES.find((one): one is ChargeFailure => one === failure);
    return known !== undefined ? t(`payments.failure.${known}`) : (failure ?? '');
  };
}
