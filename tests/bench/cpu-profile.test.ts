import { expect, it } from 'vitest';
import { type CpuProfile, secondsByStage } from '../../bench/support/cpu-profile.ts';

const frame = (functionName: string, url = '') => ({ functionName, url });
const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 5, 6] },
    { id: 2, callFrame: frame('take', 'file:///broker/publishes.js'), children: [3] },
    { id: 3, callFrame: frame('append', 'file:///store/journal/lmdb.js'), children: [4] },
    { id: 4, callFrame: frame('put') },
    { id: 5, callFrame: frame('(idle)') },
    { id: 6, callFrame: frame('(garbage collector)') },
  ],
  samples: [2, 4, 4, 5, 6, 1],
  timeDeltas: [1_000, 2_000, 3_000, 90_000, 4_000, 5_000],
};

it('gives a sample to the innermost frame that a stage knows, and leaves idle time out', () => {
  const stages = [
    { name: 'journal', frames: /\/store\/journal\// },
    { name: 'broker', frames: /\/broker\// },
    { name: 'collecting garbage', frames: /^\(garbage collector\)/ },
  ];
  expect(Object.fromEntries(secondsByStage(PROFILE, stages, 'the rest'))).toEqual({
    journal: 0.005,
    broker: 0.001,
    'collecting garbage': 0.004,
    'the rest': 0.005,
  });
});
