import { expect, test } from 'vitest';
import { searchStalls } from '../../../dashboard/src/floor/search.ts';

const STALLS = [
  { code: 'A-101', merchant: '张三蔬菜', initials: 'ZSSC' },
  { code: 'A-10', merchant: '李四水果', initials: 'LSSG' },
  { code: 'B-2', merchant: null, initials: null },
  { code: 'B-10', merchant: '赵氏水产', initials: 'ZSSC' },
];
const found = (text: string): string[] => searchStalls(STALLS, text, 10).map((stall) => stall.code);

test.each([
  ['a-10', ['A-10', 'A-101']],
  ['张三', ['A-101']],
  ['水', ['A-10', 'B-10']],
  ['zssc', ['A-101', 'B-10']],
  ['lss', ['A-10']],
  ['  B-2 ', ['B-2']],
  ['nobody', []],
  ['   ', []],
])('"%s" finds %j', (text, codes) => {
  expect(found(text)).toEqual(codes);
});

test('no more than asked for', () => {
  expect(searchStalls(STALLS, '-', 2)).toHaveLength(2);
});
