import type { Database } from '../../store/database.ts';
import { decideWaiting } from '../../store/decide-readings.ts';
import { exchange, lockInstalled } from '../../store/exchanges.ts';
import { scanReadings } from '../../store/reading-scan.ts';
import { transaction } from '../../store/transaction.ts';
import { buildMarket } from '../billing/market.ts';
import { addTo, type Owed, owedFor, type Stay } from './oracle.ts';
import { type Message, sentByMain, sentOf } from './sent.ts';
import { type FromDevice, takeIn } from './taken-in.ts';
import { type Device, install, newDevice, newLease } from './true-rows.ts';
import { type Charged, trueTariffs } from './true-tariffs.ts';
import {
  BEGIN,
  HOUR,
  MINUTE,
  MODULUS,
  OCTOBER,
  PORTIONS,
  type Scenario,
  type StallPlan,
  type StallTruth,
  truthOf,
  ZONE,
} from './truth.ts';

/** What people do in a portion. */
interface Note {
  readonly portion: number;
  readonly take: (at: Date) => Promise<void>;
}

export interface TrueMarket {
  readonly site: string;
  readonly main: number;
  /** Ingest and people do what is theirs in a portion. */
  arrive(portion: number, at: Date): Promise<void>;
  /** What is to be charged in the end. */
  owed(): Owed;
}

/** Builds a scenario's market: a main, three stalls behind it, who pays, and what becomes known by and by. */
export async function buildTrueMarket(db: Database, site: string, scenario: Scenario): Promise<TrueMarket> {
  const market = await buildMarket(db, site);
  await db.$client.query('UPDATE sites SET time_zone = $2 WHERE id = $1', [site, ZONE]);
  const { byBand, bySteps } = await trueTariffs(db, market, scenario.newPrices);
  const house = await market.lease(null, '2026-01-01', null, { tariff: byBand.tariff });

  const truths = scenario.stalls.map(truthOf);
  const notes: Note[] = [];
  const messages: FromDevice[] = [];
  const stays: { readonly truth: StallTruth; readonly stay: Stay }[] = [];
  const send = (device: string, message: Message): void => {
    messages.push({ ...message, device });
  };
  const main = await market.point(null);
  const ofMain = await newDevice(db, site, 'main', 1_000_000_000_000);
  await install(db, main, ofMain, { from: BEGIN, startValue: 0, multiplier: 10_000 });
  for (const message of sentByMain(scenario, truths)) send(ofMain.id, message);

  for (const [i, plan] of scenario.stalls.entries()) {
    const truth = truths[i] as StallTruth;
    const place = await market.stall();
    const point = await market.point(place);
    await db.$client.query('UPDATE metering_points SET main_id = $1 WHERE id = $2', [main, point]);
    const meters = [
      await newDevice(db, site, `${i}-a`, MODULUS),
      await newDevice(db, site, `${i}-b`, MODULUS),
    ] as const;
    await install(db, point, meters[0], { from: BEGIN, startValue: plan.dial, multiplier: plan.multiplier });
    for (const message of sentOf(plan, truth)) send(meters[message.meter === 0 ? 0 : 1].id, message);
    notes.push(...changeNotes(db, plan, truth, point, meters[1]), ...clockNotes(db, plan, meters));

    const [first, second] = [...plan.cuts].sort((a, b) => a - b) as [number, number];
    const stay = (lease: number, from: number, to: number, { versions }: Charged, isPrepaid = false) => {
      stays.push({ truth, stay: { lease, from, to, versions, isPrepaid } });
    };
    if (i === 2) {
      stay(house, BEGIN, first, byBand);
      if (first < second) {
        const days = { from: first, to: second, charging: 'prepaid' } as const;
        stay(await newLease(db, site, place, byBand, days), first, second, byBand, true);
      }
      stay(house, second, OCTOBER.to, byBand);
      continue;
    }
    const before = await newLease(db, site, place, byBand, { from: BEGIN, to: null, charging: 'postpaid' });
    stay(before, BEGIN, first, byBand);
    stay(house, first, second, byBand);
    notes.push({
      portion: plan.noted,
      async take() {
        await db.$client.query('UPDATE leases SET ends_at = $2 WHERE id = $1', [before, new Date(first)]);
        const next = { from: second, to: null, charging: 'postpaid' } as const;
        stay(await newLease(db, site, place, bySteps, next), second, OCTOBER.to, bySteps);
      },
    });
  }

  return {
    ...{ site, main },
    async arrive(portion, at) {
      const due = messages.filter((message) => message.portion === portion);
      await takeIn(db, site, due);
      for (const note of notes) if (note.portion === portion) await note.take(at);
      while (!(await scanReadings(db, at)).isCaughtUp);
    },
    owed() {
      const owed: Owed = new Map();
      for (const { truth, stay } of stays) {
        for (const [key, sum] of owedFor(truth, [stay])) addTo(owed, key, sum);
      }
      return owed;
    },
  };
}

/** Somebody notes that the meter was exchanged, or what it showed when its ratio changed. */
function changeNotes(
  db: Database,
  { change }: StallPlan,
  { segments: [before, after] }: StallTruth,
  pointId: number,
  next: Device,
): readonly Note[] {
  if (!change || !before || !after) return [];
  const take = (at: Date): Promise<void> =>
    transaction(db, async (tx) => {
      const old = await lockInstalled(tx, pointId);
      if (!old) throw new Error('no meter');
      const one = {
        ...{ pointId, old, at: change.at, endValue: BigInt(before.endValue) },
        registerId: change.kind === 'exchange' ? next.register : old.registerId,
        startValue: BigInt(after.startValue),
        multiplier: String(change.multiplier / 10_000),
        purpose: change.kind === 'exchange' ? ('exchange' as const) : ('multiplier' as const),
      };
      const doubt = await exchange(tx, one, { actor: 'al', at }, true);
      if (doubt) throw new Error(JSON.stringify(doubt, (_, value) => String(value)));
    });
  return [{ portion: change.noted, take }];
}

/** Somebody sets right when readings were taken whose device was ahead; in each later portion what came late of them. */
function clockNotes(db: Database, { skew }: StallPlan, meters: readonly Device[]): readonly Note[] {
  if (!skew) return [];
  const shiftMs = -skew.aheadMinutes * MINUTE;
  const window = {
    from: new Date(skew.from - shiftMs),
    to: new Date(skew.from + skew.hours * HOUR - shiftMs),
  };
  return Array.from({ length: PORTIONS - skew.decided }, (_, i) => ({
    portion: skew.decided + i,
    async take(at: Date) {
      for (const { id } of meters) {
        await transaction(db, (tx) =>
          decideWaiting(tx, { deviceId: id, ...window }, { shiftMs }, { actor: 'bo', at }),
        );
      }
    },
  }));
}
