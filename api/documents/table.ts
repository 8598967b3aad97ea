import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import writeXlsxFile from 'write-excel-file/node';
import { XLSX_ROWS_MAX } from '../../contracts/documents.ts';
import { Problem } from '../problems.ts';

/** A column of an export. Text that a spreadsheet would take for a formula stays text. */
export interface ExportColumn<Row> {
  readonly title: string;
  /** Numbers are decimal text: exact in CSV, and what a spreadsheet can hold in XLSX. */
  readonly kind?: 'text' | 'number';
  readonly of: (row: Row) => string | null;
}

/** UTF-8 with a byte order mark, because Excel takes it for something else without one; rows as they are read. */
export function toCsv<Row>(columns: readonly ExportColumn<Row>[], rows: AsyncIterable<Row>): Readable {
  async function* records(): AsyncGenerator<string[]> {
    yield columns.map(({ title }) => title);
    for await (const row of rows) yield columns.map((column) => cell(column, row));
  }
  return Readable.from(records()).pipe(stringify({ bom: true, record_delimiter: 'windows' }));
}

function cell<Row>(column: ExportColumn<Row>, row: Row): string {
  const text = column.of(row) ?? '';
  return column.kind !== 'number' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/** @throws a Problem above XLSX_ROWS_MAX rows. */
export async function toXlsx<Row>(
  name: string,
  columns: readonly ExportColumn<Row>[],
  rows: AsyncIterable<Row>,
): Promise<Buffer> {
  const data: ({
    value?: string | number;
    type?: typeof String | typeof Number;
    fontWeight?: 'bold';
  } | null)[][] = [columns.map(({ title }) => ({ value: title, fontWeight: 'bold' }))];
  for await (const row of rows) {
    if (data.length > XLSX_ROWS_MAX) {
      throw new Problem(
        422,
        `a spreadsheet has at most ${XLSX_ROWS_MAX} rows: take format=csv, or filter more narrowly`,
        { code: 'too_many_rows', values: { max: `${XLSX_ROWS_MAX}` } },
      );
    }
    data.push(
      columns.map(({ kind, of }) => {
        const value = of(row);
        if (value === null || value === '') return null;
        return kind === 'number' ? { value: Number(value), type: Number } : { value, type: String };
      }),
    );
  }
  const widths = columns.map(({ kind, title }) => ({
    width: kind === 'number' ? 14 : Math.max(16, title.length * 2),
  }));
  return writeXlsxFile(data, { sheet: name.slice(0, 31), columns: widths, stickyRowsCount: 1 }).toBuffer();
}
