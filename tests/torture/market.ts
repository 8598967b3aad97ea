import { randomBytes } from 'node:crypto';
import type { Database } from '../../store/database.ts';
import { hashSecret } from '../../store/devices.ts';
import { at, buildMarket, FLAT, HOUR, PEAK_VALLEY } from '../billing/market.ts';
import type { Identity } from './device.ts';
import { BEGIN, END, type MeterTruth } from './truth.ts';

export const SITE = 'torture';
/** Every third stall changes hands in the middle of the month. */
const HANDOVER = '2025-10-16';

/** A lease and the hours that it pays for. */
interface Payer {
  readonly lease: number;
  readonly meter: number;
  readonly isFlat: boolean;
  readonly from: number;
  readonly to: number;
}

export interface TortureMarket {
  readonly identities: readonly Identity[];
  /** By device: the register of its readings. */
  readonly registers: readonly number[];
  readonly payers: readonly Payer[];
}

/** What a lease owes for a component and band: `lease component band` → Wh and minor units. */
export type Owed = Map<string, { quantity: bigint; amount: bigint }>;

/** A market whose stalls each have a meter, one lease or two, and one of two tariffs. */
export async function buildTortureMarket(db: Database, count: number): Promise<TortureMarket> {
  const market = await buildMarket(db, SITE);
  const flat = await market.tariff('FLAT', '2025-01-01', FLAT);
  const bands = await market.tariff('BANDS', '2025-01-01', PEAK_VALLEY);
  const identities: Identity[] = [];
  const registers: number[] = [];
  const payers: Payer[] = [];
  for (let meter = 0; meter < count; meter++) {
    const stall = await market.stall();
    const isFlat = meter % 2 === 0;
    const lease = (from: string, to: string | null): Promise<number> =>
      market.lease(stall, from, to, { tariff: isFlat ? flat : bands });
    const cut = at(HANDOVER).getTime();
    if (meter % 3 === 0) {
      payers.push({ lease: await lease('2025-01-01', HANDOVER), meter, isFlat, from: BEGIN, to: cut });
      payers.push({ lease: await lease(HANDOVER, null), meter, isFlat, from: cut, to: END });
    } else payers.push({ lease: await lease('2025-01-01', null), meter, isFlat, from: BEGIN, to: END });
    const register = await market.meter(await market.point(stall), '2025-10-01', 5_000_000n);
    registers.push(register);
    identities.push(await enrol(db, register));
  }
  return { identities, registers, payers };
}

/** Gives the register's device a secret of its own. */
async function enrol(db: Database, register: number): Promise<Identity> {
  const password = randomBytes(16).toString('hex');
  const { rows } = await db.$client.query<{ id: string }>(
    `UPDATE devices SET secret_hash = $2 FROM registers r WHERE r.id = $1 AND devices.id = r.device_id RETURNING devices.id`,
    [register, hashSecret(password)],
  );
  const id = rows[0]?.id ?? '';
  await db.$client.query('INSERT INTO device_states (device_id) VALUES ($1) ON CONFLICT DO NOTHING', [id]);
  const name = `${SITE}/${id}`;
  return { clientId: name, username: name, password, topic: `v1/${SITE}/${id}/up` };
}

/** What the truth costs: hour by hour, without registers, cuts or differences. */
export function owed(payers: readonly Payer[], truths: readonly MeterTruth[]): Owed {
  const owing: Owed = new Map();
  for (const { lease, meter, isFlat, from, to } of payers) {
    const used = { all: 0n, peak: 0n, valley: 0n };
    for (let ts = from; ts < to; ts += HOUR) {
      const wh = truths[meter]?.usedInHour(ts) ?? 0n;
      used.all += wh;
      // The market's clock is eight hours ahead of UTC.
      used[new Date(ts + 8 * HOUR).getUTCHours() < 8 ? 'valley' : 'peak'] += wh;
    }
    const owe = (name: string, quantity: bigint, perMWh: bigint): void => {
      // Minor units, half up: a price a kWh of 0.0351 is 3,510 minor units a MWh.
      owing.set(`${lease} ${name}`, { quantity, amount: (quantity * perMWh + 500_000n) / 1_000_000n });
    };
    if (isFlat) owe('energy all', used.all, 80_000n);
    else {
      owe('energy peak', used.peak, 120_000n);
      owe('energy valley', used.valley, 40_000n);
      owe('fund all', used.all, 3_510n);
    }
  }
  return owing;
}
