import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import writeXlsxFile from 'write-excel-file/node';
import { readBankFile } from '../../api/bank-file.ts';

const HEADERS = ['流水号', '交易日期', '贷方金额', '对方户名', '附言'];
const xlsx = async (rows: readonly (readonly (string | number | Date | null)[])[]): Promise<Buffer> =>
  writeXlsxFile(
    rows.map((row) =>
      row.map((value) =>
        value === null
          ? null
          : value instanceof Date
            ? { value, type: Date, format: 'yyyy-mm-dd' }
            : typeof value === 'number'
              ? { value, type: Number }
              : { value, type: String },
      ),
    ),
  ).toBuffer();
const csv = (rows: readonly (readonly string[])[]): Buffer =>
  Buffer.from(rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')).join('\r\n'));

/** Every character of two bytes that GBK has. */
const GBK = new Map<string, Buffer>();
for (let lead = 0x81; lead <= 0xfe; lead++)
  for (let trail = 0x40; trail <= 0xfe; trail++) {
    const bytes = Buffer.from([lead, trail]);
    const sign = new TextDecoder('gb18030').decode(bytes);
    if (trail !== 0x7f && sign.length === 1 && sign !== '\ufffd') GBK.set(sign, bytes);
  }
const gb18030 = (text: string): Buffer =>
  Buffer.concat(
    [...text].map((sign) => (sign < '\u0080' ? Buffer.from(sign) : (GBK.get(sign) ?? Buffer.from('?')))),
  );

describe('a sheet', () => {
  it('is read with numbers, dates and texts as cells', async () => {
    const file = await xlsx([
      ['某某银行对账单', null, null, null, null],
      HEADERS,
      ['R1', '2026-11-20', 1234.5, '李记水产', 'SG4K2M9QX7T0'],
      ['R2', new Date('2026-11-21T00:00:00Z'), '¥2,000.00', null, null],
      ['R3', '2026-11-21', -12, '自来水公司', '水费'],
    ]);
    expect(await readBankFile(file, 2, undefined)).toMatchObject({
      ...{ errors: [], outgoing: 1 },
      columns: { bankRef: '流水号', date: '交易日期', amount: '贷方金额', payer: '对方户名', remark: '附言' },
      lines: [
        {
          row: 3,
          bankRef: 'R1',
          date: '2026-11-20',
          amount: 123_450n,
          payer: '李记水产',
          remark: 'SG4K2M9QX7T0',
        },
        { row: 4, bankRef: 'R2', date: '2026-11-21', amount: 200_000n, payer: '', remark: '' },
      ],
    });
  });

  it('that is none is refused, whatever it calls itself', async () => {
    const broken = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), Buffer.alloc(200, 7)]);
    expect((await readBankFile(broken, 2, undefined)).errors).toMatchObject([{ row: 0 }]);
  });
});

describe('a text file', () => {
  it('is the same in UTF-8, with its mark, and in GB18030', async () => {
    const text = `${HEADERS.join(',')}\nR1,2026年11月20日,100.00,赵家蔬菜,摊位费\n`;
    const expected = await readBankFile(Buffer.from(text), 2, undefined);
    expect(expected.lines).toEqual([
      { row: 2, bankRef: 'R1', date: '2026-11-20', amount: 10_000n, payer: '赵家蔬菜', remark: '摊位费' },
    ]);
    expect(await readBankFile(gb18030(text), 2, undefined)).toEqual(expected);
    expect(await readBankFile(Buffer.from(`\ufeff${text}`), 2, undefined)).toEqual(expected);
    expect((await readBankFile(Buffer.from(text.replaceAll(',', '\t')), 2, undefined)).lines).toEqual(
      expected.lines,
    );
  });

  it('gives every amount and text back as it was written', async () => {
    const zRow = fc.record({
      amount: fc.bigInt({ min: 1n, max: 10n ** 12n }),
      remark: fc.string({ unit: fc.constantFrom('摊', '费', 'S', 'G', '4', ' ', ',', '"', '；') }),
      grouped: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(zRow, { maxLength: 20 }), async (rows) => {
        const cells = rows.map(({ amount, remark, grouped }, i) => {
          const whole = String(amount / 100n);
          const shown = grouped ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole;
          return [
            `R${i}`,
            '20261120',
            `${shown}.${String(amount % 100n).padStart(2, '0')}`,
            '',
            `x${remark}x`,
          ];
        });
        const { lines, errors } = await readBankFile(csv([HEADERS, ...cells]), 2, undefined);
        expect(errors).toEqual([]);
        expect(lines.map(({ amount, remark }) => ({ amount, remark }))).toEqual(
          rows.map(({ amount, remark }) => ({ amount, remark: `x${remark}x` })),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('with columns of other names is read once they are chosen', async () => {
    const file = csv([
      ['Nr', 'When', 'In', 'Who'],
      ['1', '2026-11-20', '5', 'Li'],
    ]);
    const asked = { bankRef: 'Nr', date: 'When', amount: 'In', payer: 'Who' };
    expect(await readBankFile(file, 2, undefined)).toMatchObject({
      ...{ headers: ['Nr', 'When', 'In', 'Who'], lines: [], errors: [{ row: 0 }] },
    });
    expect((await readBankFile(file, 2, asked)).lines).toMatchObject([{ amount: 500n, payer: 'Li' }]);
    expect((await readBankFile(file, 2, { ...asked, date: 'Then' })).errors).toMatchObject([{ row: 0 }]);
  });

  it('of too many rows is refused as a whole', async () => {
    const rows = Array.from({ length: 2_001 }, (_, i) => [`R${i}`, '2026-11-20', '1', '', '']);
    expect((await readBankFile(csv([HEADERS, ...rows]), 2, undefined)).errors).toContainEqual({
      row: 0,
      message: 'the file has more than 2000 rows: split it',
    });
  });

  it('does not take a picture for text', async () => {
    const picture = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]);
    const { errors } = await readBankFile(picture, 2, undefined);
    expect(errors).toEqual([{ row: 0, message: 'the file is neither CSV in UTF-8 or GB18030 nor XLSX' }]);
  });
});
