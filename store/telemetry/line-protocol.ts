import { escape as escaped } from '@influxdata/influxdb-client';
import type { TelemetryRow } from './port.ts';

export const MEASUREMENT = 'telemetry';

/**
 * A row in InfluxDB's line protocol, with its time in milliseconds. Numbers are floats always: the first value
 * decides a field's type, and 230 must not turn 230.5 away.
 */
export function lineOf({ site, device, ts, values }: TelemetryRow): string {
  let fields = '';
  for (const name of Object.keys(values)) {
    const value = values[name];
    const text = typeof value === 'string' ? escaped.quoted(value) : String(value);
    fields += `${fields ? ',' : ''}${escaped.tag(name)}=${text}`;
  }
  return `${MEASUREMENT},device=${escaped.tag(device)},site=${escaped.tag(site)} ${fields} ${ts}`;
}
