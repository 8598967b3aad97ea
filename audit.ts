import { join, resolve } from 'node:path';
import { audit } from './billing/audit/audit.ts';
import { describeFinding, describeSeen } from './billing/audit/describe.ts';
import { clearProgress, FLAG, runCommand, TEXT, UsageError, type Values } from './command-line.ts';
import { ConfigError, readConfig } from './config.ts';
import { violationCount } from './domain/audit.ts';
import { periodRefusal } from './domain/periods.ts';
import { openDatabase } from './store/database.ts';
import { readDatabaseError } from './store/database-errors.ts';
import { runningPostgresUrl } from './store/embedded/running.ts';
import { findSite } from './store/sites.ts';

const HELP = `usage: npm run audit -- --site SITE --period PERIOD [--json] [--database-url URL]

Checks the 13 invariants of a site's month (2026-10) or day (2026-10-31) and prints of each what was checked and every
violation. Changes nothing. Exits with 0 where everything holds, 1 where something does not, 2 on misuse, 3 when
the database does not answer.

  --site           the site's id
  --period         a month or day that is over
  --json           print the findings as JSON
  --database-url   default: DATABASE_URL, else the embedded Postgres of the platform that runs on DATA_DIR
  --help           this text
`;

const OPTIONS = { site: TEXT, period: TEXT, 'database-url': TEXT, json: FLAG };

function databaseUrl(given: string | undefined): string {
  const { DATABASE_URL, DATA_DIR } = readConfig();
  const url = given ?? DATABASE_URL ?? runningPostgresUrl(join(resolve(DATA_DIR), 'postgres'));
  if (url) return url;
  throw new UsageError(
    `no platform runs on ${resolve(DATA_DIR)}: start it, or name its folder in DATA_DIR, or a database with --database-url`,
  );
}

async function main(values: Values<typeof OPTIONS>): Promise<number> {
  const { site: siteId, period, json } = values;
  if (!siteId || !period) throw new UsageError('--site and --period are needed');
  const db = openDatabase(databaseUrl(values['database-url']), { connectionsMax: 4 });
  try {
    const site = await findSite(db, siteId);
    if (!site) throw new UsageError(`there is no site ${siteId}`);
    const refusal = periodRefusal(period, site.timeZone, Date.now());
    if (refusal === 'no_such_period') throw new UsageError(`${period} is no month or day`);
    if (refusal === 'not_over') throw new UsageError(`${period} is not over in ${site.timeZone}`);
    const { seen, findings } = await audit(db, site, period, { onProgress: showProgress });
    clearProgress();
    const count = violationCount(findings);
    if (json) {
      const found = { site: site.id, period, violations: count, seen, findings };
      process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    } else {
      process.stdout.write(`${site.id} ${period}\n${describeSeen(seen)}\n`);
      for (const finding of findings) process.stdout.write(describeFinding(finding));
      process.stdout.write(count === 0 ? '\nAll 13 hold.\n' : `\nViolations: ${count}.\n`);
    }
    return count === 0 ? 0 : 1;
  } finally {
    await db.$client.end();
  }
}

function showProgress(done: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\rchecking … ${Math.floor(done / 10)} %`);
}

function explain(error: Error): string {
  if (readDatabaseError(error)?.kind === 'away') return `the database does not answer: ${error.message}`;
  return error instanceof ConfigError ? `${error.message}\n\n${HELP}` : (error.stack ?? error.message);
}

runCommand({ help: HELP, options: OPTIONS, main, explain, failureCode: 3 });
