import { expect, it } from 'vitest';
import { TokenBucket } from '../../broker/token-bucket.ts';

const taken = (bucket: TokenBucket, tries: number, now: number): number =>
  Array.from({ length: tries }, () => bucket.take(now)).filter(Boolean).length;

it('lets a burst pass at once and then its rate', () => {
  const bucket = new TokenBucket(10, 50, 0);
  expect(taken(bucket, 100, 0)).toBe(50);
  expect(taken(bucket, 100, 1_000)).toBe(10);
  expect(taken(bucket, 100, 60_000)).toBe(50);
});

it('says how long to wait for the next', () => {
  const bucket = new TokenBucket(10, 1, 0);
  expect(bucket.waitMs(0)).toBe(0);
  bucket.take(0);
  expect(bucket.waitMs(0)).toBe(100);
  expect(bucket.take(99)).toBe(false);
  expect(bucket.take(0 + 100 + 1)).toBe(true);
});

it('can be charged for what was not asked, and is empty until that is paid off', () => {
  const bucket = new TokenBucket(10, 10, 0);
  bucket.charge(30);
  expect(bucket.take(2_000)).toBe(false);
  expect(bucket.take(2_200)).toBe(true);
});
