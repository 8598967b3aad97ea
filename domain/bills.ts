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

/** Who draws bills up when nobody asks for it. */
export const PLATFORM = 'billing';

/** Why somebody may not take a step, or undefined when they may. */
export type StepRefusal = 'wrong_status' | 'drew_it_up' | 'reviewed_it';

/**
 * With four eyes two people have looked at an issued bill: who reviews it is not who drew it up, and where the
 * platform did, who issues it is not who reviewed it.
 */
export function stepRefusal(
  step: BillStep,
  bill: { readonly status: BillStatus; readonly createdBy: string; readonly reviewedBy: string | null },
  actor: string,
  fourEyes: boolean,
): StepRefusal | undefined {
  if (!mayStep(step, bill.status)) return 'wrong_status';
  if (!fourEyes) return undefined;
  if (step === 'review' && bill.createdBy === actor) return 'drew_it_up';
  if (step === 'issue' && bill.createdBy === PLATFORM && bill.reviewedBy === actor) return 'reviewed_it';
  return undefined;
}

/** `SG-2026-000012`, and of a credit note `SG-CN2026-000003`: unique in the site, in the order of issue. */
export const documentNumber = (
  kind: 'bill' | 'credit_note',
  of: { readonly prefix: string; readonly year: number; readonly n: number },
): string => `${of.prefix}${kind === 'bill' ? '' : 'CN'}${of.year}-${String(of.n).padStart(6, '0')}`;

/** Beyond this, minor units, something is wrong: no bill is drawn up. */
export const BILL_AMOUNT_MAX = 10n ** 15n;
