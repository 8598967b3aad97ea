import { allocate } from './allocation.ts';
import { type Decimal, unitsAtScale } from './decimal.ts';
import type { Allocated, PointRole, Weight } from './meter-tree.ts';
import type { TimeRange } from './periods.ts';

/** A point directly behind a main, and what it used in the month, base units. */
export interface Member {
  readonly pointId: number;
  readonly role: PointRole;
  readonly usage: bigint;
  /** One of the two values behind it is an estimate. */
  readonly estimated: boolean;
}

/** A stretch of the month in which somebody pays for a stall behind the main, on any level below it. */
export interface Recipient extends TimeRange {
  readonly pointId: number;
  /** Null where nobody pays: its share is borne by the operator, not by the others. */
  readonly leaseId: number | null;
  readonly areaM2: Decimal | null;
  /** In the stretch, base units; only asked for where usage is the weight. */
  readonly usage: bigint;
}

export interface ResidualInput {
  readonly mainUsage: bigint;
  readonly members: readonly Member[];
  readonly what: Allocated;
  readonly weight: Weight;
  /** By point and time: of equal remainders the first gets the unit that is left. */
  readonly recipients: readonly Recipient[];
}

export interface Share {
  readonly recipient: Recipient;
  /** Hundredths of a square metre × ms, base units, or ms. */
  readonly weight: bigint;
  /** Base units. */
  readonly share: bigint;
}

export interface Residual {
  readonly subUsage: bigint;
  readonly commonUsage: bigint;
  /** What the main counted beyond the meters behind it; negative where they counted more. */
  readonly residual: bigint;
  readonly totalWeight: bigint;
  readonly shares: readonly Share[];
  /** The sum of the shares: all that is to be shared out, or 0. */
  readonly allocated: bigint;
}

/**
 * A main's part of what is allocated to a service range, as its evidence keeps it. Integers as text: base units, and
 * weights in their own unit.
 */
export interface SharePart {
  readonly residual: number;
  readonly revision: number;
  readonly main: string;
  readonly mainUsage: string;
  readonly subUsage: string;
  readonly commonUsage: string;
  readonly what: Allocated;
  readonly allocated: string;
  readonly by: Weight;
  readonly weight: string;
  readonly totalWeight: string;
  readonly share: string;
}

const AREA_SCALE = 2;

/**
 * Residual of a main and its shares. Nothing is shared out of a negative residual, which is a case for a person, nor
 * where no recipient has a weight.
 */
export function residualOf(input: ResidualInput): Residual {
  const subUsage = total(input.members);
  const commonUsage = total(input.members.filter(({ role }) => role === 'common'));
  const residual = input.mainUsage - subUsage;
  const weights = input.recipients.map((recipient) => weightOf(recipient, input.weight));
  const due = amountDue(input.what, residual, commonUsage);
  const shares = due > 0n && residual >= 0n ? allocate(due, weights) : null;
  return {
    ...{ subUsage, commonUsage, residual },
    totalWeight: weights.reduce((sum, weight) => sum + weight, 0n),
    shares: (shares ?? []).map((share, i) => ({
      recipient: input.recipients[i] as Recipient,
      weight: weights[i] ?? 0n,
      share,
    })),
    allocated: shares ? due : 0n,
  };
}

function amountDue(what: Allocated, residual: bigint, commonUsage: bigint): bigint {
  switch (what) {
    case 'nothing':
      return 0n;
    case 'residual':
      return residual;
    case 'residual_and_common':
      return residual + commonUsage;
  }
}

function weightOf({ from, to, areaM2, usage }: Recipient, weight: Weight): bigint {
  const time = BigInt(to - from);
  switch (weight) {
    case 'area':
      return areaM2 ? unitsAtScale(areaM2, AREA_SCALE) * time : 0n;
    case 'usage':
      return usage > 0n ? usage : 0n;
    case 'equal':
      return time;
  }
}

const total = (members: readonly Member[]): bigint => members.reduce((sum, { usage }) => sum + usage, 0n);
