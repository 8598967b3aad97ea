import type { Device } from './market.ts';

type Text = string | readonly number[] | Buffer;

/** Two bytes. */
export const number = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff);

/** A text behind its length (MQTT 3.1.1, 1.5.3), or bytes that are none. */
export const text = (value: Text): Buffer => {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([number(bytes.length), bytes]);
};

/** A packet of its first byte and its fields, with the remaining length that it should have (2.2.3). */
export function packetOf(firstByte: number, ...fields: readonly Buffer[]): Buffer {
  const body = Buffer.concat(fields);
  const length: number[] = [];
  for (let left = body.length; left > 0 || length.length === 0; left >>= 7) {
    length.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
  }
  return Buffer.concat([Buffer.of(firstByte, ...length), body]);
}

export interface ConnectParts {
  readonly firstByte?: number;
  readonly name?: Text;
  readonly level?: number;
  readonly flags?: number;
  readonly payload?: readonly Buffer[];
}

/** A CONNECT byte by byte: with nothing said, a device's good one. */
export function connectBytes(device: Device, parts: ConnectParts = {}): Buffer {
  const { firstByte = 0x10, name = 'MQTT', level = 4, flags = LOGIN } = parts;
  const { payload = [text(device.clientId), text(device.clientId), text(device.secret)] } = parts;
  return packetOf(firstByte, text(name), Buffer.of(level, flags), number(60), ...payload);
}

export const CLEAN = 0x02;
export const WILL = 0x04;
export const WILL_RETAIN = 0x20;
export const PASSWORD = 0x40;
export const USER_NAME = 0x80;
export const LOGIN = CLEAN | USER_NAME | PASSWORD;
export const willQos = (qos: number): number => qos << 3;
