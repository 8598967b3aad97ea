import { openCase } from './cases.ts';
import { moveCursor, readCursor, readCursorBase } from './cursors.ts';
import type { Database } from './database.ts';
import { judgeRegisters } from './judge-readings.ts';
import { transaction } from './transaction.ts';
import { ms } from './usage-inputs.ts';

const READER = 'reading-scan';
const INGEST = 'ingest';
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
 * Judges the registers that have readings in the next frames after the scan's cursor, and opens a case for each device
 * whose clock ran ahead. @throws CursorMovedError when another process was at it: nothing is done twice.
 */
export async function scanReadings(
  db: Database,
  at: Date,
  framesMax: number = FRAMES_PER_STEP_MAX,
): Promise<ScanStep> {
  const head = (await readCursorBase(db, INGEST)) + (await readCursor(db, INGEST));
  const from = await readCursor(db, READER);
  const to = Math.min(head, from + framesMax);
  if (to <= from) return { registers: 0, changed: 0, isCaughtUp: true };
  return transaction(db, async (tx) => {
    await moveCursor(tx, { reader: READER, from, to });
    const { rows } = await tx.query<{ register_id: string; ts: string }>(
      `SELECT register_id, ${ms('min(ts)')} AS ts FROM readings
       WHERE journal_seq > $1 AND journal_seq <= $2 AND quality IN ('good', 'quarantined') GROUP BY register_id`,
      [from, to],
    );
    const asked = rows.map((row) => ({ registerId: Number(row.register_id), from: Number(row.ts) }));
    const changed = await judgeRegisters(tx, asked, at);
    const { rows: ahead } = await tx.query<{ site_id: string; id: string; serial: string; count: string }>(
      `SELECT d.site_id, d.id, d.serial, count(*) AS count FROM readings r JOIN registers g ON g.id = r.register_id
         JOIN devices d ON d.id = g.device_id
       WHERE r.journal_seq > $1 AND r.journal_seq <= $2 AND r.quality = 'future' GROUP BY d.id`,
      [from, to],
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
