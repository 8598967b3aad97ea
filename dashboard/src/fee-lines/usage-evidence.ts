import type { FeeLineDetail } from '../api.ts';

export type UsageEvidence = Extract<FeeLineDetail['evidence'], { kind: 'usage' }>;
export type Sum = UsageEvidence['arithmetic'];
export type Workings = Sum['workings'];
/** The workings of one kind of price. */
export type Of<K extends Workings['kind']> = Extract<Workings, { kind: K }>;
