import type { Queryable } from './database.ts';

/** What the broker must know of a device to let it in. */
export interface Credential {
  readonly device: string;
  readonly site: string;
  /** SHA-256 of the secret. */
  readonly secretHash: Buffer;
  readonly previousSecretHash: Buffer | null;
  readonly previousSecretExpiresAt: Date | null;
  /** The profile's publishes a second. */
  readonly rateLimit: number;
}

const PAGE_ROWS = 5_000;
const CREDENTIALS = `SELECT d.id AS device, d.site_id AS site, d.secret_hash AS "secretHash",
    d.previous_secret_hash AS "previousSecretHash", d.previous_secret_expires_at AS "previousSecretExpiresAt",
    (p.definition ->> 'rateLimit')::float8 AS "rateLimit"
  FROM devices d JOIN device_profiles p ON p.id = d.profile_id AND p.revision = d.profile_revision
  WHERE d.enabled`;

/** Every enabled device's, a page at a time. */
export async function* readCredentials(db: Queryable): AsyncGenerator<readonly Credential[]> {
  for (let after = ''; ; ) {
    const { rows } = await db.query<Credential>(
      `${CREDENTIALS} AND d.id > $1 ORDER BY d.id LIMIT ${PAGE_ROWS}`,
      [after],
    );
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    after = last.device;
  }
}

/** Those of these devices that exist and are enabled. */
export async function readCredentialsOf(
  db: Queryable,
  devices: readonly string[],
): Promise<readonly Credential[]> {
  const { rows } = await db.query<Credential>(`${CREDENTIALS} AND d.id = ANY ($1)`, [devices]);
  return rows;
}
