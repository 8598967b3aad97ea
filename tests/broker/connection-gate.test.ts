import { expect, it, vi } from 'vitest';
import { ConnectionGate } from '../../broker/connection-gate.ts';
import { DEFAULT_LIMITS } from '../../broker/limits.ts';

const gateWith = (limits: Partial<typeof DEFAULT_LIMITS> | Record<string, number>) =>
  new ConnectionGate({ ...DEFAULT_LIMITS, ...limits });

it('lets every device of a large market in at once after a power cut, though they share an address', () => {
  const gate = gateWith({});
  for (let n = 0; n < 5_000; n++) expect(gate.enter('203.0.113.1')).toBeUndefined();
});

it('holds an address to its rate and no other', () => {
  const gate = gateWith({ connectionRatePerAddress: 1 });
  for (let n = 0; n < 10; n++) expect(gate.enter('203.0.113.1')).toBeUndefined();
  expect(gate.enter('203.0.113.1')).toBe('connection_rate');
  expect(gate.enter('203.0.113.2')).toBeUndefined();
});

it('remembers a bounded number of addresses, and forgets those first that have been quiet', () => {
  const gate = gateWith({ connectionRatePerAddress: 1, connectionRate: 1e6 });
  const knock = (address: string): unknown => gate.enter(address);
  for (let n = 0; n < 10; n++) {
    knock('quiet');
    knock('loud');
  }
  for (let n = 0; n < 20_000; n++) {
    knock(`10.0.${n >> 8}.${n & 255}`);
    if (n % 1_000 === 0) knock('loud');
  }
  expect(knock('loud')).toBe('connection_rate');
  expect(knock('quiet')).toBeUndefined();
});

it('makes strangers who guess wait, but not for ever', () => {
  vi.useFakeTimers({ now: 0, toFake: ['performance'] });
  try {
    const gate = gateWith({ connectionRatePerAddress: 1_000 });
    for (let n = 0; n < 100_000; n++) gate.chargeRefusal('203.0.113.1');
    expect(gate.enter('203.0.113.1')).toBe('connection_rate');
    vi.advanceTimersByTime(10_100);
    expect(gate.enter('203.0.113.1')).toBeUndefined();
  } finally {
    vi.useRealTimers();
  }
});

it('lets a market back in beside somebody on its network who shows wrong credentials without end', () => {
  vi.useFakeTimers({ now: 0, toFake: ['performance'] });
  try {
    const gate = gateWith({});
    let back = 0;
    // Ten seconds in steps of 10 ms: 5 refused, and 10 devices of the market until all 5,000 are back.
    for (let step = 0; step < 1_000; step++) {
      for (let n = 0; n < 5; n++) {
        if (gate.enter('203.0.113.1') === undefined) gate.chargeRefusal('203.0.113.1');
      }
      for (let n = 0; n < 10 && back < 5_000; n++) {
        if (gate.enter('203.0.113.1') !== undefined) continue;
        gate.noteGood('203.0.113.1');
        back++;
      }
      vi.advanceTimersByTime(10);
    }
    expect(back).toBe(5_000);
  } finally {
    vi.useRealTimers();
  }
});

it('bounds what a network may try, also where devices are', () => {
  const gate = gateWith({ connectionRatePerAddress: 10 });
  gate.noteGood('203.0.113.1');
  let entered = 0;
  for (let n = 0; n < 10_000; n++) if (gate.enter('203.0.113.1') === undefined) entered++;
  expect(entered).toBeLessThan(150);
});
