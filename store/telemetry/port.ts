export type PointValue = number | boolean | string;

/** All the points one message carried, at one instant. */
export interface TelemetryRow {
  readonly site: string;
  readonly device: string;
  /** Epoch milliseconds. */
  readonly ts: number;
  readonly values: Readonly<Record<string, PointValue>>;
}

export interface TelemetryQuery {
  readonly site: string;
  readonly device: string;
  readonly point: string;
  /** Half-open range, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** Mean over windows of this many seconds, aligned to the epoch; raw values when absent. Numeric points only. */
  readonly everyS?: number;
  /** At most this many samples, oldest first. */
  readonly limit: number;
}

export interface TelemetrySample {
  readonly ts: number;
  readonly value: PointValue;
}

/** Points of one instant that the server refused, in its own words. */
export interface RefusedTelemetry {
  readonly device: string;
  readonly ts: number;
  readonly points: readonly string[];
  readonly fault: string;
}

/** Every point a device sends, for charts and diagnosis. Nothing is billed from it. */
export interface TelemetryStore {
  /**
   * Idempotent by (device, ts): points of the same instant are merged, the last value of a point wins. Resolves
   * once everything is stored except for what it returns: points that the server will never take (a field that
   * has another type there, say).
   * @throws when the server is away or refuses for any other reason; some of the rows may be stored.
   */
  write(rows: readonly TelemetryRow[]): Promise<readonly RefusedTelemetry[]>;
  /** A query right after a write may not see it yet (InfluxDB). */
  query(query: TelemetryQuery): Promise<readonly TelemetrySample[]>;
  /** The newest measured row of each device that has one, points merged over at most the last 7 days. */
  latest(site: string, devices: readonly string[]): Promise<ReadonlyMap<string, TelemetryRow>>;
  /** @throws when the store cannot be reached. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
