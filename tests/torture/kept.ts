import type { Database } from '../../store/database.ts';
import type { Device } from './device.ts';
import { SITE } from './market.ts';
import type { Total } from './target.ts';

/** A value that is stored; `isFuture` where the store says that it is of a clock that is ahead. */
interface Stored {
  readonly ts: number;
  readonly value: number;
  readonly isFuture?: boolean;
}

interface Tally {
  acknowledged: number;
  missing: number;
  wrong: number;
  twice: number;
  /** Nobody sent it. */
  strange: number;
  /** Of a clock that is ahead, and not kept apart. */
  unflagged: number;
}

/** Compares what devices were acknowledged with the readings in Postgres. */
export async function countReadings(
  db: Database,
  devices: readonly Device[],
  registers: readonly number[],
): Promise<Tally> {
  return tally(devices, async (n) => {
    const { rows } = await db.$client.query<{ ts: Date; value: string; quality: string }>(
      'SELECT ts, value, quality FROM readings WHERE register_id = $1',
      [registers[n]],
    );
    return rows.map(({ ts, value, quality }) => ({
      ...{ ts: ts.getTime(), value: Number(value), isFuture: quality === 'future' },
    }));
  });
}

const ROWS_MAX = 10_000;

/** Compares it with the points in an InfluxDB 1.x. */
export async function countTelemetry(
  influxUrl: string,
  devices: readonly Device[],
  ids: readonly string[],
): Promise<Tally> {
  return tally(devices, async (n) => {
    const stored: Stored[] = [];
    for (let after = 0; ; after = stored.at(-1)?.ts ?? 0) {
      const rows = await influxQl(
        influxUrl,
        `SELECT energy_import FROM telemetry WHERE device = '${ids[n]}' AND site = '${SITE}' AND time > ${after}ms LIMIT ${ROWS_MAX}`,
      );
      stored.push(...rows.map(([ts = 0, kWh = 0]) => ({ ts, value: Math.round(kWh * 1_000) })));
      if (rows.length < ROWS_MAX) return stored;
    }
  });
}

export async function influxQl(url: string, statement: string): Promise<readonly (readonly number[])[]> {
  const answer = await fetch(`${url}/query?db=stallgrid&epoch=ms&q=${encodeURIComponent(statement)}`);
  const { results } = (await answer.json()) as { results: { series?: { values: number[][] }[] }[] };
  return results[0]?.series?.[0]?.values ?? [];
}

/** Exactly what was acknowledged must be there, and nothing that was never sent. */
export async function tally(
  devices: readonly Device[],
  storedOf: (device: number) => Promise<readonly Stored[]>,
): Promise<Tally> {
  const total: Tally = { acknowledged: 0, missing: 0, wrong: 0, twice: 0, strange: 0, unflagged: 0 };
  for (const [n, { messages }] of devices.entries()) {
    const stored = await storedOf(n);
    const at = new Map(stored.map((row) => [row.ts, row]));
    total.twice += stored.length - at.size;
    const sent = new Set<number>();
    for (const { readings, acknowledged, isAhead } of messages) {
      for (const { ts, value } of readings) {
        sent.add(ts);
        const row = at.get(ts);
        if (acknowledged) total.acknowledged++;
        if (!row) {
          if (acknowledged) total.missing++;
        } else {
          if (row.value !== value) total.wrong++;
          if (row.isFuture === !isAhead) total.unflagged++;
        }
      }
    }
    for (const ts of at.keys()) if (!sent.has(ts)) total.strange++;
  }
  return total;
}

export function totalsOf(where: string, found: Tally): readonly Total[] {
  const mustBeZero = true;
  return [
    { name: `acknowledged and missing in ${where}`, value: found.missing, mustBeZero },
    { name: `stored twice in ${where}`, value: found.twice, mustBeZero },
    { name: `another value in ${where}`, value: found.wrong, mustBeZero },
    { name: `never sent, but in ${where}`, value: found.strange, mustBeZero },
  ];
}
