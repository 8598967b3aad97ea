import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { connections } from '../../broker/metrics.ts';
import { startBroker } from '../../broker/start.ts';
import { openDatabase } from '../../store/database.ts';
import { openLmdbJournal } from '../../store/journal/lmdb.ts';

/** A broker in a process of its own, without limits on how fast connections come: those would keep the fuzz out. */
const [databaseUrl = '', dir = ''] = process.argv.slice(2);
let escaped = 0;
process.on('unhandledRejection', () => escaped++);
process.on('uncaughtExceptionMonitor', (error) => console.error(error));

const db = openDatabase(databaseUrl);
const journal = await openLmdbJournal({ dir, bytesMax: 1e9 });
const broker = await startBroker({
  db,
  databaseUrl,
  journals: [journal],
  log: pino({ level: 'silent' }),
  port: 0,
  host: '127.0.0.1',
  limits: { connectionRate: 1e9, connectionRatePerAddress: 1e9, refusalCost: 0 },
});
process.send?.({ port: broker.port });

/** Asked for its state, it answers with it; asked to stop, it ends. */
process.on('message', async (message) => {
  if (message === 'stop') {
    await broker.close();
    await journal.close();
    await db.$client.end();
    process.exit(0);
  }
  for (let n = 0; n < 3; n++) {
    global.gc?.();
    await sleep(50);
  }
  const frames = await journal.read(0, { recordsMax: 1e7 });
  const records = frames.flatMap((frame) => frame.records.map(({ device, kind }) => `${device}/${kind}`));
  global.gc?.();
  const { heapUsed } = process.memoryUsage();
  process.send?.({
    heapUsed,
    open: connections.open(),
    escaped,
    topics: [...new Set(records)],
    stored: records.length,
  });
});
