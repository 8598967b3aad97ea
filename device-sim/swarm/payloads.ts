/**
 * What a swarm's clients publish. A client's messages all have the template's length, so a packet is built
 * once and every further message only overwrites the bytes that differ.
 */
export interface SwarmPayload {
  /** Message 0 of a client, whole. */
  template(client: number): Buffer;
  /** Makes the template's copy at `bytes[at]` into message `n` (0, 1, 2, …) of the client. */
  patch(bytes: Buffer, at: number, client: number, n: number): void;
}

/** What message `n` of a client says, for checking that nothing acknowledged was lost. */
export interface SwarmReading {
  /** Epoch milliseconds. */
  readonly ts: number;
  /** Base units of the register (Wh). */
  readonly value: number;
}

const FIRST_WH = 100_000_000;
const WIDTH = { ts: 13, kilo: 6, milli: 3 } as const;

/**
 * An electricity meter's native uplink. Message n was measured `stepMs` after n − 1 and shows 1 Wh more, so
 * every message is a reading of its own. `startTs` in epoch milliseconds; at most 899,999,999 messages.
 */
export function meterPayload(options: {
  readonly startTs: number;
  readonly stepMs?: number;
}): SwarmPayload & {
  reading(n: number): SwarmReading;
} {
  const stepMs = options.stepMs ?? 1;
  const text = `{"ts":${options.startTs},"values":{"energy_import":100000.000,"power":812}}`;
  const tsAt = text.indexOf(String(options.startTs));
  const valueAt = text.indexOf('100000.000');
  const reading = (n: number): SwarmReading => ({ ts: options.startTs + n * stepMs, value: FIRST_WH + n });
  return {
    template: () => Buffer.from(text),
    patch(bytes, at, _client, n) {
      const { ts, value } = reading(n);
      writeDigits(bytes, at + tsAt, WIDTH.ts, ts);
      writeDigits(bytes, at + valueAt, WIDTH.kilo, Math.floor(value / 1000));
      writeDigits(bytes, at + valueAt + WIDTH.kilo + 1, WIDTH.milli, value % 1000);
    },
    reading,
  };
}

/** A stall sensor's native uplink that flips with every message. `startTs` in epoch milliseconds. */
export function sensorPayload(options: { readonly startTs: number; readonly stepMs?: number }): SwarmPayload {
  const stepMs = options.stepMs ?? 1;
  // `true ` with a blank is as long as `false`.
  const text = `{"ts":${options.startTs},"values":{"open":true ,"temperature":19.5}}`;
  const tsAt = text.indexOf(String(options.startTs));
  const openAt = text.indexOf('true ');
  return {
    template: () => Buffer.from(text),
    patch(bytes, at, client, n) {
      writeDigits(bytes, at + tsAt, WIDTH.ts, options.startTs + n * stepMs);
      bytes.write((client + n) % 2 === 0 ? 'true ' : 'false', at + openAt, 'latin1');
    },
  };
}

/** The same bytes every time, for comparing brokers. */
export function fixedPayload(bytes: Buffer): SwarmPayload {
  return { template: () => bytes, patch: () => {} };
}

function writeDigits(bytes: Buffer, at: number, width: number, value: number): void {
  let rest = value;
  for (let i = at + width - 1; i >= at; i--) {
    const next = Math.floor(rest / 10);
    bytes[i] = 48 + rest - next * 10;
    rest = next;
  }
}
