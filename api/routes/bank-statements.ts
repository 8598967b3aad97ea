import {
  BANK_FILE_BYTES_MAX,
  zBankImportCreate,
  zBankImportResult,
  zBankRow,
  zBankRowQuery,
  zBankRowSettle,
} from '../../contracts/bank-statements.ts';
import { zIdParams, zPage } from '../../contracts/rest.ts';
import { minorDigits } from '../../domain/money.ts';
import { recordAction } from '../../store/actions.ts';
import { type ImportedLine, importStatement, listBankRows, settleRow } from '../../store/bank-statements.ts';
import { findSite } from '../../store/sites.ts';
import { transaction } from '../../store/transaction.ts';
import { principalOf } from '../access.ts';
import { readBankFile } from '../bank-file.ts';
import { numberCursor, toPage } from '../pages.ts';
import { missing, noSuchSite, notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

const BODY_BYTES_MAX = Math.ceil(BANK_FILE_BYTES_MAX / 3) * 4 + 16_384;
const ANSWER_MS_MAX = 60_000;

/** Thrown to undo a dry run: what would have happened has been seen. */
class DryRun extends Error {}

export const bankStatementRoutes: Routes = (app, { db }) => {
  app.post(
    '/bank-statements',
    {
      config: { access: 'payments:write' },
      bodyLimit: BODY_BYTES_MAX,
      handlerTimeout: ANSWER_MS_MAX,
      schema: {
        tags: ['payments'],
        summary: 'Import a bank statement',
        description:
          'CSV (UTF-8 or GB18030) or XLSX, at most 2 MB and 2,000 rows. With `dryRun` nothing changes and the answer says what would happen. A row with an error stops the whole import; a row whose bank reference is known is left alone. Money is matched by the code in the remark, by a bill’s number, or by a due and a payer that fit; what is not goes on the suspense account.',
        body: zBankImportCreate,
        response: { 200: zBankImportResult },
      },
    },
    async (request) => {
      const { site: siteId, fileName, contentBase64, columns: asked, dryRun } = request.body;
      const site = await findSite(db, siteId);
      if (!site) throw noSuchSite();
      const file = await readBankFile(
        Buffer.from(contentBase64, 'base64'),
        minorDigits(site.currency),
        asked,
      );
      const { lines, ...found } = file;
      const answer = (id: number | null, rows: readonly ImportedLine[]) => ({
        id,
        headers: [...found.headers],
        columns: found.columns,
        errors: [...found.errors],
        outgoing: found.outgoing,
        rows: rows.map(({ line, ...row }) => ({ ...line, ...row, amount: String(line.amount) })),
      });
      if (file.errors.length > 0) return answer(null, []);
      const by = { actor: principalOf(request).actor, at: new Date() };
      let rows: readonly ImportedLine[] = [];
      let id: number | null = null;
      try {
        await transaction(db, async (tx) => {
          const imported = await importStatement(
            tx,
            { siteId, currency: site.currency, fileName },
            lines,
            by,
          );
          rows = imported.lines;
          // The same code, undone: a dry run cannot say anything else than the import does.
          if (dryRun) throw new DryRun();
          id = imported.id;
          await recordAction(tx.orm, {
            ...{ siteId, ...by, action: 'bank-statement.import', subject: `bank import ${id}` },
            detail: { fileName, rows: lines.length },
          });
        });
      } catch (error) {
        if (!(error instanceof DryRun)) throw error;
      }
      return answer(id, rows);
    },
  );

  app.get(
    '/bank-rows',
    {
      config: { access: 'payments:read' },
      schema: {
        tags: ['payments'],
        summary: 'Rows of bank statements, newest first',
        querystring: zBankRowQuery,
        response: { 200: zPage(zBankRow) },
      },
    },
    async ({ query: { cursor, limit, ...query } }) => {
      const rows = await listBankRows(db.$client, {
        ...query,
        beforeId: numberCursor(cursor),
        limit: limit + 1,
      });
      return toPage(
        rows,
        limit,
        (row) => row.id,
        (row) => row,
      );
    },
  );

  app.post(
    '/bank-rows/:id/settle',
    {
      config: { access: 'payments:write' },
      schema: {
        tags: ['payments'],
        summary: 'Say whose money a row is',
        description:
          'Only for a row that was not matched. `payout` is a provider’s, booked already by its reconciliation; `cash_deposit` is cash taken to the bank.',
        params: zIdParams,
        body: zBankRowSettle,
        response: { 200: zBankRow },
      },
    },
    async (request) => {
      const { id } = request.params;
      const by = { actor: principalOf(request).actor, at: new Date() };
      await transaction(db, async (tx) => {
        const [row] = await listBankRows(tx, { id, limit: 1 });
        const settled = await settleRow(tx, id, request.body, by);
        if (!settled.ok) throw refusalOf(settled.reason);
        const { as, ...detail } = request.body;
        await recordAction(tx.orm, {
          ...{ siteId: row?.site ?? '', ...by, action: 'bank-row.settle', subject: `bank row ${id}` },
          detail: { as, ...detail },
        });
      });
      const [row] = await listBankRows(db.$client, { id, limit: 1 });
      if (!row) throw notFound('bank_row');
      return row;
    },
  );
};

function refusalOf(reason: 'no_such_row' | 'settled' | 'no_such_bill' | 'no_such_lease'): Problem {
  switch (reason) {
    case 'no_such_row':
      return notFound('bank_row');
    case 'settled':
      return new Problem(409, 'the row is settled already', 'bank_row_settled');
    case 'no_such_bill':
      return unprocessable(
        'body.billNumber',
        'the market has no issued bill with this number',
        'bill_number_unknown',
      );
    case 'no_such_lease':
      return unprocessable('body.lease', 'the market has no such lease', missing('lease'));
  }
}
