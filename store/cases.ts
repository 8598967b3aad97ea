import { and, asc, desc, eq, lt, sql } from 'drizzle-orm';
import type { CaseKind, CaseStatus } from '../domain/cases.ts';
import { recordAction } from './actions.ts';
import type { Executor, Queryable } from './database.ts';
import { actions, cases } from './schema/cases.ts';

export interface NewCase {
  readonly siteId: string;
  readonly kind: CaseKind;
  /** Names what it is about: while a case with it is open, the same matter is counted on that one. */
  readonly key: string;
  readonly subject: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

/** Opens a case, or counts it on the open one with its key. Returns its id. */
export async function openCase(tx: Queryable, one: NewCase): Promise<number> {
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO cases (site_id, kind, key, subject, opened_at, last_seen_at) VALUES ($1, $2, $3, $4, $5, $5)
     ON CONFLICT (site_id, kind, key) WHERE status = 'open'
     DO UPDATE SET count = cases.count + 1, last_seen_at = greatest(cases.last_seen_at, excluded.last_seen_at),
       subject = excluded.subject
     RETURNING id`,
    [one.siteId, one.kind, one.key, JSON.stringify(one.subject), one.at],
  );
  return Number(rows[0]?.id);
}

/** Closes the open case with this key, if there is one. */
export async function closeCase(
  tx: Queryable,
  one: Pick<NewCase, 'siteId' | 'kind' | 'key' | 'at'> & {
    readonly by: string;
    readonly resolution: string;
    readonly note?: string | undefined;
  },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE cases SET status = 'closed', closed_at = $4, closed_by = $5, resolution = $6, note = $7
     WHERE site_id = $1 AND kind = $2 AND key = $3 AND status = 'open'`,
    [one.siteId, one.kind, one.key, one.at, one.by, one.resolution, one.note ?? null],
  );
  return rowCount === 1;
}

export type CaseRow = typeof cases.$inferSelect;

/** The newest first. */
export function listCases(
  db: Executor,
  query: {
    readonly site?: string | undefined;
    readonly status?: CaseStatus | undefined;
    readonly kind?: CaseKind | undefined;
    readonly before?: number | undefined;
    readonly limit: number;
  },
): Promise<CaseRow[]> {
  return db
    .select()
    .from(cases)
    .where(
      and(
        query.site === undefined ? undefined : eq(cases.siteId, query.site),
        query.status === undefined ? undefined : eq(cases.status, query.status),
        query.kind === undefined ? undefined : eq(cases.kind, query.kind),
        query.before === undefined ? undefined : lt(cases.id, query.before),
      ),
    )
    .orderBy(desc(cases.id))
    .limit(query.limit);
}

export async function findCase(db: Executor, id: number): Promise<CaseRow | undefined> {
  const [row] = await db.select().from(cases).where(eq(cases.id, id));
  return row;
}

/** Of a site: how many are open, by kind. */
export function countOpenCases(db: Executor, site: string) {
  return db
    .select({ kind: cases.kind, open: sql<number>`count(*)::int` })
    .from(cases)
    .where(and(eq(cases.siteId, site), eq(cases.status, 'open')))
    .groupBy(cases.kind)
    .orderBy(asc(cases.kind));
}

const DECISIONS_MAX = 200;

/** What was done about a case, the oldest first. */
export function listDecisions(db: Executor, of: Pick<CaseRow, 'siteId' | 'id'>) {
  return db
    .select()
    .from(actions)
    .where(and(eq(actions.siteId, of.siteId), eq(actions.subject, caseSubject(of.id))))
    .orderBy(asc(actions.id))
    .limit(DECISIONS_MAX);
}

const caseSubject = (id: number): string => `case ${id}`;

/** Locks a case that is still open until the transaction ends, so that it is decided once. */
export async function lockOpenCase(tx: Executor, id: number): Promise<CaseRow | undefined> {
  const [row] = await tx
    .select()
    .from(cases)
    .where(and(eq(cases.id, id), eq(cases.status, 'open')))
    .for('update');
  return row;
}

export interface Decision {
  readonly actor: string;
  readonly at: Date;
  /** A word for what was decided. */
  readonly resolution: string;
  readonly note?: string | undefined;
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
}

/** Part of the transaction that carries a person's decision out: closes the case and records who decided what. */
export async function decideCase(tx: Executor, one: CaseRow, decision: Decision): Promise<void> {
  await tx
    .update(cases)
    .set({
      status: 'closed',
      closedAt: decision.at,
      closedBy: decision.actor,
      resolution: decision.resolution,
      note: decision.note ?? null,
    })
    .where(eq(cases.id, one.id));
  await recordDecision(tx, one, decision);
}

/** Records a step that leaves the case open. */
export async function recordDecision(tx: Executor, one: CaseRow, decision: Decision): Promise<void> {
  await recordAction(tx, {
    siteId: one.siteId,
    at: decision.at,
    actor: decision.actor,
    action: `case.${decision.resolution}`,
    subject: caseSubject(one.id),
    detail: { kind: one.kind, ...(decision.note ? { note: decision.note } : {}), ...decision.detail },
  });
}
