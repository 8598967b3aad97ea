import type { TariffDefinition } from '../../domain/tariffs/definition.ts';
import type { Database } from '../../store/database.ts';
import type { Market } from '../billing/market.ts';
import type { Banded, Stepped, Version } from './oracle.ts';

const OLD: Banded = { peak: '1.2037', sharp: '1.5111', valley: '0.4019', fund: '0.0351', fundFactor: '1.05' };
const NEW: Banded = { peak: '1.3301', sharp: '1.7003', valley: '0.3887', fund: '0.0407', fundFactor: '1.04' };
const STEPS: Stepped = { limitKwh: 700n, below: '0.5131', above: '0.9177' };

/** A tariff, with what the oracle knows of it. */
export interface Charged {
  readonly tariff: number;
  readonly versions: readonly Version[];
}

/** One by the clock, with a second version from an instant on; one by steps. */
export async function trueTariffs(
  db: Database,
  market: Market,
  newPrices: number,
): Promise<{ readonly byBand: Charged; readonly bySteps: Charged }> {
  const banded = await market.tariff('banded', '2026-01-01', bandedDefinition(OLD));
  const stepped = await market.tariff('stepped', '2026-01-01', steppedDefinition(STEPS));
  await db.$client.query(
    'INSERT INTO tariff_versions (tariff_id, version, effective_from, definition) VALUES ($1, 2, $2, $3)',
    [banded, new Date(newPrices), JSON.stringify(bandedDefinition(NEW))],
  );
  const [oldId = 0, newId = 0] = await versionsOf(db, banded);
  const [stepsId = 0] = await versionsOf(db, stepped);
  const versions = [
    { id: oldId, from: 0, prices: OLD },
    { id: newId, from: newPrices, prices: NEW },
  ];
  return {
    byBand: { tariff: banded, versions },
    bySteps: { tariff: stepped, versions: [{ id: stepsId, from: 0, prices: STEPS }] },
  };
}

/** The ids of a tariff's versions, the first one first. */
async function versionsOf(db: Database, tariff: number): Promise<readonly number[]> {
  const { rows } = await db.$client.query<{ id: string }>(
    'SELECT id FROM tariff_versions WHERE tariff_id = $1 ORDER BY version',
    [tariff],
  );
  return rows.map(({ id }) => Number(id));
}

const half = (mode: 'half_up' | 'half_even') => ({ stage: 'line', mode, quantum: '0.01' }) as const;

const bandedDefinition = ({ peak, sharp, valley, fund, fundFactor }: Banded): TariffDefinition => ({
  components: [
    {
      code: 'energy',
      price: {
        kind: 'time_of_use',
        bands: [
          { code: 'peak', unitPrice: peak },
          { code: 'sharp', unitPrice: sharp },
          { code: 'valley', unitPrice: valley },
        ],
        calendar: {
          schedules: {
            day: [
              { from: '00:00', to: '08:00', band: 'valley' },
              { from: '08:00', to: '18:00', band: 'peak' },
              { from: '18:00', to: '21:00', band: 'sharp' },
              { from: '21:00', to: '24:00', band: 'peak' },
            ],
          },
          days: [{ schedule: 'day' }],
        },
      },
      rounding: half('half_up'),
    },
    {
      code: 'fund',
      price: { kind: 'flat', unitPrice: fund },
      lossFactor: fundFactor,
      rounding: half('half_even'),
    },
  ],
});

const steppedDefinition = ({ limitKwh, below, above }: Stepped): TariffDefinition => ({
  components: [
    {
      code: 'energy',
      price: {
        ...{ kind: 'tiered', mode: 'graduated', accumulation: 'month', scale: 'window' },
        tiers: [
          { upTo: String(limitKwh), unitPrice: below },
          { upTo: null, unitPrice: above },
        ],
      },
      rounding: half('half_up'),
    },
  ],
});
