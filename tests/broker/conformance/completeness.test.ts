import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../broker/limits.ts';
import { STATEMENTS, WITHOUT_TEST } from './statements.ts';

const NUMBER = /MQTT-\d[\d.-]*\d/g;
const here = import.meta.dirname;
const source = readdirSync(here)
  .filter((name) => name.endsWith('.test.ts') && !name.startsWith('completeness'))
  .map((name) => readFileSync(join(here, name), 'utf8'))
  .join('\n');
const all = Object.keys(STATEMENTS);
/** In a test's title, or in the row of a table that makes one. */
const tested = new Set(source.match(NUMBER));
const named = (pattern: RegExp): Set<string> =>
  new Set([...source.matchAll(pattern)].flatMap(([, numbers = '']) => numbers.match(NUMBER) ?? []));

describe('of the 141 normative statements of MQTT 3.1.1', () => {
  it('all are listed', () => {
    expect(all).toHaveLength(141);
  });

  it('each is either tested, or said to need no test, and why', () => {
    const untested = all.filter((id) => !tested.has(id));
    expect(untested).toEqual(Object.keys(WITHOUT_TEST));
    for (const reason of Object.values(WITHOUT_TEST)) expect(reason).toMatch(/^(binds|the platform)/);
  });

  it('none is tested that does not exist', () => {
    expect([...tested].filter((id) => !all.includes(id))).toEqual([]);
  });
});

describe('docs/mqtt.md', () => {
  const guide = readFileSync(join(here, '../../../docs/mqtt.md'), 'utf8');
  const section = (title: string): string =>
    guide.split(/^## /m).find((part) => part.startsWith(title)) ?? '';

  it('names every clause that a test shows to differ, and no other', () => {
    const differing = named(/\[(MQTT-[\d.-]+)\] differs on purpose/g);
    expect(new Set(section('Where it differs').match(NUMBER))).toEqual(differing);
    expect(differing.size).toBeGreaterThan(20);
  });

  it('says the limits that are in force', () => {
    const { payloadBytesMax, controlBytesMax, unacknowledgedMax, keepAliveSMax, connectTimeoutMs } =
      DEFAULT_LIMITS;
    const limits = section('Limits');
    for (const text of [
      `${payloadBytesMax / 1024} KiB`,
      `${controlBytesMax / 1024} KiB`,
      `${unacknowledgedMax} publishes`,
      `${keepAliveSMax / 60} minutes`,
      `${connectTimeoutMs / 1000} seconds`,
    ]) {
      expect(limits).toContain(text);
    }
  });
});
