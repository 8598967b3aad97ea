import type { Installation } from './metering/fold.ts';
import { type Refusal, registerDelta, vouchedDelta } from './metering/plausible.ts';
import { type Reading, voucherOf } from './readings.ts';

/** An installation of a register, with what its metering point can use. */
export interface JudgedInstallation extends Installation {
  /** Base units an hour. */
  readonly maxRate: bigint;
}

export interface JudgeInput {
  /** Of one register, by start. */
  readonly installations: readonly JudgedInstallation[];
  /** The last reading before that was accepted; null: from the start of the installation. */
  readonly last: Pick<Reading, 'ts' | 'value'> | null;
  /** `voucherOf` those that a person vouches for. */
  readonly vouched?: ReadonlySet<string> | undefined;
}

/** Readings that were refused one after the other: one matter for a person. */
export interface RefusedRow {
  readonly registerId: number;
  /** The first and the last of them. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly value: bigint;
  readonly reason: Refusal;
  /** The accepted state before: what later good readings are counted from. */
  readonly before: Pick<Reading, 'ts' | 'value'>;
  /** The reading that was accepted next; null while none was. */
  readonly after: Pick<Reading, 'ts' | 'value'> | null;
}

export interface Judged<R extends Reading> {
  readonly accepted: readonly R[];
  readonly refused: readonly R[];
  readonly rows: readonly RefusedRow[];
}

/** So few refused readings, followed by one that fits to those before them, are a glitch: it costs nothing. */
export const GLITCH_READINGS_MAX = 3;

export const isGlitch = (row: RefusedRow): boolean => row.after !== null && row.count <= GLITCH_READINGS_MAX;

/**
 * Which readings of a register the fold would refuse (`QuantityFold`), so that it can be said when they come and not
 * only when they are billed. Readings are in ascending order of time; what no installation covers is accepted, as
 * nothing is charged by it.
 */
export function judgeReadings<R extends Reading>(input: JudgeInput, readings: readonly R[]): Judged<R> {
  const accepted: R[] = [];
  const refused: R[] = [];
  const rows: RefusedRow[] = [];
  let current: JudgedInstallation | undefined;
  let last = input.last;
  let row = null as RefusedRow | null;
  for (const reading of readings) {
    const { ts, value } = reading;
    const at = installationAt(input.installations, ts);
    if (at && at !== current) {
      if (row) rows.push(row);
      row = null;
      current = at;
      if (last === null || last.ts <= at.startsAt) last = { ts: at.startsAt, value: at.startValue };
    }
    if (!at || !last) {
      accepted.push(reading);
      continue;
    }
    const refusal = refusalOf(at, last, reading, input.vouched);
    if (refusal === null) {
      accepted.push(reading);
      if (row) rows.push({ ...row, after: { ts, value } });
      row = null;
      last = { ts, value };
    } else {
      refused.push(reading);
      row = row
        ? { ...row, to: ts, count: row.count + 1 }
        : {
            registerId: reading.registerId,
            from: ts,
            to: ts,
            count: 1,
            value,
            reason: refusal,
            before: last,
            after: null,
          };
    }
  }
  if (row) rows.push(row);
  return { accepted, refused, rows };
}

/** At its ends an installation has the values that a person noted: readings count only between them. */
function installationAt(
  installations: readonly JudgedInstallation[],
  ts: number,
): JudgedInstallation | undefined {
  return installations.find(({ startsAt, endsAt }) => startsAt < ts && (endsAt === null || ts < endsAt));
}

/** Why a reading that follows an accepted one cannot be; null when it can. */
export function refusalOf(
  at: JudgedInstallation,
  last: Pick<Reading, 'ts' | 'value'>,
  reading: Reading,
  vouched?: ReadonlySet<string>,
): Refusal | null {
  const step = {
    fromTs: last.ts,
    fromValue: last.value,
    toTs: reading.ts,
    toValue: reading.value,
    modulus: at.modulus,
    multiplier: at.multiplier,
    maxRate: at.maxRate,
  };
  let outcome = registerDelta(step);
  if ('refusal' in outcome && vouched?.has(voucherOf(reading))) outcome = vouchedDelta(step);
  return 'refusal' in outcome ? outcome.refusal : null;
}

/**
 * Which of several values for one instant fits to the readings on both sides of it; null when none or several do.
 * Without a neighbour on a side that side says nothing.
 */
export function plausibleAmong(
  values: readonly bigint[],
  at: JudgedInstallation,
  of: {
    readonly registerId: number;
    readonly ts: number;
    readonly before: Pick<Reading, 'ts' | 'value'> | null;
    readonly after: Pick<Reading, 'ts' | 'value'> | null;
  },
): bigint | null {
  const { registerId, ts, before, after } = of;
  const fitting = values.filter(
    (value) =>
      (before === null || refusalOf(at, before, { registerId, ts, value }) === null) &&
      (after === null || refusalOf(at, { ts, value }, { registerId, ...after }) === null),
  );
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}
