import type { Mark } from '../metering/boundary.ts';
import type { PinnedEstimate } from '../metering/estimate.ts';

/**
 * What the run that closed a period took from earlier runs and other tables for a point. With the run's cut-off it
 * makes the same lines again, whatever has been posted, pinned or allocated since.
 */
export interface SealedInputs {
  /** From where the point's fold went on. */
  readonly resume: Mark | null;
  /** Boundary values before the period that were charged by earlier. */
  readonly known: readonly { readonly at: number; readonly value: bigint }[];
  /** All that were used, those that it made itself too. */
  readonly estimates: readonly PinnedEstimate[];
  readonly shares: readonly {
    readonly leaseId: number;
    readonly from: number;
    readonly to: number;
    readonly share: bigint;
  }[];
}
