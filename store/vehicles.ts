import type { Queryable } from './database.ts';
import { instant } from './usage-inputs.ts';

export interface VehicleRow {
  readonly id: number;
  readonly plate: string;
  readonly class: string;
  readonly note: string | null;
  readonly payer: {
    readonly lease: number;
    readonly party: { readonly id: number; readonly name: string };
    readonly stall: string | null;
    readonly startsAt: string;
  } | null;
  readonly monthlyPasses: readonly {
    readonly id: number;
    readonly startsAt: string;
    readonly endsAt: string;
    readonly createdBy: string;
  }[];
  readonly siteId: string;
}

const ISO = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Vehicles by id, with who pays for them at `now` and their newest monthly passes. */
export async function listVehicles(
  db: Queryable,
  query: {
    readonly site?: string | undefined;
    readonly id?: number | undefined;
    /** A part of the plate, as plates are compared. */
    readonly plate?: string | undefined;
    readonly after?: number | undefined;
    readonly limit: number;
    readonly now: Date;
  },
): Promise<readonly VehicleRow[]> {
  const { rows } = await db.query<
    Omit<VehicleRow, 'id' | 'siteId' | 'monthlyPasses'> & {
      id: string;
      site_id: string;
      passes: VehicleRow['monthlyPasses'] | null;
    }
  >(
    `SELECT v.id, v.site_id, v.plate, v.class, v.note, CASE WHEN l.id IS NOT NULL THEN json_build_object('lease', l.id,
         'party', json_build_object('id', pa.id, 'name', pa.name), 'stall', pl.code, 'startsAt', ${ISO('vp.starts_at')})
       END AS payer,
       (SELECT json_agg(json_build_object('id', m.id, 'startsAt', ${ISO('m.starts_at')}, 'endsAt', ${ISO('m.ends_at')},
         'createdBy', m.created_by) ORDER BY m.starts_at)
        FROM (SELECT * FROM monthly_passes m WHERE m.vehicle_id = v.id ORDER BY m.starts_at DESC LIMIT 10) m) AS passes
     FROM vehicles v
     LEFT JOIN vehicle_payers vp ON vp.vehicle_id = v.id AND vp.starts_at <= $5 AND (vp.ends_at IS NULL OR vp.ends_at > $5)
     LEFT JOIN leases l ON l.id = vp.lease_id AND (l.ends_at IS NULL OR l.ends_at > $5)
     LEFT JOIN parties pa ON pa.id = l.party_id LEFT JOIN places pl ON pl.id = l.place_id
     WHERE ($1::text IS NULL OR v.site_id = $1) AND ($2::bigint IS NULL OR v.id = $2)
       AND ($3::text IS NULL OR strpos(v.plate, $3) > 0) AND ($4::bigint IS NULL OR v.id > $4)
     ORDER BY v.id LIMIT $6`,
    [query.site ?? null, query.id ?? null, query.plate ?? null, query.after ?? null, query.now, query.limit],
  );
  return rows.map(({ id, site_id, passes, ...rest }) => ({
    ...rest,
    id: Number(id),
    siteId: site_id,
    monthlyPasses: passes ?? [],
  }));
}

/** @throws a unique violation when the site has this plate. */
export async function createVehicle(
  tx: Queryable,
  one: {
    readonly siteId: string;
    readonly plate: string;
    readonly class: string;
    readonly note: string | null;
    readonly leaseId: number | null;
    readonly by: string;
    readonly at: Date;
  },
): Promise<number> {
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO vehicles (site_id, plate, class, note, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
    [one.siteId, one.plate, one.class, one.note, one.by, one.at],
  );
  const id = Number(rows[0]?.id);
  if (one.leaseId !== null) await setPayer(tx, id, one.leaseId, one.at);
  return id;
}

export async function changeVehicle(
  tx: Queryable,
  id: number,
  change: { readonly class?: string | undefined; readonly note?: string | null | undefined },
): Promise<void> {
  await tx.query(
    `UPDATE vehicles SET class = coalesce($2, class), note = CASE WHEN $3 THEN $4 ELSE note END WHERE id = $1`,
    [id, change.class ?? null, change.note !== undefined, change.note ?? null],
  );
}

/** From then on the lease pays for the vehicle; null: its driver does. What was to begin later is dropped. */
export async function setPayer(
  tx: Queryable,
  vehicleId: number,
  leaseId: number | null,
  from: Date,
): Promise<void> {
  await tx.query('DELETE FROM vehicle_payers WHERE vehicle_id = $1 AND starts_at >= $2', [vehicleId, from]);
  await tx.query(
    'UPDATE vehicle_payers SET ends_at = $2 WHERE vehicle_id = $1 AND (ends_at IS NULL OR ends_at > $2)',
    [vehicleId, from],
  );
  if (leaseId === null) return;
  await tx.query('INSERT INTO vehicle_payers (vehicle_id, lease_id, starts_at) VALUES ($1, $2, $3)', [
    vehicleId,
    leaseId,
    from,
  ]);
}

/** @throws an exclusion violation when the vehicle has another one in that time. */
export async function addMonthlyPass(
  tx: Queryable,
  vehicleId: number,
  range: { readonly from: number; readonly to: number },
  by: { readonly actor: string; readonly at: Date },
): Promise<void> {
  await tx.query(
    `INSERT INTO monthly_passes (vehicle_id, starts_at, ends_at, created_by, created_at)
     VALUES ($1, ${instant('$2')}, ${instant('$3')}, $4, $5)`,
    [vehicleId, range.from, range.to, by.actor, by.at],
  );
}

/** Moves the end of a monthly pass, or takes it away where the end is not after its start. False when there is none. */
export async function endMonthlyPass(
  tx: Queryable,
  vehicleId: number,
  id: number,
  to: number,
): Promise<boolean> {
  const { rowCount: removed } = await tx.query(
    `DELETE FROM monthly_passes WHERE id = $1 AND vehicle_id = $2 AND starts_at >= ${instant('$3')}`,
    [id, vehicleId, to],
  );
  if (removed === 1) return true;
  const { rowCount } = await tx.query(
    `UPDATE monthly_passes SET ends_at = ${instant('$3')} WHERE id = $1 AND vehicle_id = $2`,
    [id, vehicleId, to],
  );
  return rowCount === 1;
}
