import { setTimeout as sleep } from 'node:timers/promises';
import { openLmdbJournal } from '../../../store/journal/lmdb.ts';
import { record } from './record.ts';

/**
 * Fills a journal until the disk refuses, trims it while the disk is still full and appends again, some times over;
 * prints what happened in each round as JSON.
 */
const [dir = ''] = process.argv.slice(2);
const journal = await openLmdbJournal({ dir, bytesMax: 1e9 });
const payload = Buffer.alloc(60_000);
const rounds: unknown[] = [];

for (let round = 0; round < 4; round++) {
  let kept = 0;
  let error: unknown;
  while (error === undefined) {
    await journal.append(record(kept, { payload })).then(
      () => kept++,
      (reason) => {
        error = reason;
      },
    );
  }
  const writableWhenFull = (await journal.status()).writable;
  const readWhenFull = (await journal.read(0, { recordsMax: 1e6 })).length;
  await journal.trim({ upTo: await journal.head(), receivedBefore: Number.MAX_SAFE_INTEGER });
  let writableAfterTrim = false;
  for (let tries = 0; tries < 10 && !writableAfterTrim; tries++) {
    await sleep(500);
    writableAfterTrim = (await journal.status()).writable;
  }
  rounds.push({ kept, error: (error as Error).name, writableWhenFull, readWhenFull, writableAfterTrim });
}
await journal.close();
console.log(JSON.stringify(rounds));
