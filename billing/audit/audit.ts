import { type Finding, INVARIANTS, type Invariant, type InvariantFinding } from '../../domain/audit.ts';
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
import { sealed } from './09-sealed.ts';
import { replay } from './10-replay.ts';
import { graduated } from './11-graduated.ts';
import { estimates } from './12-estimates.ts';
import { charges } from './13-charges.ts';
import { recompute } from './recompute.ts';
import type { AuditScope } from './scope.ts';

/** Thousandths done. */
export type OnProgress = (done: number) => Promise<void> | void;

/** Checks that need every point computed again share one pass over them. */
const PASS_SHARE = 700;

/**
 * Checks the 13 invariants of a site's month or day, in one snapshot and without writing anything. Memory is bounded:
 * points are taken in batches, readings are streamed, and of an invariant at most VIOLATIONS_MAX violations are kept.
 */
export async function audit(
  db: Database,
  site: Site,
  periodName: string,
  { onProgress, signal }: { readonly onProgress?: OnProgress; readonly signal?: AbortSignal } = {},
): Promise<readonly InvariantFinding[]> {
  return inSnapshot(db, site, periodName, async (scope) => {
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
    await recompute(
      scope,
      async (points) => {
        for (const check of Object.values(passing)) await check.look(points);
        await tell(at);
      },
      {
        onProgress: (done, of) => {
          at = Math.floor((PASS_SHARE * done) / Math.max(1, of));
        },
      },
    );
    const checks: Record<Invariant, () => Finding | Promise<Finding>> = {
      one_reading: () => oneReading(scope),
      any_order: () => passing.any_order.finish(),
      conservation: () => conservation(scope),
      tiling: () => passing.tiling.finish(),
      bands: () => bands(scope),
      residuals: () => residuals(scope),
      sums: () => passing.sums.finish(),
      repeatable: () => passing.repeatable.finish(),
      sealed: () => sealed(scope),
      replay: () => replay(scope),
      graduated: () => graduated(scope),
      estimates: () => estimates(scope),
      charges: () => charges(scope),
    };
    const findings: InvariantFinding[] = [];
    for (const [i, invariant] of INVARIANTS.entries()) {
      await tell(PASS_SHARE + Math.floor(((1000 - PASS_SHARE) * i) / INVARIANTS.length));
      findings.push({ invariant, ...(await checks[invariant]()) });
    }
    return findings;
  });
}

/** @throws RangeError for what is no month or day. */
export async function inSnapshot<T>(
  db: Database,
  site: Site,
  periodName: string,
  work: (scope: AuditScope) => Promise<T>,
): Promise<T> {
  const { id: siteId, timeZone, currency } = site;
  const range = periodRange(periodName, timeZone);
  if (!range) throw new RangeError(`${periodName} is no month or day`);
  const client = await db.$client.connect();
  let lost: Error | undefined;
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const period = { name: periodName, ...range };
    return await work({ db, client, siteId, period, timeZone, currency, digits: minorDigits(currency) });
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
