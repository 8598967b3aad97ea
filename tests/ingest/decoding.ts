import { BUILT_IN_PROFILES } from '../../domain/built-in-profiles.ts';
import { nativeDecoder } from '../../domain/decode-native.ts';
import type { DeviceProfile } from '../../domain/device-profiles.ts';
import type { Batch } from '../../ingest/batch.ts';
import { decodeRecords } from '../../ingest/decode.ts';
import type { IngestDevice } from '../../ingest/device-catalog.ts';
import type { JournalRecord } from '../../store/journal/port.ts';
import { NOW, record, SITE } from './fixture.ts';

const TEXT_PROFILE: DeviceProfile = {
  id: 'text',
  revision: 1,
  kind: 'gateway',
  name: { zh: '文本', en: 'Text' },
  points: [
    { name: 'mode', type: 'string' },
    { name: 'constructor', type: 'number' },
  ],
  intervalS: 60,
  commands: [],
  rateLimit: 1,
  decoder: 'native',
};

function deviceOf(id: string): IngestDevice | undefined {
  const profile = [...BUILT_IN_PROFILES, TEXT_PROFILE].find((p) => p.id === id.split('/')[0]);
  if (!profile) return undefined;
  const register = profile.points.find((point) => point.register);
  const registers = new Map(register ? [[register.name, { id: 7, modulus: 1_000_000_000n }]] : []);
  const bare = id.endsWith('/bare');
  return {
    id,
    siteId: SITE,
    stallId: profile.kind === 'stall_sensor' ? 42 : null,
    profile,
    registers: bare ? new Map() : registers,
    decoder: nativeDecoder(profile),
  };
}

export const METER = 'electricity-meter';
export const SENSOR = 'stall-sensor';
export const decode = (...records: JournalRecord[]): Batch =>
  decodeRecords(
    records.map((r, index) => ({ record: r, seq: 3, index })),
    deviceOf,
  );
export const decodeOne = (payload: unknown, device = METER, more = {}): Batch =>
  decode(record(device, payload, more));
export const refusalsOf = (batch: Batch): unknown[] =>
  batch.deadLetters.map(({ reason, itemIndex }) =>
    itemIndex < 0 ? reason : `${reason} in item ${itemIndex}`,
  );
export const TS = NOW - 1_000;
export const good = { ts: TS, values: { energy_import: 1.5, power: 10 } };
