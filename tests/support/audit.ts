import { expect } from 'vitest';
import { runCommand } from './command.ts';

/** `npm run audit` of a site's month finds nothing. */
export async function expectAuditHolds(databaseUrl: string, site: string, period: string): Promise<void> {
  const args = ['--site', site, '--period', period, '--database-url', databaseUrl];
  expect(await runCommand(['audit.ts', ...args])).toMatchObject({
    code: 0,
    out: expect.stringContaining('All 13 hold.'),
  });
}
