import type { Logger } from 'pino';
import { CHANNELS } from '../../contracts/notify.ts';
import { INVARIANTS, type InvariantFinding, violationCount } from '../../domain/audit.ts';
import { RULE } from '../../domain/cases.ts';
import {
  type AuditRun,
  claimAudit,
  endAudit,
  giveBackAudit,
  openAudits,
  recordAuditProgress,
} from '../../store/audit-runs.ts';
import { withRunLock } from '../../store/billing-session.ts';
import { closeCase, openCase } from '../../store/cases.ts';
import type { Database, Queryable } from '../../store/database.ts';
import { isPassing } from '../../store/database-errors.ts';
import { findSite } from '../../store/sites.ts';
import { transaction } from '../../store/transaction.ts';
import { timeRun } from '../metrics.ts';
import { keepAwake, startWorker, type Worker } from '../worker.ts';
import { audit, inSnapshot } from './audit.ts';
import { replayBill } from './replay-bill.ts';

export interface AuditDeps {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly log: Logger;
  readonly now: () => Date;
  readonly lookEveryMs: number;
}

const RUNS_PER_LOOK_MAX = 20;
/** An audit that was begun this often and never ended brings processes down. */
const ATTEMPTS_MAX = 3;

/** Executes audits that are asked for, one after the other; any number of processes may. */
export function startAudits(deps: AuditDeps): Promise<Worker> {
  const { db, databaseUrl, log, lookEveryMs: everyMs } = deps;
  const worker = startWorker({ name: 'audit', log }, async (signal) => {
    for (const { id, siteId } of await openAudits(db.$client, RUNS_PER_LOOK_MAX)) {
      if (signal.aborted) return;
      const lock = { site: siteId, period: `audit ${id}` };
      await withRunLock(db, lock, () => takeUp(deps, id, signal));
    }
  });
  return keepAwake(worker, { databaseUrl, log, everyMs, channel: CHANNELS.audits });
}

/** Throws when the database is away: the audit is begun again. Any other failure ends it. */
async function takeUp({ db, log, now }: AuditDeps, id: number, signal: AbortSignal): Promise<void> {
  const run = await claimAudit(db.$client, id, now());
  const site = run && (await findSite(db, run.siteId));
  if (!run || !site) return;
  const ended = timeRun('audit');
  try {
    if (run.attempts > ATTEMPTS_MAX) throw new Error(`given up after ${ATTEMPTS_MAX} attempts`);
    const { billId } = run;
    if (billId !== null) {
      const result = await inSnapshot(db, site, run.period, (scope) => replayBill(scope, billId), signal);
      await endAudit(db.$client, id, now(), { violations: result.different, result });
      return ended(null);
    }
    const onProgress = (done: number): Promise<void> => recordAuditProgress(db.$client, id, done);
    const { seen, findings } = await audit(db, site, run.period, { onProgress, signal });
    await transaction(db, async (tx) => {
      const result: InvariantFinding[] = [];
      for (const finding of findings) {
        const opened = await keepCase(tx, run, finding, now());
        result.push(opened === null ? finding : { ...finding, case: opened });
      }
      await endAudit(tx, id, now(), { violations: violationCount(findings), result, seen });
    });
    ended(null);
  } catch (err) {
    if (signal.aborted) return giveBackAudit(db.$client, id);
    if (isPassing(err)) throw err;
    log.error({ err, run: id, site: site.id, period: run.period }, 'audit: failed');
    const error = err instanceof Error ? err.message : String(err);
    await endAudit(db.$client, id, now(), { error });
    ended(error);
  }
}

/** A violation is a person's matter until an audit finds none. Returns the case's id while there is one. */
async function keepCase(
  tx: Queryable,
  run: AuditRun,
  finding: InvariantFinding,
  at: Date,
): Promise<number | null> {
  const { invariant, violations } = finding;
  const about = {
    siteId: run.siteId,
    kind: 'audit_violation',
    key: `${run.period} ${invariant}`,
    at,
  } as const;
  const [first] = violations;
  if (first) {
    const count = violationCount([finding]);
    const code = `#${INVARIANTS.indexOf(invariant) + 1}`;
    const subject = { audit: run.id, period: run.period, code, invariant, violations: count, first };
    return openCase(tx, { ...about, subject });
  }
  await closeCase(tx, { ...about, by: RULE, resolution: 'found_none' });
  return null;
}
