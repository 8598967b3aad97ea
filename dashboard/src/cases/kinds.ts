import { type ComponentType, type LazyExoticComponent, lazy } from 'react';
import type { CaseKind } from '../../../domain/cases.ts';
import type { Case, CaseDetail } from '../api/cases.ts';

export interface CaseCardProps {
  readonly one: CaseDetail;
  /** Call it when a decision was taken: the page reads the case again. */
  readonly onDecided: () => void;
}

/** How a kind of case is shown and decided. */
interface CaseView {
  /** What a person needs to see, with the buttons that decide while it is open and `cases:decide` is allowed. */
  readonly card: LazyExoticComponent<ComponentType<CaseCardProps>>;
}

/** Kinds without an entry show their subject as it is, and are closed with a note. */
export const CASE_VIEWS: Partial<Record<CaseKind, CaseView>> = {
  reading_conflict: {
    card: lazy(async () => ({ default: (await import('./kinds/reading_conflict.tsx')).ReadingConflictCard })),
  },
  reading_refused: {
    card: lazy(async () => ({ default: (await import('./kinds/reading_refused.tsx')).ReadingRefusedCard })),
  },
  missing_reading: {
    card: lazy(async () => ({ default: (await import('./kinds/missing_reading.tsx')).MissingReadingCard })),
  },
  clock_ahead: {
    card: lazy(async () => ({ default: (await import('./kinds/clock_ahead.tsx')).ClockAheadCard })),
  },
  supply_failed: {
    card: lazy(async () => ({ default: (await import('./kinds/supply_failed.tsx')).SupplyFailedCard })),
  },
  negative_residual: {
    card: lazy(async () => ({
      default: (await import('./kinds/negative_residual.tsx')).NegativeResidualCard,
    })),
  },
  payment_mismatch: {
    card: lazy(async () => ({
      default: (await import('./kinds/payment_mismatch.tsx')).PaymentMismatchCard,
    })),
  },
  audit_violation: {
    card: lazy(async () => ({ default: (await import('./kinds/audit_violation.tsx')).AuditViolationCard })),
  },
  bill_dispute: {
    card: lazy(async () => ({ default: (await import('./kinds/bill_dispute.tsx')).BillDisputeCard })),
  },
};

const NAMED = [
  'stall',
  'place',
  'device',
  'meter',
  'bill',
  'party',
  'code',
  'period',
  'order',
  'orderNo',
  'day',
] as const;

/** What a case is about, in a few words: the names in its subject, else its key. */
export function aboutOf({ subject, key }: Case): string {
  const names = NAMED.map((name) => subject[name]).filter((name) => typeof name === 'string');
  return names.length > 0 ? names.join(' · ') : key;
}
