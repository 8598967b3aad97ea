import { pino } from 'pino';
import { nativeDecoder } from '../../domain/decode-native.ts';
import type { Sourced } from '../../ingest/batch.ts';
import { decodeRecords } from '../../ingest/decode.ts';
import { LetterLimit } from '../../ingest/letter-limit.ts';
import { LetterLog } from '../../ingest/letter-log.ts';
import { SightingThrottle } from '../../ingest/sighting-throttle.ts';
import { storeBatch } from '../../ingest/store-batch.ts';
import { readCursor } from '../../store/cursors.ts';
import type { Database } from '../../store/database.ts';
import { loadDeviceCatalog } from '../../store/device-catalog.ts';
import { monthPartitions } from '../../store/partitions.ts';
import type { Message } from './sent.ts';

export type FromDevice = Message & { readonly device: string };

const READER = 'ingest/0';
const FRAME = 200;

/** What ingest does with messages, in the order in which they come: some in a frame, a frame at a time. */
export async function takeIn(db: Database, site: string, messages: readonly FromDevice[]): Promise<void> {
  const catalog = await loadDeviceCatalog(db, [...new Set(messages.map(({ device }) => device))]);
  const devices = new Map(
    catalog.map((device) => [device.id, { ...device, decoder: nativeDecoder(device.profile) }]),
  );
  const deps = {
    db,
    partitions: monthPartitions('readings'),
    throttle: new SightingThrottle(),
    letterLimit: new LetterLimit(),
    letterLog: new LetterLog(pino({ level: 'silent' })),
  };
  for (let i = 0; i < messages.length; i += FRAME) {
    const from = await readCursor(db, READER);
    const seq = from + 1;
    const records = messages.slice(i, i + FRAME).map((message, index): Sourced => {
      const { ts, value, device, receivedAt, retain } = message;
      const payload = {
        ...(ts === undefined ? {} : { ts }),
        values: { energy_import: Number(value) / 1_000 },
      };
      return {
        ...{ seq, index },
        record: {
          ...{ site, device, kind: 'up', receivedAt, retain },
          payload: Buffer.from(JSON.stringify(payload)),
        },
      };
    });
    const batch = decodeRecords(records, (id) => devices.get(id));
    if (batch.deadLetters.length > 0) throw new Error(JSON.stringify(batch.deadLetters[0]));
    await storeBatch(deps, batch, { reader: READER, from, to: seq });
  }
}
