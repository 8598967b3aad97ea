import { type Zippable, zipSync } from 'fflate';
import {
  CSV_ROWS_MAX,
  PDF_BILLS_MAX,
  PDF_SHARES_MAX,
  zBillLinesQuery,
  zBillPdfQuery,
  zBillsExportQuery,
  zStatementExportQuery,
  zVouchersQuery,
} from '../../contracts/documents.ts';
import { zIdParams } from '../../contracts/rest.ts';
import { vouchersOf } from '../../domain/vouchers.ts';
import { readBillDocument, readDocumentLines } from '../../store/bill-documents.ts';
import { type BillFilter, listBills } from '../../store/bills.ts';
import type { Database } from '../../store/database.ts';
import { readSettings } from '../../store/settings.ts';
import {
  readSettlementDocument,
  type SettlementDocument,
  type StatementAbout,
} from '../../store/settlement-documents.ts';
import { listShares } from '../../store/settlement-statements.ts';
import { findSite } from '../../store/sites.ts';
import { transaction } from '../../store/transaction.ts';
import { readDaySums, VOUCHER_SUMS_MAX } from '../../store/vouchers.ts';
import { type Principal, principalOf } from '../access.ts';
import { billPdf } from '../documents/bill-pdf.ts';
import { billColumns, lineColumns } from '../documents/bill-tables.ts';
import { settlementPdf } from '../documents/settlement-pdf.ts';
import { type StatementRow, statementColumns } from '../documents/settlement-table.ts';
import { type ExportColumn, toCsv, toXlsx } from '../documents/table.ts';
import type { DocumentLanguage } from '../documents/texts.ts';
import { voucherColumns } from '../documents/voucher-table.ts';
import { noSuchSite, notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';
import { billPartyOf, SEEN, visibleBill } from './bills.ts';
import { datesOf, siteOf } from './settlement.ts';

const ROWS_A_PAGE = 500;
const TYPES = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
} as const;

/** What a browser saves it as. */
const attachment = (name: string): string => `attachment; filename*=UTF-8''${encodeURIComponent(name)}`;

/** A document is made in one go: an archive of bills takes longer than other answers. */
const ARCHIVE_MS_MAX = 120_000;

export const documentRoutes: Routes = (app, { db }) => {
  app.get(
    '/bills/:id/pdf',
    {
      config: { access: SEEN },
      schema: {
        tags: ['billing'],
        summary: 'A bill as PDF',
        description:
          'With every line, usage by day, and the register values behind it; in Chinese or English.',
        params: zIdParams,
        querystring: zBillPdfQuery,
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { name, content } = await pdfOf(db, id, request.query.lang, principalOf(request));
      return reply.type('application/pdf').header('content-disposition', attachment(name)).send(content);
    },
  );

  app.get(
    '/bills/:id/lines/export',
    {
      config: { access: SEEN },
      schema: {
        tags: ['billing'],
        summary: 'A bill’s lines as a spreadsheet',
        params: zIdParams,
        querystring: zBillLinesQuery,
      },
    },
    async (request, reply) => {
      const { format, lang } = request.query;
      const bill = await visibleBill(db, request.params.id, principalOf(request));
      const site = await findSite(db, bill.site);
      if (!site) throw noSuchSite();
      const columns = lineColumns(lang, site.timeZone, bill.currency);
      const lines = await readDocumentLines(db.$client, bill.id, CSV_ROWS_MAX);
      const name = `${bill.number ?? `bill-${bill.id}`}-lines.${format}`;
      const content = await tableOf(format, name, columns, each(lines));
      return reply.type(TYPES[format]).header('content-disposition', attachment(name)).send(content);
    },
  );

  app.get(
    '/bills/export',
    {
      config: { access: SEEN },
      handlerTimeout: ARCHIVE_MS_MAX,
      schema: {
        tags: ['billing'],
        summary: 'Bills as a spreadsheet, or an archive of PDFs',
        querystring: zBillsExportQuery,
      },
    },
    async (request, reply) => {
      const { lang, format, ...filter } = request.query;
      const who = principalOf(request);
      const site = await findSite(db, filter.site);
      if (!site) throw noSuchSite();
      const bills = allBills(db, { ...filter, partyId: billPartyOf(who) });
      const name = `${site.id}-bills${filter.period === undefined ? '' : `-${filter.period}`}`;
      if (format === 'pdf') {
        const archive: Zippable = {};
        for await (const { id } of bills) {
          if (Object.keys(archive).length === PDF_BILLS_MAX)
            throw unprocessable(
              'querystring',
              `an archive has at most ${PDF_BILLS_MAX} bills: filter more narrowly`,
              { code: 'too_many_rows', values: { max: `${PDF_BILLS_MAX}` } },
            );
          const pdf = await pdfOf(db, id, lang, who);
          archive[pdf.name] = [pdf.content, { level: 0 }];
        }
        const zipped = Buffer.from(zipSync(archive));
        return reply
          .type('application/zip')
          .header('content-disposition', attachment(`${name}.zip`))
          .send(zipped);
      }
      const content = await tableOf(format, name, billColumns(lang, site.timeZone), bills);
      return reply
        .type(TYPES[format])
        .header('content-disposition', attachment(`${name}.${format}`))
        .send(content);
    },
  );

  app.get(
    '/settlement/parties/:id/statement/export',
    {
      config: { access: 'settlement:read' },
      handlerTimeout: ARCHIVE_MS_MAX,
      schema: {
        tags: ['settlement'],
        summary: 'A party’s month as a spreadsheet or as PDF',
        description:
          'The amounts of a spreadsheet’s rows add up to what is owed after the month; of the operator, to what it got.',
        params: zIdParams,
        querystring: zStatementExportQuery,
      },
    },
    async ({ params: { id: partyId }, query: { site: siteId, month, lang, format } }, reply) => {
      const { name: siteName, currency, today } = await siteOf(db, siteId);
      const about = { siteId, partyId, today, ...datesOf(month) };
      const document = await transaction(db, async (tx) => {
        await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
        return readSettlementDocument(tx, about, format === 'pdf' ? PDF_SHARES_MAX : 0);
      });
      if (!document) throw notFound('party_with_shares');
      const name = `${siteId}-settlement-${document.standing.name.replaceAll('/', '-')}-${month}.${format}`;
      const content =
        format === 'pdf'
          ? await settlementPdf(document, { site: siteName, currency, month }, lang)
          : await tableOf(
              format,
              `settlement ${month}`,
              statementColumns(lang, currency),
              statementRows(db, about, document),
            );
      const type = format === 'pdf' ? 'application/pdf' : TYPES[format];
      return reply.type(type).header('content-disposition', attachment(name)).send(content);
    },
  );

  app.get(
    '/ledger/vouchers',
    {
      config: { access: 'ledger:read' },
      schema: {
        tags: ['billing'],
        summary: 'Vouchers for an accounting system',
        description:
          'One balanced voucher a day and kind of booking, with the account codes of the site’s settings.',
        querystring: zVouchersQuery,
      },
    },
    async ({ query: { site: siteId, from, to, lang, format } }, reply) => {
      const site = await findSite(db, siteId);
      if (!site) throw noSuchSite();
      if (from > to) throw unprocessable('querystring.to', 'is before the first day', 'days_reversed');
      const sums = await readDaySums(db.$client, site, { from, to });
      if (sums.length > VOUCHER_SUMS_MAX)
        throw unprocessable('querystring', 'too many days at once: take fewer', 'too_many_days');
      const { accounts } = await readSettings(db, siteId);
      const columns = voucherColumns(lang, site.currency, accounts);
      const name = `${siteId}-vouchers-${from}-${to}.${format}`;
      const content = await tableOf(format, name, columns, each(vouchersOf(sums)));
      return reply.type(TYPES[format]).header('content-disposition', attachment(name)).send(content);
    },
  );
};

async function pdfOf(
  db: Database,
  id: number,
  language: DocumentLanguage,
  who: Principal,
): Promise<{ readonly name: string; readonly content: Buffer }> {
  const document = await readBillDocument(db, { id, partyId: billPartyOf(who) }, new Date());
  if (!document) throw notFound('bill');
  const { number, period, lease } = document.bill;
  const name = `${number ?? `bill-${id}`}-${period}-${(lease.stall ?? lease.party).replaceAll('/', '-')}.pdf`;
  return { name, content: await billPdf(document, language) };
}

const tableOf = <Row>(
  format: 'csv' | 'xlsx',
  name: string,
  columns: readonly ExportColumn<Row>[],
  rows: AsyncIterable<Row>,
) => (format === 'csv' ? toCsv(columns, rows) : toXlsx(name, columns, rows));

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** Page by page, so that memory does not grow with their number. */
async function* statementRows(
  db: Database,
  about: StatementAbout,
  { standing, previous, payouts }: SettlementDocument,
): AsyncGenerator<StatementRow> {
  if (standing.kind !== 'operator') yield { entry: 'previous', on: about.from, amount: previous };
  for (const payout of payouts) yield { entry: 'payout', payout };
  let beforeId: number | undefined;
  for (let rows = 0; rows < CSV_ROWS_MAX; rows += ROWS_A_PAGE) {
    const shares = await listShares(db.$client, { ...about, beforeId, limit: ROWS_A_PAGE });
    for (const share of shares) yield { entry: 'share', share };
    if (shares.length < ROWS_A_PAGE) return;
    beforeId = shares.at(-1)?.id;
  }
  throw new Problem(422, `more than ${CSV_ROWS_MAX} shares in one month`, {
    code: 'too_many_rows',
    values: { max: `${CSV_ROWS_MAX}` },
  });
}

/** Page by page, so that memory does not grow with their number. */
async function* allBills(db: Database, filter: BillFilter) {
  let beforeId: number | undefined;
  for (let rows = 0; rows < CSV_ROWS_MAX; rows += ROWS_A_PAGE) {
    const bills = await listBills(db.$client, { ...filter, beforeId, limit: ROWS_A_PAGE }, new Date());
    yield* bills;
    if (bills.length < ROWS_A_PAGE) return;
    beforeId = bills.at(-1)?.id;
  }
  throw new Problem(422, `more than ${CSV_ROWS_MAX} bills: filter more narrowly`, {
    code: 'too_many_rows',
    values: { max: `${CSV_ROWS_MAX}` },
  });
}
