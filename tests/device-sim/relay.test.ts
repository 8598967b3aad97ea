import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { zFleetConfig } from '../../contracts/fleet.ts';
import { HOUR_MS } from '../../device-sim/calendar.ts';
import { equip } from '../../device-sim/equip.ts';
import { openFlash } from '../../device-sim/flash.ts';
import { relayed } from '../../device-sim/relay.ts';

const FROM = Date.parse('2026-11-01T00:00:00+08:00');
const config = zFleetConfig.parse({
  site: 'demo',
  timeZone: 'Asia/Shanghai',
  seed: 'relay',
  historyFrom: FROM,
  devices: [
    { id: 'E1', kind: 'electricity_meter', trade: 'meat', size: 60_000, secret: 's' },
    {
      id: 'M1',
      kind: 'electricity_meter',
      trade: 'meat',
      secret: 's',
      mainOf: { loadKeys: ['E1'], lossPercent: 0 },
    },
  ],
});

test('an open relay counts nothing, for the main meter in front of it neither', () => {
  const [meter, main] = equip(config);
  const energy = (of: typeof meter, ts: number): number =>
    Number(of?.capability.sample(ts, false).energy_import);
  const open = FROM + 30 * HOUR_MS;
  const before = energy(meter, open);
  expect(meter?.capability.command('relay_open', {}, open)).toEqual({
    ok: true,
    result: { relay: 'open' },
    changed: true,
  });
  expect(energy(meter, open + 10 * HOUR_MS)).toBe(before);
  expect(energy(main, open + 10 * HOUR_MS)).toBe(energy(main, open));
  expect(meter?.capability.sample(open + 1, false).power).toBe(0);
  meter?.capability.command('relay_close', {}, open + 10 * HOUR_MS);
  const after = energy(meter, open + 20 * HOUR_MS);
  expect(after).toBeGreaterThan(before);
  expect(energy(main, open + 20 * HOUR_MS) - energy(main, open)).toBeCloseTo(after - before, 3);
});

test('a relay keeps its state over a power cut', () => {
  const dir = mkdtempSync(join(tmpdir(), 'relay-'));
  try {
    const file = join(dir, 'flash.json');
    const flash = openFlash(file);
    const [meter] = equip(config, flash.relay);
    const open = FROM + 30 * HOUR_MS;
    meter?.capability.command('relay_open', {}, open);
    flash.acked('E1', open);
    flash.save();
    const again = openFlash(file);
    expect(again.lastAcked('E1')).toBe(open);
    const [restarted] = equip(config, again.relay);
    const later = open + 5 * HOUR_MS;
    expect(restarted?.capability.sample(later, false)).toEqual(meter?.capability.sample(later, false));
    expect(restarted?.capability.sample(later, false).power).toBe(0);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('whatever it is told, a relayed load is monotone and counts exactly while it is closed', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 1000 }))), (orders) => {
      const relay = relayed({ at: (ts) => ts });
      let now = 0;
      let flowed = 0;
      for (const [open, ms] of orders) {
        relay.switch(open ? 'open' : 'closed', now);
        now += ms;
        if (!open) flowed += ms;
        expect(relay.at(now)).toBe(flowed);
      }
    }),
  );
});
