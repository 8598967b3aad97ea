import { fixedText } from '../../domain/amounts.ts';
import { PRICE_UNITS } from '../../domain/rating/price-units.ts';
import type { DocumentLine } from '../../store/bill-documents.ts';
import { DOCUMENT_TEXTS, type DocumentLanguage, nameIn } from './texts.ts';

/** `电费 · 峰`; the component alone where there are no bands. */
export function itemText(line: DocumentLine, language: DocumentLanguage): string {
  const texts = DOCUMENT_TEXTS[language];
  const band = texts.band[line.band.code] ?? nameIn(language, line.band);
  return [nameIn(language, line.component), band, line.eventKey].filter((text) => text !== '').join(' · ');
}

/** In the unit that the price names, with what decimals the quantity has. */
export function quantityText({ quantity, unit }: Pick<DocumentLine, 'quantity' | 'unit'>): string {
  return fixedText(quantity, String(PRICE_UNITS[unit].per).length - 1);
}

/** `2026-10-01 00:00` on the site's clock. */
export function localMinute(at: Date | string, timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(
    new Date(at),
  );
}
export const localDay = (at: Date | string, timeZone: string): string =>
  localMinute(at, timeZone).slice(0, 10);
