/** A table's column. `width` is its share of the page's. */
export interface Column<Row> {
  readonly title: string;
  readonly width: number;
  readonly right?: boolean;
  readonly text: (row: Row) => string;
}

const INK = '#1d2733';
const SOFT = '#5b6573';
const RULE = '#d5dae1';
const CELL_PAD = 3;

/** Draws from top to bottom, over as many pages as it takes. Lengths are points. */
export class Sheet {
  readonly pdf: PDFKit.PDFDocument;
  readonly left: number;
  readonly width: number;

  constructor(pdf: PDFKit.PDFDocument) {
    this.pdf = pdf;
    this.left = pdf.page.margins.left;
    this.width = pdf.page.width - pdf.page.margins.left - pdf.page.margins.right;
  }

  get bottom(): number {
    return this.pdf.page.height - this.pdf.page.margins.bottom;
  }

  gap(height: number): void {
    this.pdf.y += height;
  }

  /** A new page unless this much fits on the present one. */
  room(height: number): void {
    if (this.pdf.y + height > this.bottom) this.pdf.addPage();
  }

  title(left: string, right: string): void {
    const { y } = this.pdf;
    this.pdf.font('bold').fontSize(16).fillColor(INK);
    this.pdf.text(left, this.left, y, { width: this.width * 0.6 });
    const below = this.pdf.y;
    this.pdf.text(right, this.left + this.width * 0.6, y, { width: this.width * 0.4, align: 'right' });
    this.pdf.y = Math.max(below, this.pdf.y) + 8;
    this.rule();
  }

  /** Labels and values in two columns. */
  facts(items: readonly (readonly [string, string])[]): void {
    const half = this.width / 2;
    for (let i = 0; i < items.length; i += 2) {
      const { y } = this.pdf;
      let below = y;
      for (const [n, item] of items.slice(i, i + 2).entries()) {
        const x = this.left + n * half;
        this.pdf.font('regular').fontSize(9).fillColor(SOFT).text(item[0], x, y, { width: 64 });
        this.pdf.fillColor(INK).text(item[1], x + 66, y, { width: half - 70 });
        below = Math.max(below, this.pdf.y);
      }
      this.pdf.y = below + 4;
    }
  }

  /** Amounts, and the one that counts. */
  sums(items: readonly (readonly [string, string])[], total: readonly [string, string]): void {
    this.gap(4);
    for (const [label, value] of items) this.pair(label, value, 'regular', 10);
    this.pair(total[0], total[1], 'bold', 15);
    this.gap(6);
  }

  sumRow(label: string, value: string): void {
    this.pair(label, value, 'bold', 10);
  }

  heading(text: string): void {
    this.room(70);
    this.gap(12);
    this.pdf.font('bold').fontSize(11).fillColor(INK).text(text, this.left, this.pdf.y);
    this.gap(4);
  }

  paragraph(text: string): void {
    this.pdf.font('regular').fontSize(8).fillColor(SOFT);
    this.room(this.pdf.heightOfString(text, { width: this.width }));
    this.pdf.text(text, this.left, this.pdf.y, { width: this.width });
    this.gap(3);
  }

  /** Repeats its titles on every page; a row is never cut in two. */
  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void {
    const titles = columns.map(({ title }) => title);
    this.row(columns, titles, 'bold', SOFT);
    for (const row of rows) {
      const cells = columns.map(({ text }) => text(row));
      if (this.pdf.y + this.rowHeight(columns, cells, 'regular') > this.bottom) {
        this.pdf.addPage();
        this.row(columns, titles, 'bold', SOFT);
      }
      this.row(columns, cells, 'regular', INK);
    }
  }

  /** Call last: it writes on every page. */
  footers(text: (page: number, pages: number) => string): void {
    const { start, count } = this.pdf.bufferedPageRange();
    for (let i = start; i < start + count; i++) {
      this.pdf.switchToPage(i);
      // Within the margin, where text would otherwise begin a new page.
      this.pdf.page.margins.bottom = 0;
      this.pdf.font('regular').fontSize(8).fillColor(SOFT);
      this.pdf.text(text(i - start + 1, count), this.left, this.pdf.page.height - 36, {
        width: this.width,
        align: 'right',
        lineBreak: false,
      });
    }
  }

  rule(): void {
    const { y } = this.pdf;
    this.pdf
      .moveTo(this.left, y)
      .lineTo(this.left + this.width, y)
      .lineWidth(0.6)
      .strokeColor(RULE)
      .stroke();
    this.pdf.y = y + 8;
  }

  private pair(label: string, value: string, font: 'regular' | 'bold', size: number): void {
    this.room(size * 2);
    const { y } = this.pdf;
    this.pdf.font(font).fontSize(size).fillColor(INK);
    this.pdf.text(label, this.left, y, { width: this.width * 0.7, align: 'right' });
    this.pdf.text(value, this.left + this.width * 0.72, y, { width: this.width * 0.28, align: 'right' });
    this.pdf.y = y + size * 1.6;
  }

  private rowHeight<Row>(
    columns: readonly Column<Row>[],
    cells: readonly string[],
    font: 'regular' | 'bold',
  ): number {
    this.pdf.font(font).fontSize(8);
    const heights = columns.map((column, i) =>
      this.pdf.heightOfString(cells[i] ?? '', { width: column.width * this.width - 2 * CELL_PAD }),
    );
    return Math.max(...heights) + 2 * CELL_PAD;
  }

  private row<Row>(
    columns: readonly Column<Row>[],
    cells: readonly string[],
    font: 'regular' | 'bold',
    color: string,
  ): void {
    const height = this.rowHeight(columns, cells, font);
    const { y } = this.pdf;
    let x = this.left;
    for (const [i, column] of columns.entries()) {
      const width = column.width * this.width;
      this.pdf.font(font).fontSize(8).fillColor(color);
      this.pdf.text(cells[i] ?? '', x + CELL_PAD, y + CELL_PAD, {
        width: width - 2 * CELL_PAD,
        align: column.right ? 'right' : 'left',
      });
      x += width;
    }
    this.pdf
      .moveTo(this.left, y + height)
      .lineTo(this.left + this.width, y + height)
      .lineWidth(0.4)
      .strokeColor(RULE)
      .stroke();
    this.pdf.y = y + height;
  }
}
