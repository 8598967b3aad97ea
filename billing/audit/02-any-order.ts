import { foldReadings } from '../../domain/metering/fold.ts';
import type { Reading } from '../../domain/readings.ts';
import { readChangedReadings } from '../../store/as-of.ts';
import { readVouchers } from '../../store/judge-readings.ts';
import { type ClosedWindow, streamReadings } from '../../store/usage-readings.ts';
import type { RecomputedPoint } from './recompute.ts';
import { type AuditScope, Findings, iso } from './scope.ts';

const POINTS_MAX = 200;
/** Of one point: what is beyond is not looked at. */
const READINGS_MAX = 50_000;
/** Every so many of the shuffled readings comes twice. */
const TWICE_EVERY = 7;

/**
 * The fold of the stored readings, in any order and some of them twice, comes to the values that were charged by: on up
 * to `POINTS_MAX` points, one reading after the other, without the short cuts of a run.
 */
export class AnyOrder {
  readonly #scope: AuditScope;
  readonly #findings = new Findings('points');
  readonly #chance = generator(20261101);

  constructor(scope: AuditScope) {
    this.#scope = scope;
  }

  async look(points: readonly RecomputedPoint[]): Promise<void> {
    for (const point of points) {
      if (point.period !== this.#scope.period) continue;
      if (this.#findings.checked >= POINTS_MAX) {
        this.#findings.note = 'sampled';
        return;
      }
      await this.#fold(point);
    }
  }

  async #fold(recomputed: RecomputedPoint): Promise<void> {
    const { point, installations, ranges, ends, pinned, inputs, cutOff, period, settlement } = recomputed;
    const { client } = this.#scope;
    // What was pinned where no range ends any more, nobody is charged by.
    const isEnd = new Set([...ends, ...ranges.flatMap(({ from, to }) => [from, to])]);
    const pins = [...pinned.values()].filter(
      ({ at }) => at >= period.from && at <= period.to && isEnd.has(at),
    );
    pins.sort((a, b) => a.at - b.at);
    if (pins.length === 0 || installations.length === 0) return;
    const { resume, estimates } = inputs;
    const until = Math.max(period.to, ...pins.map(({ after }) => after?.ts ?? 0)) + 1;
    const windows = installations.map(({ registerId, startsAt, endsAt }): ClosedWindow => {
      const from = Math.max(startsAt, resume?.ts ?? 0) + 1;
      return { index: 0, registerId, from, to: Math.max(from, Math.min(endsAt ?? until, until)) };
    });
    const readings = new Map<string, Reading>();
    const keyOf = (registerId: number, ts: number): string => `${registerId} ${ts}`;
    let count = 0;
    await streamReadings(client, windows, cutOff, (n, ts, value) => {
      const registerId = windows[n]?.registerId ?? 0;
      if (count++ < READINGS_MAX) readings.set(keyOf(registerId, ts), { registerId, ts, value });
    });
    if (count > READINGS_MAX) {
      this.#findings.note = 'sampled';
      return;
    }
    const registers = installations.map(({ registerId }) => registerId);
    for (const [registerId, changed] of await readChangedReadings(client, registers, cutOff)) {
      for (const { ts, value } of changed) {
        if (value === null) readings.delete(keyOf(registerId, ts));
        else readings.set(keyOf(registerId, ts), { registerId, ts, value });
      }
    }
    const vouched = await readVouchers(client, registers, cutOff.receivedUpTo);
    const cuts = pins.map(({ at }) => at);
    const input = {
      installations,
      maxRate: point.maxRate,
      cuts,
      vouched,
      resume,
      pinnedEstimates: estimates,
    };
    const { boundaries } = foldReadings(input, this.#shuffled([...readings.values()]));
    const valueAt = new Map(boundaries.map(({ at, value }) => [at, value]));
    this.#findings.checked++;
    // What cannot be judged now stands as it was charged, and the run has said so.
    const isAwaiting = settlement.problems.some(({ code }) => code === 'awaiting_reading');
    for (const { at, value } of pins) {
      const again = valueAt.get(at);
      if (again === value || (again === undefined && isAwaiting)) continue;
      const where = { point: point.id, at: iso(at) };
      const expected = again === undefined ? '—' : `${again}`;
      this.#findings.add({ what: 'order_matters', where, expected, found: `${value}` });
    }
  }

  #shuffled(readings: readonly Reading[]): readonly Reading[] {
    const all = [...readings, ...readings.filter((_, i) => i % TWICE_EVERY === 0)];
    for (let i = all.length - 1; i > 0; i--) {
      const j = Math.floor(this.#chance() * (i + 1));
      [all[i], all[j]] = [all[j] as Reading, all[i] as Reading];
    }
    return all;
  }

  finish() {
    return this.#findings.finish();
  }
}

/** Numbers from 0 to 1 that look random and are the same each time (a linear congruential generator). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
