export const BANK_ROW_STATUS = ['unmatched', 'matched', 'settled'] as const;
export type BankRowStatus = (typeof BANK_ROW_STATUS)[number];

/** How it was found whose money a row is. */
export const BANK_MATCHES = ['remark_code', 'bill_number', 'amount_and_payer', 'person'] as const;
export type BankMatch = (typeof BANK_MATCHES)[number];

/** What a person may say of money that belongs to nobody known. */
export const BANK_RESOLUTIONS = [
  /** It pays a bill. */
  'bill',
  /** It goes on a lease's balance. */
  'balance',
  /** A provider's payout, which its reconciliation has booked already. */
  'payout',
  /** Cash that was taken to the bank. */
  'cash_deposit',
] as const;
export type BankResolution = (typeof BANK_RESOLUTIONS)[number];
