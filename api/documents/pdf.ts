import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import PDFDocument from 'pdfkit';
import { Sheet } from './sheet.ts';
import type { DocumentLanguage } from './texts.ts';

const fontFile = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`./fonts/${name}.ttf`, import.meta.url)));
let fonts: { readonly regular: Buffer; readonly bold: Buffer } | undefined;

/** A document on A4 in a font that has both languages. Resolves with the whole file. */
export async function drawPdf(
  about: { readonly title: string; readonly author: string; readonly language: DocumentLanguage },
  draw: (sheet: Sheet) => void,
): Promise<Buffer> {
  fonts ??= { regular: fontFile('noto-sans-sc-regular'), bold: fontFile('noto-sans-sc-bold') };
  const pdf = new PDFDocument({
    size: 'A4',
    margins: { top: 48, bottom: 56, left: 48, right: 48 },
    bufferPages: true,
    lang: about.language === 'zh' ? 'zh-CN' : 'en',
    info: { Title: about.title, Author: about.author },
  });
  const chunks: Buffer[] = [];
  pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
  const done = new Promise<void>((resolve, reject) => pdf.on('end', resolve).on('error', reject));
  pdf.registerFont('regular', fonts.regular).registerFont('bold', fonts.bold);
  draw(new Sheet(pdf));
  pdf.end();
  await done;
  return Buffer.concat(chunks);
}
