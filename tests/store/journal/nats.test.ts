import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { openNatsJournals } from '../../../store/journal/nats.ts';
import { JournalFullError } from '../../../store/journal/port.ts';
import { eventually } from '../../support/eventually.ts';
import { type NatsServers, skipNats, startNats } from '../../support/nats.ts';
import { journalContract, numbers, readAll } from './contract.ts';
import { record } from './record.ts';

describe.skipIf(skipNats)('NATS JetStream', () => {
  const running: NatsServers[] = [];
  afterAll(async () => {
    for (const servers of running) await servers.stop();
  });
  async function start(count: number): Promise<NatsServers> {
    const servers = await startNats(count);
    running.push(servers);
    return servers;
  }
  const open = async ({ url, count }: NatsServers, bytesMax = 100e6) => {
    const [journal] = await openNatsJournals({ url, partitions: 1, replicas: count, bytesMax });
    if (!journal) throw new Error('no journal');
    return journal;
  };

  journalContract('the NATS journal', async () => {
    const servers = await startNats();
    return { open: () => open(servers), remove: () => servers.stop() };
  });

  it('refuses what its quota has no room for, keeps what it has, and takes again after trimming', async () => {
    const servers = await start(1);
    const journal = await open(servers, 1e6);
    const payload = Buffer.alloc(100_000, 1);
    let kept = 0;
    const refused = (async () => {
      for (;;) {
        await journal.append(record(kept, { payload }));
        kept++;
      }
    })();
    await expect(refused).rejects.toBeInstanceOf(JournalFullError);
    expect((await readAll(journal)).records).toHaveLength(kept);
    expect(await journal.status()).toMatchObject({ writable: false });
    await journal.trim({ upTo: await journal.head(), receivedBefore: 0, bytesTo: 500_000 });
    expect(await journal.status()).toMatchObject({ writable: true });
    await sleep(1_100);
    await journal.append(record(1));
    await journal.close();
  });

  it('is not spoken to in the clear where its URL says tls', async () => {
    const { url } = await start(1);
    const options = { url: url.replace('nats:', 'tls:'), partitions: 1, replicas: 1, bytesMax: 10e6 };
    await expect(openNatsJournals(options)).rejects.toThrow(/tls/);
  });

  it('loses nothing that was acknowledged, and keeps the order, while each server of three is killed once', async () => {
    const servers = await start(3);
    const journal = await open(servers);
    const acknowledged: number[] = [];
    let stopped = false;
    const writing = (async () => {
      for (let n = 0; !stopped; n += 10) {
        const ns = Array.from({ length: 10 }, (_, i) => n + i);
        const results = await Promise.allSettled(ns.map((i) => journal.append(record(i))));
        for (const [i, { status }] of results.entries()) if (status === 'fulfilled') acknowledged.push(n + i);
      }
    })();
    for (let n = 0; n < 3; n++) {
      servers.kill(n);
      const before = acknowledged.length;
      await eventually(() => expect(acknowledged.length).toBeGreaterThan(before + 100), 30_000);
      servers.start(n);
      // What was away must have caught up before the next one goes, or most of the replicas are not there.
      await sleep(3_000);
    }
    stopped = true;
    await writing;
    const found = numbers((await readAll(journal)).records);
    expect(new Set(found)).toEqual(new Set([...found, ...acknowledged]));
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(found).toHaveLength(new Set(found).size);
    await journal.close();
  }, 150_000);
});
