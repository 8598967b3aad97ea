import { fixedText } from '../../domain/amounts.ts';
import type { DailyUsage } from '../../store/bill-documents.ts';
import type { Sheet } from './sheet.ts';
import type { DocumentTexts } from './texts.ts';

const HEIGHT = 90;
const AXIS_WIDTH = 46;
const BAR = '#0958d9';
const SOFT = '#5b6573';

/** A bar a day. Bars are drawn to a float's precision; what is charged is in the tables. */
export function drawUsage(sheet: Sheet, { commodity, unit, days }: DailyUsage, texts: DocumentTexts): void {
  const { pdf, left, width } = sheet;
  sheet.room(HEIGHT + 70);
  sheet.heading(`${texts.commodity[commodity]} · ${texts.usage} (${texts.unit[unit]})`);
  const top = pdf.y + 4;
  const max = days.reduce(
    (most, { quantity }) => (quantity !== null && quantity > most ? quantity : most),
    0n,
  );
  const plot = width - AXIS_WIDTH;
  const step = plot / Math.max(1, days.length);
  pdf.font('regular').fontSize(7).fillColor(SOFT);
  pdf.text(fixedText(`${max}`, 3), left, top - 4, {
    width: AXIS_WIDTH - 4,
    align: 'right',
    lineBreak: false,
  });
  pdf.text('0', left, top + HEIGHT - 8, { width: AXIS_WIDTH - 4, align: 'right', lineBreak: false });
  pdf
    .moveTo(left + AXIS_WIDTH, top + HEIGHT)
    .lineTo(left + width, top + HEIGHT)
    .lineWidth(0.6)
    .strokeColor(SOFT)
    .stroke();
  const labelEvery = Math.ceil(days.length / 10);
  for (const [i, { date, quantity }] of days.entries()) {
    const x = left + AXIS_WIDTH + i * step;
    if (quantity !== null && quantity > 0n && max > 0n) {
      const height = (Number(quantity) / Number(max)) * HEIGHT;
      pdf.rect(x + step * 0.15, top + HEIGHT - height, step * 0.7, height).fill(BAR);
    }
    if (i % labelEvery === 0) {
      pdf
        .fillColor(SOFT)
        .text(date.slice(5), x - 6, top + HEIGHT + 3, { width: step * labelEvery + 6, lineBreak: false });
    }
  }
  pdf.y = top + HEIGHT + 16;
  sheet.paragraph(texts.usageNote);
}
