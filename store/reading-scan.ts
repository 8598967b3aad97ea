import { openCase } from './cases.ts';
import { moveCursor } from './cursors.ts';
import type { Database } from './database.ts';
import { judgeRegisters } from './judge-readings.ts';
import { transaction } from './transaction.ts';
import { ms } from './usage-inputs.ts';

/** Frames that one step looks at: bounds its transaction. */
const FRAMES_PER_STEP_MAX = 2_000;

export interface ScanStep {
  /** Registers with readings among the frames. */
  readonly registers: number;
  /** Readings that were quarantined or given back. */
  readonly changed: number;
  readonly isCaughtUp: boolean;
}

/**
 * Judges the registers that have readings in the next frames after the scan's cursor, journal by journal, and opens a
 * case for each device whose clock ran ahead. @throws CursorMovedError when another process was at it: nothing is done
 * twice.
 */
export async function scanReadings(
  db: Database,
  at: Date,
  framesMax: number = FRAMES_PER_STEP_MAX,
): Promise<ScanStep> {
  const { rows } = await db.$client.query<{ n: string; head: string; from: string }>(
    `SELECT split_part(i.reader, '/', 2) AS n, i.base + i.seq AS head, coalesce(s.seq, 0) AS from
     FROM journal_cursors i LEFT JOIN journal_cursors s ON s.reader = 'reading-scan/' || split_part(i.reader, '/', 2)
     WHERE starts_with(i.reader, 'ingest/') AND i.base + i.seq > coalesce(s.seq, 0) ORDER BY i.reader`,
  );
  const steps: ScanStep[] = [];
  for (const { n, head, from } of rows) {
    const to = Math.min(Number(head), Number(from) + framesMax);
    steps.push(await scanFrames(db, at, { journal: Number(n), from: Number(from), to, head: Number(head) }));
  }
  return {
    registers: steps.reduce((sum, { registers }) => sum + registers, 0),
    changed: steps.reduce((sum, { changed }) => sum + changed, 0),
    isCaughtUp: steps.every(({ isCaughtUp }) => isCaughtUp),
  };
}

interface Frames {
  /** Its position. */
  readonly journal: number;
  readonly from: number;
  readonly to: number;
  readonly head: number;
}

function scanFrames(db: Database, at: Date, { journal, from, to, head }: Frames): Promise<ScanStep> {
  return transaction(db, async (tx) => {
    await moveCursor(tx, { reader: `reading-scan/${journal}`, from, to });
    const { rows } = await tx.query<{ register_id: string; ts: string }>(
      `SELECT r.register_id, ${ms('min(r.ts)')} AS ts FROM readings r JOIN registers g ON g.id = r.register_id
         JOIN devices d ON d.id = g.device_id
       WHERE r.journal_seq > $1 AND r.journal_seq <= $2 AND r.quality IN ('good', 'quarantined')
         AND journal_partition(d.site_id) = $3 GROUP BY r.register_id`,
      [from, to, journal],
    );
    const asked = rows.map((row) => ({ registerId: Number(row.register_id), from: Number(row.ts) }));
    const changed = await judgeRegisters(tx, asked, at);
    const { rows: ahead } = await tx.query<{ site_id: string; id: string; serial: string }>(
      `SELECT d.site_id, d.id, d.serial FROM readings r JOIN registers g ON g.id = r.register_id
         JOIN devices d ON d.id = g.device_id
       WHERE r.journal_seq > $1 AND r.journal_seq <= $2 AND r.quality = 'future'
         AND journal_partition(d.site_id) = $3 GROUP BY d.id`,
      [from, to, journal],
    );
    for (const { site_id: siteId, id, serial } of ahead) {
      await openCase(tx, {
        siteId,
        kind: 'clock_ahead',
        key: id,
        subject: { device: serial, deviceId: id },
        at,
      });
    }
    return { registers: asked.length, changed, isCaughtUp: to === head };
  });
}
