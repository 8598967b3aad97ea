import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Line of postmaster.pid that names the port (PostgreSQL, miscadmin.h: LOCK_FILE_LINE_PORT). */
const PORT_LINE = 4;

/** Where the embedded Postgres of this folder answers a second process; undefined while it does not run. */
export function runningPostgresUrl(dir: string): string | undefined {
  const pidFile = join(dir, 'cluster', 'postmaster.pid');
  const passwordFile = join(dir, 'password');
  if (!existsSync(pidFile) || !existsSync(passwordFile)) return undefined;
  const port = Number(readFileSync(pidFile, 'utf8').split('\n')[PORT_LINE - 1]);
  if (!Number.isInteger(port) || port <= 0) return undefined;
  return `postgres://postgres:${readFileSync(passwordFile, 'utf8')}@127.0.0.1:${port}/stallgrid`;
}
