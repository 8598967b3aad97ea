import { isUtf8 } from 'node:buffer';
import { type ReceivedUplink, VALUES_MAX, zAck, zEvent, zReceivedUplink, zState } from '../contracts/mqtt.ts';
import { zPassData } from '../contracts/passes.ts';
import { decodeNative, isStorableText, type RefusedPoint } from '../domain/decode-native.ts';
import { judgeTimestamp } from '../domain/device-clock.ts';
import type { OccupancySample } from '../domain/occupancy-samples.ts';
import { vehicleKey } from '../domain/passes.ts';
import type { NewPass } from '../store/passes.ts';
import { type Batch, emptyBatch, type Sourced } from './batch.ts';
import type { IngestDevice } from './device-catalog.ts';
import { deadLetter, type Refusal, refusalOfItems, refusalOfPoints, refusalOfShape } from './refusals.ts';
import type { PacedSighting } from './sighting-throttle.ts';

/**
 * What records become, by the profiles their devices pin. Pure: the same records and devices, the same batch.
 * Nothing here throws because of what a device sent; what cannot be taken becomes a dead letter.
 */
export function decodeRecords(
  records: readonly Sourced[],
  deviceOf: (id: string) => IngestDevice | undefined,
): Batch {
  const batch = emptyBatch();
  for (const sourced of records) {
    for (const refusal of take(batch, sourced, deviceOf(sourced.record.device))) {
      batch.deadLetters.push(deadLetter(sourced, refusal));
    }
  }
  return batch;
}

interface Target {
  readonly batch: Batch;
  readonly sourced: Sourced;
  readonly device: IngestDevice;
}

/** Takes what can be taken of a record, and returns what was wrong with the rest. */
function take(batch: Batch, sourced: Sourced, device: IngestDevice | undefined): readonly Refusal[] {
  const { record } = sourced;
  if (device?.siteId !== record.site) {
    return [{ reason: 'unknown_device', detail: `no device ${record.device} in site ${record.site}` }];
  }
  const target: Target = { batch, sourced, device };
  try {
    const payload = parseJson(record.payload);
    // A Will, which says that the device is gone, is no word from the device.
    if (!(record.kind === 'state' && isWill(payload))) hear(target);
    if (payload === undefined) return [{ reason: 'not_json', detail: 'the payload is not JSON in UTF-8' }];
    if (record.kind === 'up') return takeUp(target, payload);
    const refusal = takeOther(target, payload);
    return refusal ? [refusal] : NONE;
  } catch (error) {
    return [{ reason: 'internal', detail: String(error) }];
  }
}

const NONE: readonly Refusal[] = [];

function takeOther(target: Target, payload: unknown): Refusal | null {
  const { kind } = target.sourced.record;
  if (kind === 'event') return takeEvent(target, payload);
  if (kind === 'state') return takeState(target, payload);
  if (kind === 'ack') return takeAck(target, payload);
  return { reason: 'unknown_topic', detail: `devices do not publish to …/${kind}` };
}

function isWill(payload: unknown): boolean {
  return (payload as { online?: unknown } | null | undefined)?.online === false;
}

/** Undefined when it is not JSON: JSON itself has no such value. */
function parseJson(payload: Uint8Array): unknown {
  if (!isUtf8(payload)) return undefined;
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function takeUp(target: Target, payload: unknown): readonly Refusal[] {
  if (!Array.isArray(payload)) {
    const refusal = takeUplink(target, payload, true);
    return refusal ? [refusal] : NONE;
  }
  const values = payload.reduce((sum: number, item) => sum + valuesIn(item), 0);
  if (payload.length > VALUES_MAX || values > VALUES_MAX) {
    const detail = `${values} values in ${payload.length} items; at most ${VALUES_MAX}`;
    return [{ reason: 'too_many_values', detail }];
  }
  const refused: (Refusal & { itemIndex: number })[] = [];
  for (const [itemIndex, item] of payload.entries()) {
    const refusal = takeUplink(target, item, payload.length === 1);
    if (refusal) refused.push({ ...refusal, itemIndex });
  }
  return refusalOfItems(refused, payload.length);
}

function valuesIn(item: unknown): number {
  const values = (item as { values?: unknown } | null)?.values;
  return typeof values === 'object' && values !== null ? Object.keys(values).length : 0;
}

function takeUplink(target: Target, item: unknown, mayBeUndated: boolean): Refusal | null {
  const { batch, sourced, device } = target;
  const { record } = sourced;
  const parsed = zReceivedUplink.safeParse(item);
  if (!parsed.success) return refusalOfShape(parsed.error);
  const uplink: ReceivedUplink = parsed.data;
  const count = Object.keys(uplink.values).length;
  if (count > VALUES_MAX)
    return { reason: 'too_many_values', detail: `${count} values; at most ${VALUES_MAX}` };
  if (uplink.ts === undefined && !mayBeUndated) {
    return { reason: 'bad_timestamp', detail: 'an item among others needs a ts' };
  }
  const ts = uplink.ts ?? record.receivedAt;
  const judged = judgeTimestamp(ts, record.receivedAt);
  if (judged === 'absurd') return absurd(ts);

  const decoded = decodeNative(device.decoder, device.registers, uplink.values);
  if (decoded.taken > 0) {
    batch.telemetry.push({ site: record.site, device: device.id, ts, values: decoded.values });
    batch.telemetrySources.push(sourced);
  }
  // Undated and retained messages are shown, never charged: when they were measured is not known.
  if (uplink.ts !== undefined && !record.retain) {
    for (const { registerId, value } of decoded.readings) {
      batch.readings.push({
        registerId,
        ts,
        value,
        quality: judged,
        receivedAt: record.receivedAt,
        journalSeq: sourced.seq,
      });
    }
  }
  measure(target, ts, decoded.open);
  return refusalOfPoints([...strangersIn(item as object), ...decoded.refused]);
}

/** A misspelt `ts` must not make a message undated without a word. */
function strangersIn(item: object): readonly RefusedPoint[] {
  let strangers: RefusedPoint[] | undefined;
  for (const key in item) {
    if (key === 'ts' || key === 'values' || key === 'id') continue;
    strangers ??= [];
    strangers.push({ point: key, reason: 'wrong_shape', detail: 'is not part of an uplink' });
  }
  return strangers ?? [];
}

function absurd(ts: number): Refusal {
  const at = Math.abs(ts) <= 8.64e15 ? new Date(ts).toISOString() : String(ts);
  return {
    reason: 'bad_timestamp',
    detail: `ts is ${at}: before 2000 or more than a day ahead; it counts in milliseconds`,
  };
}

function takeEvent({ batch, sourced, device }: Target, payload: unknown): Refusal | null {
  const parsed = zEvent.safeParse(payload);
  if (!parsed.success) return refusalOfShape(parsed.error);
  const { ts, type, id = '', data } = parsed.data;
  if (judgeTimestamp(ts, sourced.record.receivedAt) === 'absurd') return absurd(ts);
  if (!isStorableJson([type, id, data])) return NOT_STORABLE;
  if (type === 'pass' && device.profile.kind === 'gate') {
    const pass = passOf(sourced, ts, id, data);
    if ('reason' in pass) return pass;
    batch.passes.push(pass);
  }
  batch.events.push({ deviceId: device.id, ts, type, eventId: id, data });
  return null;
}

/** A pass is charged by when it happened: a clock that runs ahead cannot say. Without an id, what it says is its id. */
function passOf(
  { record, seq }: Sourced,
  ts: number,
  id: string,
  data: Readonly<Record<string, unknown>>,
): NewPass | Refusal {
  const parsed = zPassData.safeParse(data);
  if (!parsed.success) return refusalOfShape(parsed.error);
  if (judgeTimestamp(ts, record.receivedAt) !== 'good') {
    const detail = `the gate’s clock is ahead: it says ${new Date(ts).toISOString()}`;
    return { reason: 'bad_timestamp', detail };
  }
  const { direction, plate, class: seen, ticket } = parsed.data;
  const vehicle = vehicleKey(plate, ticket);
  return {
    deviceId: record.device,
    eventId: id || `${ts}-${direction}-${vehicle}`,
    ...{ ts, direction, vehicle, plate: plate ?? null, class: seen, ticket: ticket ?? null },
    receivedAt: record.receivedAt,
    journalSeq: seq,
  };
}

/** Whether it is online is for the broker to say. */
function takeState(target: Target, payload: unknown): Refusal | null {
  const parsed = zState.safeParse(payload);
  if (!parsed.success) return refusalOfShape(parsed.error);
  const { online, firmware } = parsed.data;
  if (firmware !== undefined && !isStorableText(firmware)) return NOT_STORABLE;
  if (online && firmware !== undefined) hear(target).firmware = firmware;
  return null;
}

function takeAck({ batch, sourced, device }: Target, payload: unknown): Refusal | null {
  const parsed = zAck.safeParse(payload);
  if (!parsed.success) return refusalOfShape(parsed.error);
  const { id, ok, result } = parsed.data;
  if (!isStorableJson(result)) return NOT_STORABLE;
  batch.acks.push({ id, device: device.id, ok, result, at: new Date(sourced.record.receivedAt) });
  return null;
}

const NOT_STORABLE: Refusal = { reason: 'wrong_shape', detail: 'text must be Unicode without U+0000' };

function isStorableJson(value: unknown): boolean {
  if (typeof value === 'string') return isStorableText(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, item]) => isStorableText(key) && isStorableJson(item));
}

/** Notes that the device was heard. */
function hear({ batch, sourced, device }: Target): PacedSighting {
  const { receivedAt } = sourced.record;
  const { id: deviceId, profile, stallId } = device;
  let sighting = batch.sightings.get(deviceId);
  if (!sighting) {
    sighting = {
      deviceId,
      intervalS: profile.intervalS,
      seenAt: receivedAt,
      measuredAt: null,
      firmware: null,
    };
    batch.sightings.set(deviceId, sighting);
  }
  if (receivedAt > sighting.seenAt) sighting.seenAt = receivedAt;
  if (stallId !== null && profile.occupancyPoint !== undefined) {
    pushSample(batch, device, stallId, { occupancy: null, measuredAt: receivedAt, receivedAt });
  }
  return sighting;
}

/**
 * Notes when the device measured, and whether its stall is open. A clock that runs ahead must not hide what is
 * measured later, so nothing counts as measured after it was received.
 */
function measure({ batch, sourced, device }: Target, ts: number, open: boolean | undefined): void {
  const { receivedAt } = sourced.record;
  const measuredAt = Math.min(ts, receivedAt);
  const sighting = batch.sightings.get(device.id);
  if (sighting && measuredAt > (sighting.measuredAt ?? 0)) sighting.measuredAt = measuredAt;
  if (device.stallId !== null && open !== undefined) {
    pushSample(batch, device, device.stallId, {
      occupancy: open ? 'occupied' : 'vacant',
      measuredAt,
      receivedAt,
    });
  }
}

function pushSample(
  batch: Batch,
  device: IngestDevice,
  placeId: number,
  said: Pick<OccupancySample, 'occupancy' | 'measuredAt' | 'receivedAt'>,
): void {
  batch.occupancy.push({ site: device.siteId, placeId, deviceId: device.id, ...said });
}
