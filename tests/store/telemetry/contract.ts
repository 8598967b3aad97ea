import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  PointValue,
  TelemetryRow,
  TelemetrySample,
  TelemetryStore,
} from '../../../store/telemetry/port.ts';

export interface OpenedTelemetry {
  readonly store: TelemetryStore;
  remove(): Promise<void>;
}

const SITE = 'north';
const MINUTE = 60_000;
/** The store's own clock decides what is the latest, so the rows are of today. */
const START = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 2 * 3_600_000;
const VISIBLE_MS_MAX = 10_000;

/** What every telemetry store promises. */
export function describeTelemetryStore(name: string, open: () => Promise<OpenedTelemetry>): void {
  describe(`a telemetry store: ${name}`, () => {
    let opened: OpenedTelemetry;
    let store: TelemetryStore;
    let devices = 0;
    const newDevice = (): string => `dev-${++devices}.a_b`;
    const row = (device: string, minute: number, values: Record<string, PointValue>): TelemetryRow => ({
      site: SITE,
      device,
      ts: START + minute * MINUTE,
      values,
    });
    const samples = (device: string, point: string, everyS?: number): Promise<readonly TelemetrySample[]> =>
      store.query({
        site: SITE,
        device,
        point,
        from: START,
        to: START + 60 * MINUTE,
        limit: 1000,
        ...(everyS !== undefined && { everyS }),
      });

    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened?.remove());

    it('answers a ping, and is empty before its first row', async () => {
      await store.ping();
      expect(await samples('nobody', 'power')).toEqual([]);
      expect((await store.latest(SITE, ['nobody'])).size).toBe(0);
      expect(await store.write([])).toEqual([]);
    });

    it('gives back numbers, booleans and text as they were written', async () => {
      const device = newDevice();
      const text = 'a "quoted" \\ back, comma = space 摊位\ttab\nline é';
      const refused = await store.write([
        row(device, 0, { power: 230.5, open: true, note: text, 'odd name,=x': -0.001, big: 1e21 }),
        row(device, 1, { power: 812, open: false, note: '' }),
      ]);
      expect(refused).toEqual([]);
      await eventually(() => samples(device, 'power'), values(230.5, 812));
      await eventually(() => samples(device, 'open'), values(true, false));
      await eventually(() => samples(device, 'note'), values(text, ''));
      await eventually(() => samples(device, 'odd name,=x'), values(-0.001));
      await eventually(() => samples(device, 'big'), values(1e21));
    });

    it('takes the same rows again without a trace, and merges points of one instant; the last value wins', async () => {
      const device = newDevice();
      const rows = [row(device, 0, { power: 1 }), row(device, 1, { power: 2 })];
      await store.write(rows);
      await store.write(rows);
      await store.write([
        row(device, 0, { voltage: 230 }),
        row(device, 0, { power: 7 }),
        row(device, 0, { power: 8 }),
      ]);
      await eventually(() => samples(device, 'power'), values(8, 2));
      await eventually(() => samples(device, 'voltage'), values(230));
    });

    it('answers a half-open range, oldest first, up to a limit', async () => {
      const device = newDevice();
      await store.write([4, 2, 0, 3, 1].map((minute) => row(device, minute, { power: minute })));
      await eventually(() => samples(device, 'power'), values(0, 1, 2, 3, 4));
      const query = { site: SITE, device, point: 'power', limit: 1000 };
      const range = { from: START + MINUTE, to: START + 4 * MINUTE };
      expect((await store.query({ ...query, ...range })).map((s) => s.value)).toEqual([1, 2, 3]);
      expect((await store.query({ ...query, ...range, limit: 2 })).map((s) => s.value)).toEqual([1, 2]);
    });

    it('answers means over windows aligned to the epoch, of numbers only', async () => {
      const device = newDevice();
      const minutes = [0, 5, 9, 10, 31];
      await store.write(
        minutes.map((minute) => row(device, minute, { power: minute, open: true, note: 'x' })),
      );
      await eventually(
        () => samples(device, 'power', 600),
        [
          { ts: START, value: 14 / 3 },
          { ts: START + 10 * MINUTE, value: 10 },
          { ts: START + 30 * MINUTE, value: 31 },
        ],
      );
      expect(await samples(device, 'open', 600)).toEqual([]);
      expect(await samples(device, 'note', 600)).toEqual([]);
    });

    it('keeps the devices and sites of one batch apart', async () => {
      const [one, other] = [newDevice(), newDevice()];
      await store.write([row(one, 0, { power: 1 }), row(other, 0, { power: 2 })]);
      await eventually(() => samples(one, 'power'), values(1));
      await eventually(() => samples(other, 'power'), values(2));
    });

    it('knows the newest row of each device, with the points that earlier rows carried', async () => {
      const [one, other, silent] = [newDevice(), newDevice(), newDevice()];
      await store.write([
        row(one, 0, { battery: 90, power: 1, open: true }),
        row(one, 2, { power: 3 }),
        row(one, 1, { power: 2, open: false }),
        row(other, 0, { note: 'hello' }),
      ]);
      await eventually(
        () => store.latest(SITE, [one, other, silent]).then((latest) => [...latest.values()].sort(byDevice)),
        [
          { site: SITE, device: one, ts: START + 2 * MINUTE, values: { battery: 90, power: 3, open: false } },
          { site: SITE, device: other, ts: START, values: { note: 'hello' } },
        ],
      );
    });

    it('knows the newest rows of hundreds of devices at once', async () => {
      const many = Array.from({ length: 450 }, newDevice);
      await store.write(many.map((device, i) => row(device, 0, { power: i })));
      await eventually(
        () =>
          store.latest(SITE, many).then((latest) => many.map((device) => latest.get(device)?.values.power)),
        many.map((_, i) => i),
      );
    });

    it('stores months far apart, and more rows at once than one request holds', async () => {
      const device = newDevice();
      const old = { ...row(device, 0, { power: 1 }), ts: Date.UTC(2003, 4, 31, 23, 59) };
      const rows = Array.from({ length: 12_000 }, (_, i) => ({
        ...row(device, 0, { power: i }),
        ts: START + i,
      }));
      await store.write([old, ...rows]);
      const query = { site: SITE, device, point: 'power', from: START, to: START + 12_000, limit: 20_000 };
      await eventually(() => store.query(query).then((found) => found.length), 12_000);
      const then = { ...query, from: old.ts, to: old.ts + 1 };
      await eventually(() => store.query(then), [{ ts: old.ts, value: 1 }]);
    });
  });
}

const values = (...expected: PointValue[]): unknown =>
  expected.map((value) => expect.objectContaining({ value }));
const byDevice = (a: TelemetryRow, b: TelemetryRow): number => (a.device < b.device ? -1 : 1);

/** A query right after a write may not see it yet. */
async function eventually<T>(ask: () => Promise<T>, expected: unknown): Promise<void> {
  const deadline = performance.now() + VISIBLE_MS_MAX;
  for (;;) {
    try {
      return expect(await ask()).toEqual(expected);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
