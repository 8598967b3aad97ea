/** A process that does nothing but audit: `audit-process.ts <database url>`. */
import pino from 'pino';
import { startAudits } from '../../billing/audit/start.ts';
import { openDatabase } from '../../store/database.ts';

const [databaseUrl = ''] = process.argv.slice(2);
await startAudits({
  ...{ db: openDatabase(databaseUrl), databaseUrl, log: pino({ level: 'silent' }) },
  ...{ now: () => new Date(), lookEveryMs: 1_000 },
});
