import { expect, it } from 'vitest';
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
