import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLmdbJournal } from '../../../store/journal/lmdb.ts';
import { type Journal, JournalBusyError, JournalFullError } from '../../../store/journal/port.ts';
import { journalContract, numbers, readAll } from './contract.ts';
import { record } from './record.ts';

const newDir = (): string => mkdtempSync(join(tmpdir(), 'stallgrid-journal-'));

journalContract('the LMDB journal', async () => {
  const dir = newDir();
  return {
    open: () => openLmdbJournal({ dir, bytesMax: 100e6 }),
    remove: async () => rmSync(dir, { recursive: true, force: true }),
  };
});

describe('the LMDB journal', () => {
  let dir: string;
  beforeEach(() => {
    dir = newDir();
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const withJournal = async (bytesMax: number, use: (journal: Journal) => Promise<void>): Promise<void> => {
    const journal = await openLmdbJournal({ dir, bytesMax });
    await use(journal).finally(() => journal.close());
  };

  it('has every acknowledged record after the process was killed', async () => {
    let acknowledged = '';
    const child = spawn(process.execPath, ['--import', 'tsx', script('appender.ts'), dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      acknowledged += text;
      if (acknowledged.length > 50_000) child.kill('SIGKILL');
    });
    await new Promise((resolve) => child.on('close', resolve));
    const expected = acknowledged.slice(0, acknowledged.lastIndexOf('\n')).split('\n').map(Number);
    expect(expected.length).toBeGreaterThan(5_000);
    await withJournal(1e9, async (journal) => {
      const kept = new Set(numbers((await readAll(journal)).records));
      expect(expected.filter((n) => !kept.has(n))).toEqual([]);
    });
  });

  it('reads what another process appends', async () => {
    await withJournal(1e9, async (journal) => {
      const child = spawn(process.execPath, ['--import', 'tsx', script('appender.ts'), dir], {
        stdio: 'ignore',
      });
      try {
        const frames = await journal.read(0, { recordsMax: 1, waitMs: 20_000 });
        expect(numbers(frames.flatMap((frame) => frame.records))[0]).toBe(0);
      } finally {
        child.kill('SIGKILL');
        await new Promise((resolve) => child.on('close', resolve));
      }
    });
  });

  it('refuses records beyond its quota, says so, and takes them again once it was trimmed', async () => {
    const payload = Buffer.alloc(50_000);
    await withJournal(2_000_000, async (journal) => {
      let kept = 0;
      const fill = async (): Promise<void> => {
        for (; ; kept++) await journal.append(record(kept, { payload }));
      };
      await expect(fill()).rejects.toBeInstanceOf(JournalFullError);
      expect(kept).toBeGreaterThan(20);
      const full = await journal.status();
      expect(full.writable).toBe(false);
      expect(full.bytes).toBeLessThanOrEqual(full.bytesMax);
      expect((await readAll(journal)).records).toHaveLength(kept);

      await journal.trim({ upTo: (await journal.head()) - 5, receivedBefore: Number.MAX_SAFE_INTEGER });
      expect((await journal.status()).writable).toBe(true);
      await journal.append(record(kept, { payload }));
      expect((await readAll(journal)).records).toHaveLength(6);
    });
  });

  it('reuses the room of trimmed frames for ever', async () => {
    const payload = Buffer.alloc(60_000);
    await withJournal(3_000_000, async (journal) => {
      for (let n = 0; n < 300; n++) {
        await journal.append(record(n, { payload }));
        if (n % 20 === 19)
          await journal.trim({ upTo: await journal.head(), receivedBefore: record(n).receivedAt });
      }
      expect((await journal.status()).bytes).toBeLessThan(1_000_000);
    });
  });

  it('refuses records when the disk refuses them, and takes them again once it was trimmed', async () => {
    // A limit on the size of files stands in for a full disk: a write fails the same way (EFBIG, not ENOSPC).
    const child = spawn('/bin/sh', [
      '-c',
      'ulimit -f 20000; exec "$@"',
      'sh',
      ...nodeRun('full-disk.ts', dir),
    ]);
    let [out, errors] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    await new Promise((resolve) => child.on('close', resolve));
    const rounds = JSON.parse(out) as { kept: number }[];
    for (const round of rounds) {
      expect(round).toMatchObject({
        error: 'JournalFullError',
        writableWhenFull: false,
        readWhenFull: round.kept,
        writableAfterTrim: true,
      });
      expect(round.kept).toBeGreaterThan(50);
    }
    expect(rounds).toHaveLength(4);
    // LMDB says there that it could not write a page, after which its memory may be damaged.
    expect(errors).not.toMatch(/Write error|mdb_/);
  });

  it('says that a disk has no room for a new one', async () => {
    const child = spawn('/bin/sh', ['-c', 'ulimit -f 100; exec "$@"', 'sh', ...nodeRun('appender.ts', dir)]);
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(1);
    expect(errors).toMatch(/JournalFullError: the disk has no more room for .*data\.mdb/);
  });

  it('refuses more than a bounded number of bytes that wait for the disk', async () => {
    const payload = Buffer.alloc(1_000_000);
    await withJournal(1e9, async (journal) => {
      const appends = Array.from({ length: 100 }, (_, n) => journal.append(record(n, { payload })));
      const results = await Promise.allSettled(appends);
      const refused = results.filter((result) => result.status === 'rejected');
      expect(refused.length).toBeGreaterThan(20);
      for (const { reason } of refused) expect(reason).toBeInstanceOf(JournalBusyError);
      expect((await readAll(journal)).records).toHaveLength(100 - refused.length);
    });
  });

  it('lets other work go on while it trims very many frames', async () => {
    await withJournal(1e9, async (journal) => {
      for (let n = 0; n < 400; n++) await journal.append(record(n, { payload: Buffer.alloc(5_000) }));
      let turns = 0;
      const timer = setInterval(() => turns++, 0);
      const dropped = await journal.trim({ upTo: 400, receivedBefore: Number.MAX_SAFE_INTEGER });
      clearInterval(timer);
      expect(dropped).toBe(400);
      expect(turns).toBeGreaterThan(2);
    });
  });
});

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const nodeRun = (name: string, ...args: string[]): string[] => [
  process.execPath,
  '--import',
  'tsx',
  script(name),
  ...args,
];
