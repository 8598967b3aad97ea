import fc from 'fast-check';
import { expect, it } from 'vitest';
import { codesIn, namesBill, sameName } from '../../domain/bank-matching.ts';

const zCode = fc
  .array(fc.constantFrom(...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'), { minLength: 10, maxLength: 10 })
  .map((signs) => `SG${signs.join('')}`);
/** Without letters and digits of our own, so that nothing joins the code by accident. */
const zAround = fc.string({ unit: fc.constantFrom(' ', '摊', '费', '-', '：', '/', '.') });

it('finds a code wherever and however it was typed', () => {
  fc.assert(
    fc.property(
      zCode,
      zAround,
      zAround,
      fc.nat(11),
      fc.constantFrom(' ', '-', '　', '.'),
      (code, before, after, at, gap) => {
        const typed = [
          code,
          code.toLowerCase(),
          code.replaceAll('0', 'O').replaceAll('1', 'l'),
          code.replaceAll('1', 'I'),
          code.replace(/[0-9A-Z]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0)),
          `${code.slice(0, at)}${gap}${code.slice(at)}`,
        ];
        for (const one of typed) expect(codesIn(before + one + after)).toContain(code);
      },
    ),
  );
});

it('finds nothing where no whole code is', () => {
  fc.assert(
    fc.property(zCode, fc.integer({ min: 0, max: 11 }), (code, length) => {
      expect(codesIn(code.slice(0, length))).toEqual([]);
    }),
  );
  expect(codesIn('')).toEqual([]);
});

it('knows a bill’s number only where it stands by itself', () => {
  expect(namesBill('账单 2026-000012 电费', '2026-000012')).toBe(true);
  expect(namesBill('２０２６－０００００１２', '2026-0000012')).toBe(true);
  expect(namesBill('2026-0000123', '2026-000012')).toBe(false);
  expect(namesBill('12026-000012', '2026-000012')).toBe(false);
  expect(namesBill('2026-0000123 2026-000012', '2026-000012')).toBe(true);
});

it('takes names as banks write them, and no empty ones', () => {
  expect(sameName('李记 水产（ 南门 ）', '李记水产(南门)')).toBe(true);
  expect(sameName('', ' ')).toBe(false);
  expect(sameName('李记', '李家')).toBe(false);
});
