import { describe, expect, test } from 'vitest';
import type { Faults } from '../../contracts/fleet.ts';
import { applyBehaviours, behavioursOf, type Outgoing } from '../../device-sim/behaviours.ts';

const START_TS = 1_764_806_400_000;
const messages = (count: number, backfill = false): Outgoing[] =>
  Array.from({ length: count }, (_, i) => {
    const ts = START_TS + i * 60_000;
    return {
      kind: 'up',
      ts,
      text: JSON.stringify({ ts, values: { energy_import: i + 0.5, power: 10 } }),
      backfill,
    };
  });

/** One message at a time, as a live device sends them. */
function sent(faults: Faults, input: readonly Outgoing[]): readonly Outgoing[] {
  const behaviours = behavioursOf(faults, 4711);
  return input.flatMap((message) => applyBehaviours(behaviours, [message]));
}
describe('faults', () => {
  test('a healthy device sends what it measured, unchanged', () => {
    expect(sent({}, messages(50))).toEqual(messages(50));
  });

  test('duplicates come twice in about the share asked for, and nothing is lost', () => {
    const out = sent({ duplicates: 0.2 }, messages(1000));
    expect(new Set(out.map((m) => m.ts)).size).toBe(1000);
    expect(out.length).toBeGreaterThan(1130);
    expect(out.length).toBeLessThan(1270);
  });

  test('disorder swaps neighbours, and holds back one message at most', () => {
    const out = sent({ disorder: 0.3 }, messages(1000));
    const late = out.filter((m, i) => i > 0 && m.ts < (out[i - 1]?.ts ?? 0));
    expect(late.length).toBeGreaterThan(150);
    expect(new Set(out.map((m) => m.ts)).size).toBeGreaterThanOrEqual(999);
    expect(out.length).toBe(new Set(out).size);
  });

  test('malformed messages are wrong in every way there is, the others are untouched', () => {
    const input = messages(400);
    const out = sent({ malformed: 0.5 }, input);
    const bad = out.filter((m, i) => m.text !== input[i]?.text);
    expect(out).toHaveLength(400);
    expect(bad.length).toBeGreaterThan(140);
    expect(bad.length).toBeLessThan(260);
    const kinds = ['BOOT', 'NaN', 'err_code', '"vals"', '"energy_import":"'];
    for (const kind of kinds)
      expect(
        bad.some((m) => m.text.includes(kind)),
        kind,
      ).toBe(true);
  });

  test('what was kept is sent as it is, whatever is wrong with the device now', () => {
    const kept = messages(200, true);
    expect(sent({ malformed: 1, disorder: 1, mute: { everyS: 60, forS: 60 } }, kept)).toEqual(kept);
  });

  test('a mute device says nothing in its window, and everything outside of it', () => {
    const out = sent({ mute: { everyS: 3600, forS: 600 } }, messages(240));
    expect(out).toHaveLength(240 - 4 * 10);
  });

  test('the same key makes the same faults', () => {
    const faults = { malformed: 0.3, duplicates: 0.3, disorder: 0.3 };
    expect(sent(faults, messages(300))).toEqual(sent(faults, messages(300)));
  });
});
