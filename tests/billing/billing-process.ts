/** A process that does nothing but bill, one point a transaction: `billing-process.ts <database url>`. */
import pino from 'pino';
import { startBilling } from '../../billing/start.ts';
import { openDatabase } from '../../store/database.ts';

const [databaseUrl = ''] = process.argv.slice(2);
await startBilling({
  db: openDatabase(databaseUrl),
  databaseUrl,
  log: pino({ level: 'silent' }),
  clock: () => Date.parse('2027-01-01T00:00:00Z'),
  pointsPerBatch: 1,
});
