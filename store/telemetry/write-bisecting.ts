import type { RefusedTelemetry, TelemetryRow } from './port.ts';

/** Rows of the same device and instant made one; the last value of a point wins. */
export function mergeInstants(rows: readonly TelemetryRow[]): readonly TelemetryRow[] {
  const merged = new Map<string, TelemetryRow>();
  for (const row of rows) {
    const key = `${row.ts} ${row.device}`;
    const earlier = merged.get(key);
    merged.set(key, earlier ? { ...row, values: { ...earlier.values, ...row.values } } : row);
  }
  return merged.size === rows.length ? rows : [...merged.values()];
}

/**
 * Writes rows so that one that the server refuses costs only itself: a refused write is repeated in halves, a
 * refused row point by point. Writes are idempotent, so a half that went in before does no harm.
 *
 * @param faultOf what is wrong with the data, or null when it was not the data: then the error is thrown.
 */
export async function writeBisecting(
  rows: readonly TelemetryRow[],
  write: (rows: readonly TelemetryRow[]) => Promise<void>,
  faultOf: (error: unknown) => string | null,
): Promise<readonly RefusedTelemetry[]> {
  try {
    await write(rows);
    return [];
  } catch (error) {
    const fault = faultOf(error);
    if (fault === null) throw error;
    const halves = rows.length > 1 ? halve(rows) : rows.flatMap(byPoint);
    if (halves.length > 1) {
      const refused: RefusedTelemetry[] = [];
      for (const half of halves) refused.push(...(await writeBisecting(half, write, faultOf)));
      return refused;
    }
    return rows.map(({ device, ts, values }) => ({ device, ts, points: Object.keys(values), fault }));
  }
}

function halve(rows: readonly TelemetryRow[]): (readonly TelemetryRow[])[] {
  const middle = rows.length >> 1;
  return [rows.slice(0, middle), rows.slice(middle)];
}

function byPoint(row: TelemetryRow): (readonly TelemetryRow[])[] {
  return Object.entries(row.values).map(([name, value]) => [{ ...row, values: { [name]: value } }]);
}
