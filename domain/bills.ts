export const BILL_STATUS = ['draft', 'reviewed', 'issued', 'paid', 'void'] as const;
export type BillStatus = (typeof BILL_STATUS)[number];

/** Who may take the next step from where. With four eyes the one who reviews is not the one who drew the bill up. */
export const BILL_STEPS = {
  review: { from: ['draft'], to: 'reviewed' },
  /** Back to the draft: something is not right yet. */
  return: { from: ['reviewed'], to: 'draft' },
  issue: { from: ['reviewed'], to: 'issued' },
  /** Only before it is issued; later a credit note takes back what is wrong. */
  void: { from: ['draft', 'reviewed'], to: 'void' },
  /** Taken by the platform when nothing is due any more. */
  settle: { from: ['issued'], to: 'paid' },
  /** Money that had paid it went back. */
  reopen: { from: ['paid'], to: 'issued' },
} as const satisfies Record<string, { readonly from: readonly BillStatus[]; readonly to: BillStatus }>;
export type BillStep = keyof typeof BILL_STEPS;

export const mayStep = (step: BillStep, status: BillStatus): boolean =>
  (BILL_STEPS[step].from as readonly BillStatus[]).includes(status);

/** Upheld: a credit note takes back what was wrong. */
export const DISPUTE_STATUS = ['open', 'rejected', 'upheld'] as const;
export type DisputeStatus = (typeof DISPUTE_STATUS)[number];

export const WRITE_OFF_STATUS = ['proposed', 'approved', 'rejected'] as const;
export type WriteOffStatus = (typeof WRITE_OFF_STATUS)[number];
