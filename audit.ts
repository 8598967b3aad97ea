import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { audit } from './billing/audit/audit.ts';
import { describeFinding, describeSeen } from './billing/audit/describe.ts';
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

class UsageError extends Error {}

interface Options {
  readonly site: string;
  readonly period: string;
  readonly json: boolean;
  readonly databaseUrl: string | undefined;
}

function parse(args: readonly string[]): Options | null {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { site: text, period: text, 'database-url': text, json: flag, help: flag };
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
  try {
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help) return null;
  const { site, period, json = false } = values;
  if (!site || !period) throw new UsageError('--site and --period are needed');
  return { site, period, json, databaseUrl: values['database-url'] };
}

function databaseUrl(given: string | undefined): string {
  const { DATABASE_URL, DATA_DIR } = readConfig();
  const url = given ?? DATABASE_URL ?? runningPostgresUrl(join(resolve(DATA_DIR), 'postgres'));
  if (url) return url;
  throw new UsageError(
    `no platform runs on ${resolve(DATA_DIR)}: start it, or name its folder in DATA_DIR, or a database with --database-url`,
  );
}

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const options = parse(args);
  if (!options) {
    process.stdout.write(HELP);
    return 0;
  }
  const db = openDatabase(databaseUrl(options.databaseUrl), { connectionsMax: 4 });
  try {
    const site = await findSite(db, options.site);
    if (!site) throw new UsageError(`there is no site ${options.site}`);
    const refusal = periodRefusal(options.period, site.timeZone, Date.now());
    if (refusal === 'no_such_period') throw new UsageError(`${options.period} is no month or day`);
    if (refusal === 'not_over') throw new UsageError(`${options.period} is not over in ${site.timeZone}`);
    const { seen, findings } = await audit(db, site, options.period, { onProgress: showProgress });
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
    const count = violationCount(findings);
    if (options.json) {
      const found = { site: site.id, period: options.period, violations: count, seen, findings };
      process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    } else {
      process.stdout.write(`${site.id} ${options.period}\n${describeSeen(seen)}\n`);
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

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    if (readDatabaseError(error)?.kind === 'away') {
      console.error(`the database does not answer: ${error.message}`);
      process.exitCode = 3;
      return;
    }
    const isMisuse = error instanceof UsageError || error instanceof ConfigError;
    console.error(isMisuse ? `${error.message}\n\n${HELP}` : (error.stack ?? error.message));
    process.exitCode = isMisuse ? 2 : 3;
  },
);
