import { z } from 'zod';
import { zBillQuery } from './bills.ts';
import { zStatementQuery } from './settlement.ts';

/** Spreadsheets above this many rows are CSV's work. */
export const XLSX_ROWS_MAX = 20_000;
export const CSV_ROWS_MAX = 500_000;
/** Bills in one archive of PDFs. */
export const PDF_BILLS_MAX = 100;

const zLanguage = z.enum(['zh', 'en']).default('zh');
const zSpreadsheet = z.enum(['csv', 'xlsx']).default('csv');

export const zBillPdfQuery = z.object({ lang: zLanguage });
export const zBillLinesQuery = z.object({ lang: zLanguage, format: zSpreadsheet });
export const zBillsExportQuery = zBillQuery
  .omit({ cursor: true, limit: true })
  .required({ site: true })
  .extend({
    lang: zLanguage,
    format: z
      .enum(['csv', 'xlsx', 'pdf'])
      .default('csv')
      .meta({ description: `pdf: a ZIP archive of at most ${PDF_BILLS_MAX} bills` }),
  });
/** Shares that a statement lists on paper; the sums are of all. */
export const PDF_SHARES_MAX = 1_000;
export const zStatementExportQuery = zStatementQuery.extend({
  lang: zLanguage,
  format: z.enum(['csv', 'xlsx', 'pdf']).default('csv'),
});
export const zVouchersQuery = z.object({
  site: z.string(),
  from: z.iso.date().meta({ description: 'First day, in the site’s zone' }),
  to: z.iso.date().meta({ description: 'Last day, included' }),
  lang: zLanguage,
  format: zSpreadsheet,
});
