import type { BillingRun } from '../api.ts';

export const RUN_TAGS: Record<BillingRun['status'], string> = {
  queued: 'tag tag-busy',
  running: 'tag tag-busy',
  succeeded: 'tag tag-good',
  failed: 'tag tag-bad',
};

export const isUnderWay = (run: BillingRun | undefined): boolean =>
  run?.status === 'queued' || run?.status === 'running';
