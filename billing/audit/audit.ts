import {
  type AuditSeen,
  type Finding,
  INVARIANTS,
  type Invariant,
  type InvariantFinding,
} from '../../domain/audit.ts';
import { minorDigits } from '../../domain/money.ts';
import { periodRange } from '../../domain/periods.ts';
import type { Database } from '../../store/database.ts';
import type { Site } from '../../store/sites.ts';
import { oneReading } from './01-one-reading.ts';
import { AnyOrder } from './02-any-order.ts';
import { conservation } from './03-conservation.ts';
import { Tiling } from './04-tiling.ts';
import { bands } from './05-bands.ts';
import { residuals } from './06-residuals.ts';
import { Sums } from './07-sums.ts';
import { Repeatable } from './08-repeatable.ts';
import { readSeal, sealed } from './09-sealed.ts';
import { replay } from './10-replay.ts';
import { graduated } from './11-graduated.ts';
import { estimates } from './12-estimates.ts';
import { charges } from './13-charges.ts';
import { locate } from './locate.ts';
import { recompute } from './recompute.ts';
import type { AuditScope } from './scope.ts';

/** Thousandths done. */
export type OnProgress = (done: number) => Promise<void> | void;

/** Checks that need every point computed again share one pass over them. */
const PASS_SHARE = 700;

export interface Audited {
  readonly seen: AuditSeen;
  readonly findings: readonly InvariantFinding[];
}

/**
 * Checks the 13 invariants of a site's month or day, in one snapshot and without writing anything. Memory is bounded:
 * points are taken in batches, readings are streamed, and of an invariant at most VIOLATIONS_MAX violations are kept.
 */
export async function audit(
  db: Database,
  site: Site,
  periodName: string,
  { onProgress, signal }: { readonly onProgress?: OnProgress; readonly signal?: AbortSignal } = {},
): Promise<Audited> {
  const work = async (scope: AuditScope): Promise<Audited> => {
    const passing = {
      any_order: new AnyOrder(scope),
      tiling: new Tiling(scope),
      sums: new Sums(scope),
      repeatable: new Repeatable(scope),
    };
    let told = 0;
    const tell = async (done: number): Promise<void> => {
      signal?.throwIfAborted();
      if (done <= told) return;
      told = done;
      await onProgress?.(done);
    };
    let at = 0;
    const cutOffs = await recompute(
      scope,
      async (points) => {
        for (const check of Object.values(passing)) await check.look(points);
        await tell(at);
      },
      {
        signal,
        onProgress: (done, of) => {
          at = Math.floor((PASS_SHARE * done) / Math.max(1, of));
        },
      },
    );
    const seal = await readSeal(scope);
    const checks: Record<Invariant, () => Finding | Promise<Finding>> = {
      one_reading: () => oneReading(scope),
      any_order: () => passing.any_order.finish(),
      conservation: () => conservation(scope),
      tiling: () => passing.tiling.finish(),
      bands: () => bands(scope),
      residuals: () => residuals(scope),
      sums: () => passing.sums.finish(),
      repeatable: () => passing.repeatable.finish(),
      sealed: () => sealed(scope, seal),
      replay: () => replay(scope),
      graduated: () => graduated(scope),
      estimates: () => estimates(scope),
      charges: () => charges(scope),
    };
    const findings: InvariantFinding[] = [];
    for (const [i, invariant] of INVARIANTS.entries()) {
      await tell(PASS_SHARE + Math.floor(((1000 - PASS_SHARE) * i) / INVARIANTS.length));
      const finding = await checks[invariant]();
      const isIdle = cutOffs.length === 0 && invariant in passing;
      findings.push({ invariant, ...finding, ...(isIdle ? { note: 'not_charged' } : {}) });
    }
    return { seen: { at: await snapshotAt(scope), cutOffs, seal }, findings: await locate(scope, findings) };
  };
  return inSnapshot(db, site, periodName, work, signal);
}

/** When the snapshot was taken, on the database's clock. */
async function snapshotAt({ client }: AuditScope): Promise<string> {
  const { rows } = await client.query<{ at: Date }>('SELECT transaction_timestamp() AS at');
  if (!rows[0]) throw new Error('the database does not say what time it is');
  return rows[0].at.toISOString();
}

/** @throws RangeError for what is no month or day. */
export async function inSnapshot<T>(
  db: Database,
  site: Site,
  periodName: string,
  work: (scope: AuditScope) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const { id: siteId, timeZone, currency } = site;
  const range = periodRange(periodName, timeZone);
  if (!range) throw new RangeError(`${periodName} is no month or day`);
  const client = await db.$client.connect();
  let lost: Error | undefined;
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const period = { name: periodName, ...range };
    const digits = minorDigits(currency);
    return await work({ client, siteId, period, timeZone, currency, digits, signal });
  } catch (error) {
    lost = error as Error;
    throw error;
  } finally {
    await client.query('ROLLBACK').catch((error: Error) => {
      lost = error;
    });
    client.release(lost);
  }
}
