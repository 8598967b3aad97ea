import { parse } from 'csv-parse/sync';
import { parseDecimal, unitsAtScale } from '../../domain/decimal.ts';

const ROWS_MAX = 200_000;

/** Rows of a provider's statement by the names of its columns, from its header to the row before its sums. */
export function statementRows(
  text: string,
  isHeader: (cells: readonly string[]) => boolean,
  isEnd: (cells: readonly string[]) => boolean,
): readonly Readonly<Record<string, string>>[] {
  const lines: string[][] = parse(text, {
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    bom: true,
    to: ROWS_MAX,
  });
  const cells = lines.map((line) => line.map(bare));
  const at = cells.findIndex(isHeader);
  const header = cells[at];
  if (header === undefined) throw new Error('the statement has no header that is known');
  const rows: Record<string, string>[] = [];
  for (const line of cells.slice(at + 1)) {
    if (isEnd(line)) break;
    rows.push(Object.fromEntries(header.map((name, i) => [name, line[i] ?? ''])));
  }
  return rows;
}

/** WeChat puts a back quote before every value and Alipay a tab behind, against spreadsheets that spoil numbers. */
const bare = (cell: string): string => cell.replace(/^`/, '').trim();

/** `1.00` → 100; `-0.05` → -5; nothing → 0. More decimals than a cent has are cut off (fees come with five). */
export function fen(text: string | undefined): bigint {
  const match = /^(-?\d+)(?:\.(\d{0,2})\d*)?$/.exec(text?.trim() || '0');
  if (!match) throw new Error(`not an amount: ${text?.slice(0, 40)}`);
  return unitsAtScale(parseDecimal(match[2] ? `${match[1]}.${match[2]}` : (match[1] ?? '0')), 2);
}
