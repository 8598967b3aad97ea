/**
 * A process that does nothing but take payments, and kills itself with SIGKILL before its n-th step: a statement to the
 * database or a call of the provider, counted from when it first claims a charge.
 * `payments-process.ts <database url> <sandbox url> <sandbox secret> <callback url> <n>`; `n` 0: it lives on.
 */
import pg from 'pg';
import pino from 'pino';
import { startPayments } from '../../billing/payments.ts';
import { createSandbox } from '../../billing/providers/sandbox.ts';
import { openDatabase } from '../../store/database.ts';

const [databaseUrl = '', url = '', secret = '', callbackUrl = '', n = '0'] = process.argv.slice(2);
let steps = 0;
function step(): void {
  if (++steps === Number(n)) process.kill(process.pid, 'SIGKILL');
}

const { query } = pg.Client.prototype;
pg.Client.prototype.query = function counted(this: pg.Client, ...args: Parameters<typeof query>) {
  const [config] = args as readonly unknown[];
  const text = typeof config === 'string' ? config : String((config as { text?: string }).text);
  if (steps > 0 || text.startsWith('UPDATE charges SET attempts')) step();
  return query.apply(this, args);
} as typeof query;
const call = globalThis.fetch;
globalThis.fetch = (...args) => {
  step();
  return call(...args);
};

await startPayments({
  db: openDatabase(databaseUrl),
  databaseUrl,
  log: pino({ level: 'silent' }),
  now: () => new Date(),
  lookEveryMs: 200,
  isScheduled: false,
  providers: [createSandbox({ url, secret, callbackUrl, callMsMax: 20_000 })],
});
