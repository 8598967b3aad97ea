import type { DunningNotice } from '../contracts/bills.ts';
import type { SiteSettings } from '../contracts/settings.ts';
import { type DunningStep, dunningTexts } from '../domain/dunning.ts';
import { localDate } from '../domain/local-days.ts';
import { BILL_DUE, BILL_HELD } from './bills.ts';
import type { Queryable } from './database.ts';
import { numbersParam, textsParam } from './pg-arrays.ts';

/**
 * Notes which step of the schedule each overdue bill of a site has reached on the local day `today`, that of `at`: the
 * last one only, so that after days without it a merchant gets one message, not three. A step comes up once for a bill;
 * nothing comes up while all that is due is in dispute. Looks at `limit` bills after the id `afterId`; returns how many
 * steps came up, and the last bill's id, undefined where there was none.
 */
export async function raiseDunning(
  tx: Queryable,
  of: {
    readonly siteId: string;
    readonly timeZone: string;
    readonly today: number;
    readonly schedule: SiteSettings['dunning'];
    readonly at: Date;
    readonly afterId: number;
    readonly limit: number;
  },
): Promise<{ readonly raised: number; readonly lastId: number | undefined }> {
  // No step is before the due date, which begins at `due_at`.
  const { rows } = await tx.query<{ raised: string; last: string | null }>(
    `WITH page AS MATERIALIZED (
       SELECT id, site_id, due_at FROM bills WHERE site_id = $1 AND status = 'issued' AND due_at <= $6 AND id > $7
       ORDER BY id LIMIT $8),
     raised AS (
       INSERT INTO dunning_notices (site_id, bill_id, step, after_days, created_at)
       SELECT b.site_id, b.id, s.step, s.after_days, $6 FROM page b
       CROSS JOIN LATERAL (SELECT s.step, s.after_days FROM unnest($4::text[], $5::int[]) s(step, after_days)
         WHERE s.after_days <= $3 - ((b.due_at AT TIME ZONE $2)::date - DATE '1970-01-01')
         ORDER BY s.after_days DESC LIMIT 1) s
       WHERE NOT EXISTS (SELECT 1 FROM dunning_notices n
           WHERE n.bill_id = b.id AND (n.after_days >= s.after_days OR n.step = s.step))
         AND ${BILL_DUE} > ${BILL_HELD}
       ORDER BY b.id ON CONFLICT (bill_id, step) DO NOTHING RETURNING 1)
     SELECT (SELECT count(*) FROM raised) AS raised, (SELECT max(id) FROM page) AS last`,
    [
      of.siteId,
      of.timeZone,
      of.today,
      textsParam(of.schedule, ({ step }) => step),
      numbersParam(of.schedule, ({ afterDays }) => afterDays),
      of.at,
      of.afterId,
      of.limit,
    ],
  );
  const { raised = '0', last = null } = rows[0] ?? {};
  return { raised: Number(raised), lastId: last === null ? undefined : Number(last) };
}

interface NoticeRow {
  readonly id: string;
  readonly site_id: string;
  readonly market: string;
  readonly time_zone: string;
  readonly bill_id: string;
  readonly number: string;
  readonly period: string;
  readonly due_at: Date;
  readonly currency: string;
  readonly lease_id: string;
  readonly party: string;
  readonly phone: string | null;
  readonly stall: string | null;
  readonly open: string;
  readonly step: DunningStep;
  readonly created_at: Date;
  readonly sent_at: Date | null;
  readonly sent_by: string | null;
  readonly texts: DunningNotice['texts'] | null;
}

/** To be sent (the oldest first): still due and not disputed, and no later step has come up. Or those sent, the newest first. */
export async function listDunning(
  tx: Queryable,
  filter: {
    readonly site: string;
    readonly sent: boolean;
    readonly id?: number | undefined;
    readonly afterId?: number | undefined;
    readonly limit: number;
  },
): Promise<readonly DunningNotice[]> {
  const open = filter.sent
    ? 'n.sent_at IS NOT NULL AND ($3::bigint IS NULL OR n.id < $3)'
    : `n.sent_at IS NULL AND ($3::bigint IS NULL OR n.id > $3) AND b.status = 'issued' AND ${BILL_DUE} > ${BILL_HELD}
       AND NOT EXISTS (SELECT 1 FROM dunning_notices m WHERE m.bill_id = n.bill_id AND m.after_days > n.after_days)`;
  const { rows } = await tx.query<NoticeRow>(
    `SELECT n.*, s.name AS market, s.time_zone, b.number, b.period, b.due_at, b.currency, b.lease_id,
       p.name AS party, p.phone, o.code AS stall, ${filter.sent ? '0' : `${BILL_DUE} - ${BILL_HELD}`} AS open
     FROM dunning_notices n JOIN bills b ON b.id = n.bill_id JOIN sites s ON s.id = n.site_id
     JOIN leases l ON l.id = b.lease_id JOIN parties p ON p.id = l.party_id LEFT JOIN places o ON o.id = l.place_id
     WHERE n.site_id = $1 AND ($2::bigint IS NULL OR n.id = $2) AND ${open}
     ORDER BY n.id ${filter.sent ? 'DESC' : 'ASC'} LIMIT $4`,
    [filter.site, filter.id ?? null, filter.afterId ?? null, filter.limit],
  );
  return rows.map(toNotice);
}

function toNotice(row: NoticeRow): DunningNotice {
  const dueDate = localDate(row.due_at.getTime(), row.time_zone);
  const facts = { ...row, amount: BigInt(row.open), dueDate };
  return {
    id: Number(row.id),
    site: row.site_id,
    bill: {
      id: Number(row.bill_id),
      number: row.number,
      period: row.period,
      dueAt: row.due_at.toISOString(),
    },
    lease: { id: Number(row.lease_id), party: row.party, stall: row.stall },
    phone: row.phone,
    step: row.step,
    createdAt: row.created_at.toISOString(),
    sentAt: row.sent_at?.toISOString() ?? null,
    sentBy: row.sent_by,
    texts: row.texts ?? dunningTexts(facts),
  };
}

export async function findDunningSite(tx: Queryable, id: number): Promise<string | undefined> {
  const { rows } = await tx.query<{ site_id: string }>('SELECT site_id FROM dunning_notices WHERE id = $1', [
    id,
  ]);
  return rows[0]?.site_id;
}

/** Notes that a message was sent, with its words. False when it was sent before. */
export async function markSent(
  tx: Queryable,
  notice: DunningNotice,
  by: { readonly actor: string; readonly at: Date },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    'UPDATE dunning_notices SET sent_at = $2, sent_by = $3, texts = $4 WHERE id = $1 AND sent_at IS NULL',
    [notice.id, by.at, by.actor, JSON.stringify(notice.texts)],
  );
  return rowCount === 1;
}
