import type { Executor } from './database.ts';
import { actions } from './schema/cases.ts';

/** Who did what to what. */
export interface Action {
  readonly siteId: string;
  readonly at: Date;
  readonly actor: string;
  /** Noun and verb, e.g. `reading.accept`. */
  readonly action: string;
  /** E.g. `bill 12`. */
  readonly subject: string;
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
}

/** Part of the transaction that does it: what is not recorded has not happened. */
export async function recordAction(tx: Executor, { detail = {}, ...action }: Action): Promise<void> {
  await tx.insert(actions).values({ ...action, detail });
}
