import type { CaseKind } from '../domain/cases.ts';
import { type CaseRow, findCase, lockOpenCase } from '../store/cases.ts';
import type { Transaction } from '../store/transaction.ts';
import { notFound, Problem } from './problems.ts';

/** The case, locked for deciding it. @throws a Problem: 404 without one (of the kind), 409 when it is closed. */
export async function openCaseOf(tx: Transaction, id: number, kind?: CaseKind): Promise<CaseRow> {
  const one = await lockOpenCase(tx.orm, id);
  if (one && (kind === undefined || one.kind === kind)) return one;
  const closed = one ?? (await findCase(tx.orm, id));
  if (!closed || (kind !== undefined && closed.kind !== kind)) throw notFound('case');
  throw new Problem(409, `${closed.closedBy} has closed the case: ${closed.resolution}`, {
    code: 'case_closed',
    values: { by: closed.closedBy ?? '' },
  });
}
