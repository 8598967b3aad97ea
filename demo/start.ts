import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { type FleetProgress, zFleetConfig } from '../contracts/fleet.ts';
import type { Database } from '../store/database.ts';
import { newSecret } from '../store/devices.ts';
import { importMarket } from '../store/import-market.ts';
import { startFleetProcess } from './fleet-process.ts';
import { buildDemoMarket } from './market.ts';
import { openBooks } from './opening.ts';
import { createPeople, signInLines } from './people.ts';
import { openedAt } from './site.ts';
import { tellStory } from './story.ts';

export interface DemoDeps {
  readonly db: Database;
  /** Holds the simulators' files: `demo-devices.json` with their secrets, `demo-flash.json`. */
  readonly dataDir: string;
  /** Where the broker listens on this host. */
  readonly mqttPort: number;
  readonly log: Logger;
  readonly print: (line: string) => void;
  readonly now?: () => number;
  /** How long the market has been open when it is first started. Default 35. */
  readonly historyDays?: number;
}

export interface Demo {
  /** The whole history has been charged, and its story told; rejects when that failed, or when it was closed before. */
  readonly historyDone: Promise<void>;
  close(): Promise<void>;
}

/** The simulators' configuration with what the market was made from, so that it can be made again. */
const zKept = zFleetConfig.extend({ startedAt: z.number().int(), historyDays: z.number().int().min(1) });
type Kept = z.infer<typeof zKept>;

const SEED = 'stallgrid';

/**
 * A market that looks alive: seeded on the first start, continued on later ones. The simulators run in a
 * process of their own and reach the platform by MQTT alone.
 * @throws when the data folder and the database do not belong together.
 */
export async function startDemo(deps: DemoDeps): Promise<Demo> {
  const { db, log, print } = deps;
  const configFile = join(deps.dataDir, 'demo-devices.json');
  const flashFile = join(deps.dataDir, 'demo-flash.json');
  const { startedAt, historyDays, merchant } = await openMarket(deps, configFile, flashFile);
  await createPeople(db, merchant);
  print('sign in with');
  for (const line of signInLines(merchant)) print(line);

  const closing = new AbortController();
  let onDelivered = (): void => {};
  const delivered = new Promise<void>((resolve, reject) => {
    onDelivered = resolve;
    closing.signal.addEventListener('abort', () => reject(new Error('closed before the history was there')));
  });
  const sayHistory = historyTeller(print);
  const fleet = startFleetProcess({
    configFile,
    flashFile,
    url: `mqtt://127.0.0.1:${deps.mqttPort}`,
    log,
    onProgress(progress) {
      if (!closing.signal.aborted) sayHistory(progress);
      log.debug(progress, 'demo: simulators');
      if (progress.historyDone) onDelivered();
    },
  });
  const from = openedAt(startedAt, historyDays);
  const signal = closing.signal;
  const now = deps.now ?? Date.now;
  const historyDone = delivered.then(() => tellStory({ db, from, startedAt, print, signal, now }));
  historyDone.catch((error) => {
    if (!closing.signal.aborted) log.error({ err: error }, 'demo: the history was not billed');
  });
  return {
    historyDone,
    async close() {
      closing.abort();
      await fleet.close();
      await historyDone.catch(() => {});
    },
  };
}

/** Makes the market on the first start; finds it again on later ones. */
async function openMarket(
  { db, log, print, now = Date.now, historyDays: days = 35 }: DemoDeps,
  configFile: string,
  flashFile: string,
): Promise<{ readonly startedAt: number; readonly historyDays: number; readonly merchant: string }> {
  const kept = readKept(configFile);
  const { startedAt, historyDays } = kept ?? { startedAt: now(), historyDays: days };
  const secrets = new Map(kept?.devices.map((device) => [device.id, device.secret]));
  const secretOf = (device: string): string => {
    const secret = secrets.get(device) ?? newSecret().secret;
    secrets.set(device, secret);
    return secret;
  };
  const demo = buildDemoMarket({ seed: SEED, startedAt, historyDays, secretOf });
  const { market, fleet, merchant } = demo;
  if (!kept) {
    print(`opening ${market.site.name} with ${market.devices.length} devices …`);
    // Before the database: a market whose devices nobody can be is worse than secrets without a market.
    writeKept(configFile, { ...zFleetConfig.parse(fleet), startedAt, historyDays });
  }
  const created = await importMarket(db, market);
  if (!created && !kept) {
    rmSync(configFile);
    throw new Error(`${configFile} is gone, but its market is in the database: delete the database too`);
  }
  if (created && kept) {
    log.warn('demo: the market is not in the database any more: it is made again, with its devices');
    rmSync(flashFile, { force: true });
  }
  await openBooks(db, demo, { startedAt, historyDays });
  return { startedAt, historyDays, merchant: merchant.name };
}

function readKept(file: string): Kept | undefined {
  return existsSync(file) ? zKept.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

function writeKept(file: string, kept: Kept): void {
  writeFileSync(`${file}.new`, JSON.stringify(kept), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

const SHARE_STEP = 0.1;
/** Below this many measurements catching up takes no time to speak of. */
const WORTH_TELLING = 20_000;

/** Tells how the devices' history comes in, tenth by tenth, and once when it is there. */
function historyTeller(print: (line: string) => void): (progress: FleetProgress) => void {
  let told = 0;
  return ({ backfilled, backfillTotal, historyDone, connected, devices }) => {
    if (told >= 1 || (!historyDone && backfillTotal < WORTH_TELLING)) return;
    const share = historyDone ? 1 : backfilled / backfillTotal;
    if (share < 1 && share < told + SHARE_STEP) return;
    told = share;
    const count = backfilled.toLocaleString('en');
    print(
      `history: ${Math.floor(share * 100)} % (${count} measurements), ${connected} of ${devices} devices online`,
    );
  };
}
