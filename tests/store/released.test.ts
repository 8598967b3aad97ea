import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Migration {
  readonly tag: string;
  readonly sha256: string;
}
const read = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;
const released = read<Record<string, Migration[]>>('tests/store/released/migrations.json');
const { entries } = read<{ entries: { tag: string }[] }>('store/migrations/meta/_journal.json');

describe.each(Object.entries(released))('the migrations of version %s', (_, migrations) => {
  it('are still there, in their order, and have not changed: databases out there have applied them', () => {
    expect(migrations.length).toBeGreaterThan(0);
    const now = entries.slice(0, migrations.length).map(({ tag }) => {
      const text = readFileSync(`store/migrations/${tag}.sql`, 'utf8');
      return { tag, sha256: createHash('sha256').update(text).digest('hex') };
    });
    expect(now).toEqual(migrations);
  });
});
