import { and, desc, eq, getTableColumns, inArray, sql } from 'drizzle-orm';
import { CHANNELS } from '../contracts/notify.ts';
import type { Database, Executor, Queryable } from './database.ts';
import { commands } from './schema/devices.ts';

/** A device may act on time and its acknowledgement still take this long; later, the command has expired. */
const ACK_GRACE = `interval '30 s'`;

export interface CommandAck {
  /** The command's id, a UUID. */
  readonly id: string;
  /** Who sent the acknowledgement: only the addressed device's counts. */
  readonly device: string;
  readonly ok: boolean;
  readonly result: unknown;
  /** When the platform received it. */
  readonly at: Date;
}

/**
 * Ends commands with what their devices answered. The first answer that was received in time counts, however much
 * later it is read from the journal; one to an unknown command, from another device or after the time is ignored.
 */
export async function finishCommands(db: Queryable, acks: readonly CommandAck[]): Promise<void> {
  if (acks.length === 0) return;
  await db.query({
    name: 'finish_commands',
    text: `UPDATE commands c SET status = CASE WHEN answer.ok THEN 'succeeded' ELSE 'failed' END,
             finished_at = answer.at, result = answer.result::jsonb, broker = NULL
           FROM (
             SELECT DISTINCT ON (c.id) c.id, a.ok, a.at, a.result
             FROM unnest($1::uuid[], $2::text[], $3::boolean[], $4::timestamptz[], $5::text[])
               WITH ORDINALITY AS a (id, device, ok, at, result, nth)
             JOIN commands c ON c.id = a.id AND c.device_id = a.device
             WHERE c.status IN ('queued', 'sent', 'expired') AND a.at <= c.expires_at + ${ACK_GRACE}
             ORDER BY c.id, a.nth
           ) AS answer
           WHERE c.id = answer.id`,
    values: [
      acks.map((ack) => ack.id),
      acks.map((ack) => ack.device),
      acks.map((ack) => ack.ok),
      acks.map((ack) => ack.at),
      acks.map((ack) => (ack.result === undefined ? null : JSON.stringify(ack.result))),
    ],
  });
}

export interface ClaimedCommand {
  readonly id: string;
  readonly device: string;
  readonly op: string;
  readonly args: Record<string, unknown>;
  readonly expiresAt: Date;
}

/** A device and how many commands it can take. */
export interface CommandRoom {
  readonly device: string;
  readonly room: number;
}

/**
 * Takes queued commands of these devices for sending, oldest first, as many as each has room for: whoever claims a
 * command is the only one to send it.
 */
export async function claimCommands(
  db: Queryable,
  {
    broker,
    devices,
    at,
  }: { readonly broker: number; readonly devices: readonly CommandRoom[]; readonly at: Date },
): Promise<ClaimedCommand[]> {
  const { rows } = await db.query<ClaimedCommand>({
    name: 'claim_commands',
    text: `WITH due AS MATERIALIZED (
             SELECT queued.id
             FROM unnest($1::text[], $2::int[]) AS d (device, room)
             CROSS JOIN LATERAL (
               SELECT id FROM commands
               WHERE device_id = d.device AND status = 'queued' AND expires_at > $3
               ORDER BY created_at LIMIT d.room FOR UPDATE SKIP LOCKED
             ) AS queued
           ), claimed AS (
             UPDATE commands c SET status = 'sent', sent_at = $3, broker = $4 FROM due WHERE c.id = due.id RETURNING c.*
           )
           SELECT id, device_id AS device, op, args, expires_at AS "expiresAt" FROM claimed ORDER BY created_at`,
    values: [devices.map((d) => d.device), devices.map((d) => d.room), at, broker],
  });
  return rows;
}

/** The devices have these: should the broker be lost, they are not sent again. */
export async function settleCommands(db: Queryable, broker: number, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.query({
    name: 'settle_commands',
    text: 'UPDATE commands SET broker = NULL WHERE id = ANY ($1::uuid[]) AND broker = $2',
    values: [ids, broker],
  });
}

/** Tells the brokers of commands that are queued again: another one may have the device by now. */
const NOTIFY_AGAIN = `SELECT pg_notify('${CHANNELS.commands}', json_build_object('device', device_id)::text)
  FROM (SELECT DISTINCT device_id FROM again) d`;

/** Gives back commands that this broker claimed and that did not arrive, to be claimed again. */
export async function requeueCommands(db: Queryable, broker: number, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.query({
    name: 'requeue_commands',
    text: `WITH again AS (
             UPDATE commands SET status = 'queued', broker = NULL
             WHERE id = ANY ($1::uuid[]) AND status = 'sent' AND broker = $2 RETURNING device_id
           ) ${NOTIFY_AGAIN}`,
    values: [ids, broker],
  });
}

/** As `requeueCommands`, for brokers that are no more; what has expired keeps its time for an acknowledgement. */
export async function requeueLostCommands(db: Queryable, lost: readonly number[], at: Date): Promise<void> {
  if (lost.length === 0) return;
  await db.query({
    name: 'requeue_lost_commands',
    text: `WITH again AS (
             UPDATE commands SET broker = NULL,
               status = CASE WHEN status = 'sent' AND expires_at > $2 THEN 'queued' ELSE status END
             WHERE broker = ANY ($1::int[]) RETURNING device_id
           ) ${NOTIFY_AGAIN}`,
    values: [lost, at],
  });
}

/** Devices that have commands to be sent, at most `limit`. */
export async function devicesWithCommands(
  db: Queryable,
  { at, limit }: { readonly at: Date; readonly limit: number },
): Promise<string[]> {
  const { rows } = await db.query<{ device: string }>({
    name: 'devices_with_commands',
    text: `SELECT DISTINCT device_id AS device FROM commands WHERE status = 'queued' AND expires_at > $1 LIMIT $2`,
    values: [at, limit],
  });
  return rows.map((row) => row.device);
}

/** Ends commands whose time is up: unsent ones at once, sent ones when no acknowledgement can count any more. */
export async function expireCommands(db: Queryable, at: Date): Promise<number> {
  const { rowCount } = await db.query({
    name: 'expire_commands',
    text: `WITH due AS MATERIALIZED (
             SELECT id FROM commands
             WHERE status IN ('queued', 'sent') AND expires_at <= $1
               AND (status = 'queued' OR expires_at + ${ACK_GRACE} <= $1)
             LIMIT 10000 FOR UPDATE SKIP LOCKED
           )
           UPDATE commands c SET status = 'expired', finished_at = $1, broker = NULL FROM due WHERE c.id = due.id`,
    values: [at],
  });
  return rowCount ?? 0;
}

/** Queues a command; the broker is notified by a trigger. */
export async function queueCommand(
  db: Executor,
  command: Omit<typeof commands.$inferInsert, 'status'>,
): Promise<CommandRow> {
  const [row] = await db.insert(commands).values(command).returning();
  if (!row) throw new Error('the insert returned no row');
  return row;
}
export type CommandRow = typeof commands.$inferSelect;

/** As `queueCommand`, the same operation for several devices at once. Returns the commands' ids. */
export async function queueCommands(
  tx: Queryable,
  devices: readonly string[],
  order: {
    readonly op: string;
    readonly reason: string;
    readonly requestedBy: string;
    readonly at: Date;
    readonly expiresAt: Date;
  },
): Promise<readonly string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO commands (id, device_id, op, args, reason, requested_by, created_at, expires_at)
     SELECT gen_random_uuid(), device, $2, '{}', $3, $4, $5, $6 FROM unnest($1::text[]) device RETURNING id`,
    [devices, order.op, order.reason, order.requestedBy, order.at, order.expiresAt],
  );
  return rows.map(({ id }) => id);
}

export async function findCommand(db: Executor, id: string): Promise<CommandRow | undefined> {
  const [row] = await db.select().from(commands).where(eq(commands.id, id));
  return row;
}

/** A device's commands, newest first, before the key `before` of a row already shown. */
export function listCommands(
  db: Executor,
  query: { readonly device: string; readonly before?: CommandKey | undefined; readonly limit: number },
): Promise<(CommandRow & { key: string })[]> {
  return db
    .select({ ...getTableColumns(commands), key: sql<string>`${commands.createdAt}::text` })
    .from(commands)
    .where(
      and(
        eq(commands.deviceId, query.device),
        query.before &&
          sql`(${commands.createdAt}, ${commands.id}) < (${query.before.createdAt}::timestamptz, ${query.before.id}::uuid)`,
      ),
    )
    .orderBy(desc(commands.createdAt), desc(commands.id))
    .limit(query.limit);
}
/** `createdAt` as Postgres writes it: a Date would lose its microseconds. */
export interface CommandKey {
  readonly createdAt: string;
  readonly id: string;
}

/** How many commands of a device have not ended. */
export function countOpenCommands(db: Database, device: string): Promise<number> {
  return db.$count(
    commands,
    and(eq(commands.deviceId, device), inArray(commands.status, ['queued', 'sent'])),
  );
}
