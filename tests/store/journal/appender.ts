import { openLmdbJournal } from '../../../store/journal/lmdb.ts';
import { record } from './record.ts';

/** Appends numbered records for ever and prints each number once it is durable. Ends by being killed. */
const [dir = ''] = process.argv.slice(2);
const journal = await openLmdbJournal({ dir, bytesMax: 1e9 });
let next = 0;
for (;;) {
  const batch = Array.from({ length: 50 }, () => next++);
  await Promise.all(
    batch.map(async (n) => {
      await journal.append(record(n));
      process.stdout.write(`${n}\n`);
    }),
  );
}
