import { describe, expect, test } from 'vitest';
import { readArguments } from '../../bench/arguments.ts';

const NAMES = ['puback', 'live', 'peers'];
const read = (...args: string[]) => readArguments(args, NAMES);

describe("the benchmarks' command line", () => {
  test('without a name asks for the usual ones', () => {
    expect(read()).toEqual({ kind: 'run', names: [], quick: false });
  });
  test('takes names, and --peers as one of them, once', () => {
    expect(read('live', '--quick')).toEqual({ kind: 'run', names: ['live'], quick: true });
    expect(read('--peers')).toEqual({ kind: 'run', names: ['peers'], quick: false });
    expect(read('peers', '--peers')).toEqual({ kind: 'run', names: ['peers'], quick: false });
  });
  test('tells what there is when a name or an option is unknown', () => {
    expect(read('peer')).toEqual({
      kind: 'refused',
      why: 'there is no benchmark "peer": there are puback, live, peers',
    });
    expect(read('--pears')).toMatchObject({ kind: 'refused', why: expect.stringContaining('--pears') });
  });
  test('explains itself', () => {
    expect(read('--help', 'live')).toEqual({ kind: 'help' });
  });
});
