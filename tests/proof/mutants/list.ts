import { AUDIT } from './audit.ts';
import { METERING } from './metering.ts';
import { MONEY } from './money.ts';
import type { Mutant } from './mutant.ts';
import { POSTING } from './posting.ts';
import { RATING } from './rating.ts';

export const MUTANTS: readonly Mutant[] = [...METERING, ...RATING, ...POSTING, ...MONEY, ...AUDIT];
