import type { CaseKind } from '../domain/cases.ts';
import type { Queryable } from './database.ts';

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
