import { z } from 'zod';
import { BANK_MATCHES, BANK_RESOLUTIONS, BANK_ROW_STATUS } from '../domain/bank-rows.ts';
import { zId, zInstant, zIntegerText, zPageQuery } from './rest.ts';

/** Of a file, before it is written as base 64. */
export const BANK_FILE_BYTES_MAX = 2 * 1024 * 1024;
export const BANK_FILE_ROWS_MAX = 2_000;

/** A column by the words in its header. */
const zColumn = z.string().trim().min(1).max(100);
export const zBankColumns = z.object({
  /** The bank's own number of the row: the same number is imported once. */
  bankRef: zColumn,
  date: zColumn,
  /** What came in; rows with nothing or less here are left out. */
  amount: zColumn,
  payer: zColumn.optional(),
  remark: zColumn.optional(),
});

export const zBankImportCreate = z
  .object({
    site: z.string(),
    fileName: z.string().trim().min(1).max(200),
    /** CSV in UTF-8 or GB18030, or XLSX. */
    contentBase64: z.base64().max(Math.ceil(BANK_FILE_BYTES_MAX / 3) * 4, 'at most 2 MB'),
    /** Without it, the columns are found by their usual names. */
    columns: zBankColumns.optional(),
    /** Tells what would happen, and changes nothing. */
    dryRun: z.boolean(),
  })
  .meta({
    examples: [
      { site: 'south-gate', fileName: 'bank.csv', contentBase64: 'cmVmLGRhdGUsYW1vdW50', dryRun: true },
    ],
  });

const zMatch = z.enum(BANK_MATCHES);
export const zBankImportResult = z.object({
  /** Null after a dry run, or when a row was wrong: then nothing was imported. */
  id: z.number().int().nullable(),
  /** Headers that were found, and which of them were taken for what. */
  headers: z.array(z.string()),
  columns: zBankColumns.partial(),
  /** By the row's number in the file; any one of them stops the import. */
  errors: z.array(z.object({ row: z.number().int(), message: z.string() })),
  rows: z.array(
    z.object({
      row: z.number().int(),
      bankRef: z.string(),
      date: z.string(),
      amount: zIntegerText,
      payer: z.string(),
      remark: z.string(),
      /** `known`: imported before. */
      result: z.enum(['known', 'matched', 'unmatched']),
      matchedBy: zMatch.nullable(),
      party: z.string().nullable(),
    }),
  ),
  /** Rows of money that went out. */
  outgoing: z.number().int(),
});

export const zBankRow = z.object({
  id: z.number().int(),
  site: z.string(),
  bankRef: z.string(),
  date: z.string(),
  amount: zIntegerText,
  currency: z.string(),
  payer: z.string(),
  remark: z.string(),
  status: z.enum(BANK_ROW_STATUS),
  matchedBy: zMatch.nullable(),
  charge: z.number().int().nullable(),
  lease: z.object({ id: z.number().int(), party: z.string(), stall: z.string().nullable() }).nullable(),
  bill: z.object({ id: z.number().int(), number: z.string().nullable() }).nullable(),
  importedAt: zInstant,
  importedBy: z.string(),
  endedBy: z.string().nullable(),
});
export const zBankRowQuery = zPageQuery.extend({
  site: z.string(),
  status: z.enum(BANK_ROW_STATUS).optional(),
});

export const zBankRowSettle = z
  .object({
    as: z.enum(BANK_RESOLUTIONS),
    /** With `bill`: its number. */
    billNumber: z.string().trim().min(1).max(64).optional(),
    /** With `balance`. */
    lease: zId.optional(),
  })
  .refine(
    ({ as, billNumber, lease }) =>
      (as === 'bill') === (billNumber !== undefined) && (as === 'balance') === (lease !== undefined),
    {
      message: 'a bill is named by its number, a balance by its lease, and nothing else by either',
    },
  )
  .meta({ examples: [{ as: 'bill', billNumber: '2026-000123' }] });
