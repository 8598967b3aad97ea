import { DrizzleQueryError } from 'drizzle-orm';
import type { Logger } from 'pino';
import { expect, test } from 'vitest';
import { createLog } from '../logging.ts';

const SECRET = 'a secret that nobody may read';

/** What is written of one line. */
function written(log: (to: Logger) => void, level = 'info'): string {
  const lines: string[] = [];
  log(createLog(level, { write: (line: string) => void lines.push(line) }));
  return lines.join('');
}

test.each([
  ['password', { password: SECRET }],
  ['a token below', { user: { token: SECRET } }],
  ['a header', { req: { headers: { authorization: SECRET, cookie: SECRET } } }],
  ['a cookie that is set', { 'set-cookie': SECRET, reply: { 'set-cookie': SECRET } }],
])('%s is redacted', (_what, fields) => {
  const line = written((log) => log.info(fields, 'said'));
  expect(line).not.toContain(SECRET);
  expect(JSON.parse(line).msg).toBe('said');
  expect(line).toContain('[redacted]');
});

test('an error of a statement says which one and why, and none of its values', () => {
  const cause = Object.assign(new Error('duplicate key value violates unique constraint "x"'), {
    code: '23505',
    detail: `Key (token)=(${SECRET}) already exists.`,
  });
  const error = new DrizzleQueryError(
    'insert into sessions values ($1)',
    [SECRET, `two\nlines: ${SECRET}`],
    cause,
  );
  const line = written((log) => log.error({ err: new Error('outer', { cause: error }) }, 'failed'));
  expect(line).not.toContain(SECRET);
  const { err } = JSON.parse(line);
  expect(err.message).toContain('insert into sessions');
  expect(err.message).toContain('duplicate key value');
  expect(err.stack).toContain('logging.test.ts');
  expect(written((log) => log.error({ err: cause }, 'failed'))).not.toContain(SECRET);
});

test('a line says its level in a number and in a word, and lower levels are not written', () => {
  expect(JSON.parse(written((log) => log.warn('x')))).toMatchObject({ level: 40, severity: 'warn' });
  expect(written((log) => log.info('x'), 'warn')).toBe('');
});
