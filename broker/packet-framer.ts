/** Control packet types (MQTT 3.1.1, 2.2.1). */
export const CONNECT = 1;
export const PUBLISH = 3;
export const DISCONNECT = 14;

/** A packet's type and how many bytes of it follow its fixed header (MQTT 3.1.1, 2.2). */
export interface FixedHeader {
  readonly type: number;
  readonly headerBytes: number;
  readonly remainingBytes: number;
}

/** Reads the fixed header at `at`; undefined when more bytes are needed, null when there can be none. */
export function readFixedHeader(bytes: Buffer, at: number): FixedHeader | undefined | null {
  const first = bytes[at];
  if (first === undefined) return undefined;
  let remainingBytes = 0;
  for (let i = 0; i < 4; i++) {
    const byte = bytes[at + 1 + i];
    if (byte === undefined) return undefined;
    remainingBytes += (byte & 0x7f) * 128 ** i;
    if (byte < 0x80) return { type: first >> 4, headerBytes: 2 + i, remainingBytes };
  }
  return null;
}
