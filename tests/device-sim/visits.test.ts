import { describe, expect, test } from 'vitest';
import { zFleetConfig } from '../../contracts/fleet.ts';
import { zPassData } from '../../contracts/passes.ts';
import { equip } from '../../device-sim/equip.ts';
import { type GatePass, pairPasses, vehicleKey } from '../../domain/passes.ts';

const FROM = Date.UTC(2026, 9, 1);
const HOUR = 3_600_000;
const REGULAR = { plate: '苏E·10001', class: 'truck_light' };

/** What an entry and an exit lane tell of in twelve hours. */
function told(): readonly (GatePass & { readonly class: string })[] {
  const gates = equip(
    zFleetConfig.parse({
      ...{ site: 's1', timeZone: 'Asia/Shanghai', seed: 'gates', historyFrom: FROM },
      devices: [
        {
          id: 'IN',
          secret: 'x',
          kind: 'gate',
          trade: 'gate',
          size: 60,
          vehicles: [REGULAR],
          lane: { direction: 'in' },
        },
        { id: 'OUT', secret: 'x', kind: 'gate', trade: 'gate', lane: { direction: 'out', entry: 'IN' } },
      ],
    }),
  );
  return gates.flatMap(({ spec, capability }) => {
    const passes = [];
    for (let ts = FROM; ts < FROM + 12 * HOUR; ts = capability.nextChange(ts)) {
      for (const { id, ts: at, data } of capability.eventsAt(ts)) {
        const { direction, plate, class: seen } = zPassData.parse(data);
        passes.push({
          deviceId: spec.id,
          eventId: id,
          ts: at,
          direction,
          vehicle: vehicleKey(plate, undefined),
          class: seen,
        });
      }
    }
    return passes;
  });
}

describe('vehicles at simulated gates', () => {
  test('come in, stay for less than three hours and go out again; a few plates are misread', () => {
    const passes = told();
    expect(passes.every(({ deviceId, direction }) => (deviceId === 'IN') === (direction === 'in'))).toBe(
      true,
    );
    const stays = pairPasses(passes).filter(
      ({ entry, exit }) => entry === null || exit !== null || entry.ts < FROM + 9 * HOUR,
    );
    const began = stays.filter(({ entry }) => entry !== null);
    const paired = began.filter(({ exit }) => exit !== null);
    expect(began.length).toBeGreaterThan(200);
    expect(paired.length).toBeGreaterThan(0.94 * began.length);
    expect(paired.length).toBeLessThan(began.length);
    for (const { minutes } of paired) expect(minutes).toBeLessThan(180);
  });

  test('are the same ones again and again, those with a name among them', () => {
    const entries = told().filter(({ direction }) => direction === 'in');
    expect(new Set(entries.map(({ vehicle }) => vehicle)).size).toBeLessThan(entries.length);
    expect(entries.filter(({ vehicle }) => vehicle === '苏E10001').length).toBeGreaterThan(0);
    expect(told()).toEqual(told());
  });
});
