import { pino } from 'pino';
import type { Browser } from 'playwright-core';
import { startApi } from '../../api/start.ts';
import type { PaymentProvider } from '../../billing/providers/port.ts';
import { startBilling } from '../../billing/start.ts';
import type { Role } from '../../domain/permissions.ts';
import { createUser } from '../../store/auth.ts';
import type { Database } from '../../store/database.ts';
import { ensureBuiltInProfiles } from '../../store/profiles.ts';
import { openPostgresTelemetry } from '../../store/telemetry/postgres.ts';
import { launchBrowser, type Visit, type VisitOptions, visit } from '../dashboard/browser.ts';
import { buildDashboard } from '../dashboard/built.ts';
import { PASSWORD } from '../dashboard/mock-market.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';

export interface BrowserApp extends TestDatabase {
  readonly url: string;
  readonly databaseUrl: string;
  /** Opens a page, signed in as the role's user (its name is the role) unless `as` is null. */
  visit(path: string, options?: VisitOptions): Promise<Visit>;
  /** Adds somebody else who signs in with the same password. */
  addUser(username: string, role: Role, partyId?: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * The real api with the built dashboard over a database of its own, and a browser to look at it. `seed` fills the
 * database before anything runs and may name the merchant's party; with `billing` runs are executed too.
 */
export async function startBrowserApp(options: {
  readonly seed: (db: Database) => Promise<{ readonly partyId?: number } | undefined>;
  readonly billing?: boolean;
  /** Ways to pay beside the balance and cash. */
  readonly providers?: readonly PaymentProvider[];
}): Promise<BrowserApp> {
  const database = await createTestDatabase();
  const { db, url: databaseUrl } = database;
  const log = pino({ level: 'silent' });
  const closers: (() => Promise<unknown>)[] = [() => database.drop()];
  const close = async (): Promise<void> => {
    for (let step = closers.pop(); step; step = closers.pop()) await step();
  };
  try {
    await ensureBuiltInProfiles(db);
    const seeded = (await options.seed(db)) ?? {};
    const addUser = async (username: string, role: Role, partyId?: number): Promise<void> => {
      const own = partyId === undefined ? {} : { partyId };
      await createUser(db, { username, password: PASSWORD, name: username, role, ...own });
    };
    for (const role of ['operator', 'biller', 'auditor', 'integrator'] as const) await addUser(role, role);
    if (seeded.partyId !== undefined) await addUser('merchant', 'merchant', seeded.partyId);
    if (options.billing) {
      const billing = await startBilling({ db, databaseUrl, log, providers: options.providers });
      closers.push(() => billing.close());
    }
    const api = await startApi({
      db,
      databaseUrl,
      telemetry: openPostgresTelemetry(db),
      log,
      host: '127.0.0.1',
      port: 0,
      providers: (options.providers ?? []).map(({ name }) => name),
      authSecret: 'cookie-secret-for-tests-9f8e7d6c5b4a39281706',
      dashboardDir: await buildDashboard(),
    });
    closers.push(() => api.close());
    const browser: Browser = await launchBrowser();
    closers.push(() => browser.close());
    const url = `http://127.0.0.1:${api.port}`;
    return {
      ...database,
      url,
      databaseUrl,
      addUser,
      visit: (path, how = {}) => visit(browser, { url }, path, how),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
