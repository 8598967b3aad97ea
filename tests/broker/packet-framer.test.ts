import { expect, it } from 'vitest';
import { readFixedHeader } from '../../broker/packet-framer.ts';

// MQTT 3.1.1, table 2.4: the limits of one to four bytes of length.
it.each([
  [[0xc0, 0x00], { type: 12, headerBytes: 2, remainingBytes: 0 }],
  [[0x30, 0x7f], { type: 3, headerBytes: 2, remainingBytes: 127 }],
  [[0x30, 0x80, 0x01], { type: 3, headerBytes: 3, remainingBytes: 128 }],
  [[0x30, 0xff, 0x7f], { type: 3, headerBytes: 3, remainingBytes: 16_383 }],
  [[0x30, 0xff, 0xff, 0x7f], { type: 3, headerBytes: 4, remainingBytes: 2_097_151 }],
  [[0x10, 0xff, 0xff, 0xff, 0x7f], { type: 1, headerBytes: 5, remainingBytes: 268_435_455 }],
])('reads %j', (bytes, header) => {
  const at = 3;
  expect(readFixedHeader(Buffer.from([1, 2, 3, ...bytes, 9]), at)).toEqual(header);
  for (let length = 0; length < bytes.length; length++) {
    expect(readFixedHeader(Buffer.from(bytes.slice(0, length)), 0)).toBeUndefined();
  }
});

it('knows that a fifth byte of length cannot come', () => {
  expect(readFixedHeader(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff]), 0)).toBeNull();
});
