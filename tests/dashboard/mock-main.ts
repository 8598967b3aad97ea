import { fileURLToPath } from 'node:url';
import { startMock } from './mock-server.ts';

/** `npx tsx tests/dashboard/mock-main.ts`: the built dashboard on a market in memory, to look at. */
const mock = await startMock({
  dashboardDir: fileURLToPath(new URL('../../dist/dashboard', import.meta.url)),
  changesPerDelta: 1,
  port: 8090,
});
console.log(`ready: ${mock.url} (operator, biller, integrator, merchant, viewer; password correct-horse)`);
process.once('SIGINT', () => void mock.close());
