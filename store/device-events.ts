import type { Queryable } from './database.ts';
import { jsonParam, numbersParam, textsParam } from './pg-arrays.ts';

export interface NewDeviceEvent {
  readonly deviceId: string;
  readonly ts: number;
  readonly type: string;
  /** The device's own id of the event, '' where it gave none. */
  readonly eventId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Stores what devices said happened. The same again is a no-op. */
export async function insertDeviceEvents(db: Queryable, events: readonly NewDeviceEvent[]): Promise<void> {
  if (events.length === 0) return;
  await db.query({
    name: 'insert_device_events',
    text: `INSERT INTO device_events (device_id, ts, type, event_id, data)
           SELECT d, to_timestamp(t / 1000), y, i, j::jsonb
           FROM unnest($1::text[], $2::float8[], $3::text[], $4::text[], string_to_array($5, E'\\n'))
             AS input (d, t, y, i, j)
           ON CONFLICT DO NOTHING`,
    values: [
      textsParam(events, (e) => e.deviceId),
      numbersParam(events, (e) => e.ts),
      textsParam(events, (e) => e.type),
      textsParam(events, (e) => e.eventId),
      jsonParam(events, (e) => e.data),
    ],
  });
}
