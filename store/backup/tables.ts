import type { Queryable } from '../database.ts';

export interface TableInfo {
  readonly name: string;
  /** The table that it is a monthly partition of. */
  readonly parent: string | null;
  /** Without those that Postgres computes. */
  readonly columns: readonly string[];
  /** `ORDER BY` this gives the same order on every server. */
  readonly order: string;
}

/** Makes values read the same on every server, and a long copy not run into a limit. */
export const PLAIN_TEXT = `SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres';
  SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL search_path = public;
  SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = '30s'`;

/** Every table that holds rows: partitions, not what they are partitions of. By name. */
export async function listTables(db: Queryable): Promise<TableInfo[]> {
  const { rows } = await db.query<TableInfo & { keys: string[]; columns: string[] }>(
    `SELECT c.relname AS name, p.relname AS parent,
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
             ORDER BY a.attnum) AS columns,
       -- Where the database sorts by bytes anyway, the primary key's index gives the order.
       ARRAY(SELECT quote_ident(a.attname) ||
               CASE WHEN a.attcollation = 0 OR d.datlocprovider = 'b' OR d.datcollate IN ('C', 'POSIX') THEN ''
                    ELSE ' COLLATE "C"' END
             FROM pg_constraint k CROSS JOIN unnest(k.conkey) WITH ORDINALITY u (attnum, n)
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.attnum
             WHERE k.conrelid = c.oid AND k.contype = 'p' ORDER BY u.n) AS keys
     FROM pg_class c
     JOIN pg_database d ON d.datname = current_database()
     LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
     LEFT JOIN pg_class p ON p.oid = i.inhparent
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
     ORDER BY c.relname COLLATE "C"`,
  );
  return rows.map(({ name, parent, columns, keys }) => ({
    name,
    parent,
    columns,
    order: keys.length > 0 ? keys.join(', ') : `${quote(name)}::text COLLATE "C"`,
  }));
}

/** Its rows as text, in their order: the same bytes on every server. */
export const copyOut = ({ name, columns, order }: TableInfo): string =>
  `COPY (SELECT ${columns.map(quote).join(', ')} FROM ONLY ${quote(name)} ORDER BY ${order}) TO STDOUT`;

export const copyIn = (name: string, columns: readonly string[]): string =>
  `COPY ${quote(name)} (${columns.map(quote).join(', ')}) FROM STDIN`;

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Rows in COPY text: a line break within a value is written as two characters. */
export function countRows(bytes: Uint8Array): number {
  let rows = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) rows++;
  return rows;
}
