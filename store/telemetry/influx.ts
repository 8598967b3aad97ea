import { HttpError, InfluxDB } from '@influxdata/influxdb-client';
import { inChunks } from '../pg-arrays.ts';
import { equals, identifier, influxQl, oneOf, type Series } from './influx-query.ts';
import { lineOf, MEASUREMENT } from './line-protocol.ts';
import type { PointValue, TelemetryRow, TelemetrySample, TelemetryStore } from './port.ts';
import { mergeInstants, writeBisecting } from './write-bisecting.ts';

export interface InfluxOptions {
  readonly url: string;
  /** An API token, or `user:password` for 1.x; empty where the server asks for none. */
  readonly token: string;
  readonly org: string;
  /** The database for 1.x, created when it is missing. */
  readonly bucket: string;
  /** Which write path the server has: `/api/v2/write` (2.x, 3.x) or `/write` (1.x). */
  readonly api: 'v1' | 'v2';
  /** After this long without an answer a request has failed. Default 30 s. */
  readonly timeoutMs?: number;
}

const ROWS_MAX = 5_000;
const REQUEST_MS_MAX = 30_000;
const PING_MS_MAX = 5_000;
const LATEST_DEVICES_MAX = 200;

/**
 * Telemetry in InfluxDB 1.x, 2.x or 3.x: one measurement with the tags device and site. Requests go through the
 * official client's transport and not its write API, whose buffer and retries would hide from the caller whether
 * a row is stored.
 */
export function openInfluxTelemetry(options: InfluxOptions): TelemetryStore {
  const { url, token, org, bucket, api, timeoutMs = REQUEST_MS_MAX } = options;
  const basic = api === 'v1' && token.includes(':');
  const { transport } = new InfluxDB({
    url,
    timeout: timeoutMs,
    ...(token && !basic && { token }),
    ...(basic && { headers: { authorization: `Basic ${Buffer.from(token).toString('base64')}` } }),
  });
  const query = encodeURIComponent(bucket);
  const writePath =
    api === 'v1'
      ? `/write?db=${query}&precision=ms`
      : `/api/v2/write?org=${encodeURIComponent(org)}&bucket=${query}&precision=ms`;

  async function send(method: string, path: string, body: string, ms = timeoutMs): Promise<unknown> {
    let status: number | undefined;
    const type = method === 'POST' && path !== writePath ? 'application/x-www-form-urlencoded' : 'text/plain';
    const headers = { 'content-type': `${type}; charset=utf-8` };
    const signal = AbortSignal.timeout(ms);
    const answer = await transport.request(path, body, { method, headers, signal }, (_, code) => {
      status = code;
    });
    // 3.x says so when it took only some of the lines.
    if (path === writePath && status === 201) throw new HttpError(422, 'partial write');
    return answer;
  }

  async function ask(statement: string): Promise<readonly (readonly Series[])[]> {
    const body = `q=${encodeURIComponent(statement)}`;
    return influxQl(await send('POST', `/query?db=${query}&epoch=ms`, body));
  }

  async function writeLines(rows: readonly TelemetryRow[]): Promise<void> {
    const body = rows.map(lineOf).join('\n');
    try {
      await send('POST', writePath, body);
    } catch (error) {
      if (isPastRetention(error)) return;
      if (api !== 'v1' || !isMissingDatabase(error)) throw error;
      await ask(`CREATE DATABASE ${identifier(bucket)}`);
      await send('POST', writePath, body);
    }
  }

  return {
    async write(rows) {
      return writeBisecting(mergeInstants(rows), (some) => inChunks(some, ROWS_MAX, writeLines), faultOf);
    },

    async query({ site, device, point, from, to, everyS, limit }) {
      const field = identifier(point);
      const [series] = await ask(
        `SELECT ${everyS === undefined ? field : `mean(${field})`} FROM ${identifier(MEASUREMENT)} ` +
          `WHERE ${equals('site', site)} AND ${equals('device', device)} AND time >= ${from}ms AND time < ${to}ms ` +
          `${everyS === undefined ? '' : `GROUP BY time(${everyS}s) fill(none) `}LIMIT ${limit}`,
      );
      return (series?.[0]?.values ?? []).map(
        ([ts, value]): TelemetrySample => ({ ts: ts as number, value: value as PointValue }),
      );
    },

    async latest(site, devices) {
      const latest = new Map<string, TelemetryRow>();
      await inChunks(devices, LATEST_DEVICES_MAX, async (some) => {
        const from =
          `FROM ${identifier(MEASUREMENT)} WHERE ${equals('site', site)} AND ${oneOf('device', some)} ` +
          'AND time > now() - 7d GROUP BY device';
        // `last` answers each point's newest value, but not when the newest was measured.
        const [newest, points] = await ask(
          `SELECT * ${from} ORDER BY time DESC LIMIT 1; SELECT last(*) ${from}`,
        );
        for (const { tags, values } of newest ?? []) {
          const device = tags?.device;
          if (device !== undefined)
            latest.set(device, { site, device, ts: values[0]?.[0] as number, values: {} });
        }
        for (const { tags, columns, values } of points ?? []) {
          const row = latest.get(tags?.device ?? '');
          if (!row) continue;
          const merged = columns.flatMap((column, i) => {
            const value = values[0]?.[i] ?? null;
            return column.startsWith('last_') && value !== null
              ? [[column.slice('last_'.length), value]]
              : [];
          });
          latest.set(row.device, { ...row, values: Object.fromEntries(merged) });
        }
      });
      return latest;
    },

    async ping() {
      await send('GET', '/ping', '', Math.min(timeoutMs, PING_MS_MAX));
    },
    async close() {},
  };
}

/** What the server says against the data itself; null when the same may pass another time. */
function faultOf(error: unknown): string | null {
  if (!(error instanceof HttpError)) return null;
  return [400, 413, 422].includes(error.statusCode) ? messageOf(error) : null;
}

function isMissingDatabase(error: unknown): boolean {
  return (
    error instanceof HttpError && error.statusCode === 404 && /database not found/.test(messageOf(error))
  );
}

/** Everything else was stored, and what was not is older than the operator wants to keep. */
function isPastRetention(error: unknown): boolean {
  return error instanceof HttpError && /partial write: points beyond retention policy/.test(messageOf(error));
}

function messageOf(error: HttpError): string {
  const { json, body, message } = error as HttpError & { json?: { error?: unknown; message?: unknown } };
  return String(json?.error ?? json?.message ?? (body || message)).slice(0, 300);
}
