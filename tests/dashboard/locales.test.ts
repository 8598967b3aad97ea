import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { en } from '../../dashboard/src/locales/en.ts';
import { zhCN } from '../../dashboard/src/locales/zh-CN.ts';
import { COMMAND_STATUS } from '../../domain/commands.ts';
import { DEAD_LETTER_REASONS } from '../../domain/dead-letters.ts';
import { DEVICE_KINDS } from '../../domain/device-profiles.ts';
import { BOUNDARY_METHODS, MARK_KINDS } from '../../domain/metering/boundary.ts';
import { ROUNDING_MODES } from '../../domain/money.ts';
import { ROLES } from '../../domain/permissions.ts';
import { READING_QUALITY } from '../../domain/readings.ts';
import { REFUSAL_CODES, REFUSAL_THINGS } from '../../domain/refusals.ts';
import { PROBLEM_CODES } from '../../domain/settlement/problems.ts';

interface Texts {
  readonly [key: string]: string | Texts;
}
const flat = (texts: Texts, prefix = ''): Map<string, string> =>
  new Map(
    Object.entries(texts).flatMap(([key, value]) =>
      typeof value === 'string' ? [[prefix + key, value] as const] : [...flat(value, `${prefix}${key}.`)],
    ),
  );

const CHINESE = flat(zhCN);
const ENGLISH = flat(en);
const SOURCE_DIR = fileURLToPath(new URL('../../dashboard/src', import.meta.url));
const SOURCE = readdirSync(SOURCE_DIR, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !name.startsWith('locales'))
  .map((name) => ({ name, text: readFileSync(`${SOURCE_DIR}/${name}`, 'utf8') }));
/** Said the same in both languages. */
const SAME = new Set(['app.name', 'errors.and']);

/** English tells one from several; Chinese does not. */
const SINGULAR = /_one$/;

test('both languages have the same keys', () => {
  const keys = [...ENGLISH.keys()].filter((key) => !SINGULAR.test(key));
  expect(keys.sort()).toEqual([...CHINESE.keys()].sort());
});

test('an English sentence that counts things says one of them in the singular', () => {
  const singular = [...ENGLISH.keys()].filter((key) => SINGULAR.test(key));
  for (const key of singular) expect(ENGLISH.has(key.replace(SINGULAR, '')), key).toBe(true);
  const plural = [...ENGLISH].filter(
    ([key, text]) => /\{\{count\}\} [a-z]+s\b/.test(text) && !SINGULAR.test(key),
  );
  expect(plural.map(([key]) => key).filter((key) => !ENGLISH.has(`${key}_one`))).toEqual([]);
});

test('both languages name the same values in every sentence', () => {
  const values = (text: string | undefined) => [...(text ?? '').matchAll(/\{\{\w+\}\}/g)].map(String).sort();
  for (const [key, text] of CHINESE) expect(values(ENGLISH.get(key)), key).toEqual(values(text));
});

test('no sentence is empty, or in the other language', () => {
  for (const [key, text] of CHINESE) {
    expect(text, key).not.toBe('');
    if (!SAME.has(key)) expect(text, key).toMatch(/\p{Script=Han}|^\{\{/u);
  }
  for (const [key, text] of ENGLISH) {
    expect(text, key).not.toBe('');
    if (!SAME.has(key)) expect(text, key).not.toMatch(/\p{Script=Han}/u);
  }
});

test('Chinese sentences have Chinese punctuation', () => {
  for (const [key, text] of CHINESE) expect(text, key).not.toMatch(/\p{Script=Han}[,;:?!]/u);
});

test('every word of the domain that the page shows has its text', () => {
  const groups: Readonly<Record<string, readonly string[]>> = {
    role: ROLES,
    kind: DEVICE_KINDS,
    quality: READING_QUALITY,
    problem: PROBLEM_CODES,
    refusal: REFUSAL_CODES,
    thing: REFUSAL_THINGS,
    'command.status': COMMAND_STATUS,
    'deadLetter.reason': DEAD_LETTER_REASONS,
    'deadLetter.todo': DEAD_LETTER_REASONS,
    'evidence.methodName': BOUNDARY_METHODS,
    'evidence.markKind': MARK_KINDS,
    'evidence.roundingMode': ROUNDING_MODES,
  };
  for (const [group, words] of Object.entries(groups)) {
    for (const word of words) expect(CHINESE.has(`${group}.${word}`), `${group}.${word}`).toBe(true);
  }
});

test('every key that the code names exists, and every key is used', () => {
  const literal = new Set<string>();
  const prefixes = new Set<string>();
  for (const { text } of SOURCE) {
    for (const [, key] of text.matchAll(/['"]([a-zA-Z]+(?:\.[a-zA-Z0-9_-]+)+)['"]/g)) literal.add(key ?? '');
    for (const [, prefix] of text.matchAll(/`([a-zA-Z]+(?:\.[a-zA-Z0-9_-]+)*\.?[a-zA-Z]*)\$\{/g))
      prefixes.add(prefix ?? '');
  }
  const groups = new Set([...CHINESE.keys()].map((key) => key.split('.')[0]));
  const named = [...literal].filter((key) => groups.has(key.split('.')[0]) && !/\.(tsx?|css)$/.test(key));
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter((key) => !CHINESE.has(key))).toEqual([]);
  const unused = [...CHINESE.keys()].filter(
    (key) =>
      !literal.has(key) && ![...prefixes].some((prefix) => prefix.includes('.') && key.startsWith(prefix)),
  );
  expect(unused).toEqual([]);
});

test('no sentence is written into a component', () => {
  for (const { name, text } of SOURCE) {
    if (/i18n|language-switch|fee-lines\/names/.test(name)) continue;
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    expect(code.match(/\p{Script=Han}+/u)?.[0], name).toBeUndefined();
  }
});
