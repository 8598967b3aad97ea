import type { Database } from '../store/database.ts';
import { type LeaseRow, listLeases } from '../store/leases.ts';
import { SITE } from './site.ts';

/** The market's leases by the code of their stall; the house's under ''. */
export async function leasesOf(db: Database): Promise<ReadonlyMap<string, LeaseRow>> {
  const rows = await listLeases(db, { site: SITE.id, limit: 5_000 });
  return new Map(
    rows.filter(({ kind }) => kind !== 'walk_in').map((lease) => [lease.stall?.code ?? '', lease]),
  );
}
