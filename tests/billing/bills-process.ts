/**
 * A process that does nothing but issue a site's reviewed bills, a few in a transaction, and kills itself with SIGKILL
 * before its n-th statement. `bills-process.ts <database url> <site> <bills a transaction> <n>`; `n` 0: it goes on to the end.
 */
import pg from 'pg';
import { zSiteSettings } from '../../contracts/settings.ts';
import { type StepRequest, takeStep } from '../../store/bill-steps.ts';
import { openDatabase } from '../../store/database.ts';
import { transaction } from '../../store/transaction.ts';
import { at, ZONE } from './bill-market.ts';

const [databaseUrl = '', siteId = '', batch = '1', n = '0'] = process.argv.slice(2);
let statements = 0;

const { query } = pg.Client.prototype;
pg.Client.prototype.query = function counted(this: pg.Client, ...args: Parameters<typeof query>) {
  if (++statements === Number(n)) process.kill(process.pid, 'SIGKILL');
  return query.apply(this, args);
} as typeof query;

const db = openDatabase(databaseUrl);
const about: Omit<StepRequest, 'billIds'> = {
  site: { id: siteId, timeZone: ZONE, currency: 'CNY' },
  settings: zSiteSettings.parse({}),
  step: 'issue',
  actor: 'bo',
  at: at('2026-11-07'),
};
for (;;) {
  const { rows } = await db.$client.query<{ id: string }>(
    `SELECT id FROM bills WHERE site_id = $1 AND status = 'reviewed' ORDER BY id LIMIT $2`,
    [siteId, batch],
  );
  if (rows.length === 0) break;
  const billIds = rows.map(({ id }) => Number(id));
  await transaction(db, (tx) => takeStep(tx, { ...about, billIds }));
}
await db.$client.end();
