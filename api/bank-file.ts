import { parse } from 'csv-parse/sync';
import { readSheet } from 'read-excel-file/node';
import type { z } from 'zod';
import { BANK_FILE_ROWS_MAX, type zBankColumns } from '../contracts/bank-statements.ts';
import { parseDecimal, unitsAtScale } from '../domain/decimal.ts';
import type { StatementLine } from '../store/bank-statements.ts';

export type BankColumns = z.output<typeof zBankColumns>;
type Cells = readonly string[];

export interface BankFile {
  readonly headers: readonly string[];
  readonly columns: Partial<BankColumns>;
  readonly lines: readonly StatementLine[];
  readonly outgoing: number;
  /** By the row's number in the file; 0: the file as a whole. */
  readonly errors: readonly { readonly row: number; readonly message: string }[];
}

/** What banks call the columns. */
const USUAL: Readonly<Record<keyof BankColumns, RegExp>> = {
  bankRef: /流水号|交易序号|凭证号|参考号|bank.?ref|reference|transaction.?id/i,
  date: /日期|交易时间|记账时间|date/i,
  amount: /贷方|收入|转入|存入|credit|amount.?in|^金额|amount$/i,
  payer: /对方户名|对方名称|付款人|对方单位|付款方|payer|counterparty/i,
  remark: /附言|摘要|备注|用途|remark|description|memo/i,
};
const HEADER_SEARCH_ROWS = 20;

/** Reads a bank's statement: finds its header, its columns and its rows, and says what is wrong by row number. */
export async function readBankFile(
  bytes: Buffer,
  digits: number,
  asked: BankColumns | undefined,
): Promise<BankFile> {
  let table: readonly Cells[];
  try {
    table = isZip(bytes) ? await readXlsx(bytes) : readCsv(bytes);
  } catch {
    return failed('the file is neither CSV in UTF-8 or GB18030 nor XLSX');
  }
  const at = asked
    ? table.findIndex((cells) =>
        [asked.bankRef, asked.date, asked.amount].every((name) => cells.includes(name)),
      )
    : table
        .slice(0, HEADER_SEARCH_ROWS)
        .findIndex((cells) => cells.filter((cell) => isUsual(cell)).length >= 3);
  const headers = (table[at] ?? table.find((cells) => cells.filter(Boolean).length >= 3) ?? []).filter(
    Boolean,
  );
  const columns = asked ?? guess(headers);
  const { bankRef, date, amount } = columns;
  if (at < 0 || bankRef === undefined || date === undefined || amount === undefined)
    return {
      ...failed('choose the columns of the bank reference, the date and the amount'),
      headers,
      columns,
    };
  return { headers, columns, ...readRows(table, at, { ...columns, bankRef, date, amount }, digits) };
}

const failed = (message: string): BankFile => ({
  ...{ headers: [], columns: {}, lines: [], outgoing: 0 },
  errors: [{ row: 0, message }],
});
const isUsual = (cell: string): boolean => Object.values(USUAL).some((name) => name.test(cell));

function guess(headers: readonly string[]): Partial<BankColumns> {
  const taken = new Set<string>();
  const columns: Record<string, string> = {};
  for (const [name, usual] of Object.entries(USUAL)) {
    const header = headers.find((one) => !taken.has(one) && usual.test(one));
    if (header === undefined) continue;
    taken.add(header);
    columns[name] = header;
  }
  return columns;
}

function readRows(table: readonly Cells[], headerAt: number, columns: BankColumns, digits: number) {
  const header = table[headerAt] ?? [];
  const lines: StatementLine[] = [];
  const errors: { row: number; message: string }[] = [];
  const refs = new Set<string>();
  let outgoing = 0;
  if (table.length - headerAt - 1 > BANK_FILE_ROWS_MAX)
    errors.push({ row: 0, message: `the file has more than ${BANK_FILE_ROWS_MAX} rows: split it` });
  for (let i = headerAt + 1; i < table.length && i - headerAt <= BANK_FILE_ROWS_MAX; i++) {
    const cells = table[i] ?? [];
    if (cells.every((cell) => cell === '')) continue;
    const row = i + 1;
    const of = (name: string | undefined): string =>
      name === undefined ? '' : (cells[header.indexOf(name)] ?? '');
    const amount = toMinor(of(columns.amount), digits);
    if (amount === undefined) {
      errors.push({
        row,
        message: `“${of(columns.amount).slice(0, 40)}” is no amount with at most ${digits} decimals`,
      });
      continue;
    }
    if (amount <= 0n) {
      outgoing++;
      continue;
    }
    const [bankRef, date] = [of(columns.bankRef), toDate(of(columns.date))];
    if (bankRef === '' || bankRef.length > 100)
      errors.push({ row, message: 'the bank reference is missing or too long' });
    else if (refs.has(bankRef))
      errors.push({ row, message: `the bank reference ${bankRef} is in the file twice` });
    else if (date === undefined)
      errors.push({ row, message: `“${of(columns.date).slice(0, 40)}” is no date` });
    else {
      const [payer, remark] = [of(columns.payer).slice(0, 200), of(columns.remark).slice(0, 500)];
      lines.push({ row, bankRef, date, amount, payer, remark });
    }
    refs.add(bankRef);
  }
  return { lines, errors, outgoing };
}

/** `1,234.50`, `¥1234.5`, nothing → 0; undefined for what is no amount. */
function toMinor(text: string, digits: number): bigint | undefined {
  const plain = text.normalize('NFKC').replace(/[,\s¥￥$€+]/g, '');
  if (plain === '' || plain === '-') return 0n;
  if (!/^-?\d{1,13}(\.\d{1,6})?$/.test(plain)) return undefined;
  try {
    return unitsAtScale(parseDecimal(plain.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')), digits);
  } catch {
    return undefined;
  }
}

/** `2026-11-20`, `2026/11/20 09:30`, `20261120` and `2026年11月20日`. */
function toDate(text: string): string | undefined {
  const match =
    /^(\d{4})\D?(\d{1,2})\D?(\d{1,2})(?:\D|$)/.exec(text.normalize('NFKC').trim()) ??
    /^(\d{4})(\d{2})(\d{2})/.exec(text.trim());
  if (!match) return undefined;
  const date = `${match[1]}-${match[2]?.padStart(2, '0')}-${match[3]?.padStart(2, '0')}`;
  return new Date(`${date}T00:00:00Z`).toJSON()?.startsWith(date) ? date : undefined;
}

const isZip = (bytes: Buffer): boolean =>
  bytes.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004', 'latin1'));

function readCsv(bytes: Buffer): readonly Cells[] {
  // GB18030 takes almost any bytes for text, a picture's too.
  if (bytes.includes(0)) throw new Error('not text');
  const text = decode(bytes);
  const delimiter = (text.split('\n', 1)[0] ?? '').includes('\t') ? '\t' : ',';
  const rows: string[][] = parse(text, {
    ...{ bom: true, delimiter, relax_column_count: true, relax_quotes: true, skip_empty_lines: false },
    to: BANK_FILE_ROWS_MAX + HEADER_SEARCH_ROWS + 2,
  });
  return rows.map((row) => row.map((cell) => cell.replace(/^[`']/, '').trim()));
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030', { fatal: true }).decode(bytes);
  }
}

/** A sheet that unpacks to more than this is no bank statement. */
const UNPACKED_BYTES_MAX = 64 * 1024 * 1024;

async function readXlsx(bytes: Buffer): Promise<readonly Cells[]> {
  if (unpackedSize(bytes) > UNPACKED_BYTES_MAX) throw new Error('too large');
  const rows = await readSheet(bytes);
  return rows.map((row) => row.map(cellText));
}

/** The sum of what a ZIP's directory says its files unpack to; an archive that lies about it is refused by the reader. */
function unpackedSize(zip: Buffer): number {
  let size = 0;
  const entry = Buffer.from('PK\u0001\u0002', 'latin1');
  for (let at = zip.indexOf(entry); at >= 0 && at + 28 <= zip.length; at = zip.indexOf(entry, at + 4))
    size += zip.readUInt32LE(at + 24);
  return size;
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  if (cell instanceof Date) return cell.toISOString().slice(0, 10);
  return String(cell).trim();
}
