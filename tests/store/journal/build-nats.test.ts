import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildNatsJournal } from '../../../store/journal/build-nats.ts';
import { encodeFrame } from '../../../store/journal/frame-codec.ts';
import { openNatsJournals } from '../../../store/journal/nats.ts';
import { type NatsServers, skipNats, startNats } from '../../support/nats.ts';
import { numbers, readAll } from './contract.ts';
import { record } from './record.ts';

describe.skipIf(skipNats)('a journal on NATS that is restored', () => {
  let servers: NatsServers;
  const options = () => ({ url: servers.url, partitions: 2, replicas: 1, bytesMax: 100e6 });
  beforeAll(async () => {
    servers = await startNats();
  });
  afterAll(() => servers?.stop());

  it('has its frames in their order, numbered from 1, goes on after them, and is not restored over', async () => {
    const built = await buildNatsJournal(options(), 0, 500);
    for (let n = 0; n < 200; n++) await built.add(500 + n, encodeFrame([record(n)]));
    await built.finish(699);
    await built.close();
    const empty = await buildNatsJournal(options(), 1, 1_001);
    await empty.finish(1_000);
    await empty.close();

    const [first, second] = await openNatsJournals(options());
    const all = await readAll(first as NonNullable<typeof first>);
    expect(all.seqs).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
    expect([built.offset, empty.offset]).toEqual([499, 1_000]);
    expect(numbers(all.records)).toEqual(Array.from({ length: 200 }, (_, n) => n));
    expect([await first?.id(), await first?.head()]).toEqual([built.id, 200]);
    expect([await second?.id(), await second?.head()]).toEqual([empty.id, 0]);
    await first?.append(record(200));
    expect(await first?.head()).toBe(201);
    await first?.close();
    await second?.close();
    await expect(buildNatsJournal(options(), 0, 1)).rejects.toThrow(/has messages/);
  });

  it('is taken away again when it is abandoned, unless another has its place by then', async () => {
    const servers = await startNats();
    const options = { url: servers.url, partitions: 1, replicas: 1, bytesMax: 100e6 };
    const head = async () => {
      const [journal] = await openNatsJournals(options);
      return journal?.head().finally(() => journal.close());
    };
    try {
      const first = await buildNatsJournal(options, 0, 1);
      await first.add(1, encodeFrame([record(1)]));
      await first.abandon?.();
      expect(await head()).toBe(0);
      const second = await buildNatsJournal(options, 0, 1);
      await second.add(1, encodeFrame([record(1)]));
      await second.finish(1);
      await first.abandon?.();
      expect(await head()).toBe(1);
      await second.close();
    } finally {
      await servers.stop();
    }
  });
});
