import { Packr } from 'msgpackr';
import type { JournalRecord } from './port.ts';

type Row = [site: string, device: string, kind: string, payload: Buffer, receivedAt: number, retain: boolean];

const VERSION = 1;
const packr = new Packr({ useRecords: false });

/** A frame's records as bytes: msgpack `[version, rows]`. */
export function encodeFrame(records: readonly JournalRecord[]): Buffer {
  const rows = records.map(
    ({ site, device, kind, payload, receivedAt, retain }): Row => [
      site,
      device,
      kind,
      Buffer.isBuffer(payload)
        ? payload
        : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
      receivedAt,
      retain,
    ],
  );
  return packr.pack([VERSION, rows]);
}

/** The records of `encodeFrame`. Their payloads are views of `bytes`. */
export function decodeFrame(bytes: Uint8Array): JournalRecord[] {
  const [version, rows] = packr.unpack(bytes) as [number, Row[]];
  if (version !== VERSION) throw new Error(`journal frame of version ${version}, this reads ${VERSION}`);
  return rows.map(([site, device, kind, payload, receivedAt, retain]) => ({
    site,
    device,
    kind,
    payload,
    receivedAt,
    retain,
  }));
}
