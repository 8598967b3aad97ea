import { expect, test } from 'vitest';
import { LOOKS, OUTLINE, SELECTED, SLAB, WALL } from '../../../dashboard/src/floor/palette.ts';

/** Relative luminance (WCAG 2.2) and CIE lightness of a hex colour. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
const lightness = (hex: string): number => 116 * Math.cbrt(luminance(hex)) - 16;
function contrast(a: string, b: string): number {
  const [hi = 0, lo = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (hi + 0.05) / (lo + 0.05);
}

const LOOKS_ALL = Object.values(LOOKS).flatMap((looks) => Object.values(looks));

test('every pair of fills differs in greyscale', () => {
  for (const [i, a] of LOOKS_ALL.entries()) {
    for (const b of LOOKS_ALL.slice(i + 1)) {
      expect(Math.abs(lightness(a.fill) - lightness(b.fill)), `${a.fill} ${b.fill}`).toBeGreaterThan(8);
    }
  }
});

test('glyphs and codes can be read on every fill', () => {
  for (const look of LOOKS_ALL) expect(contrast(look.fill, look.ink), look.fill).toBeGreaterThan(4.5);
});

test('outlines stand out 3:1 from the slab', () => {
  for (const line of [OUTLINE, SELECTED, WALL]) expect(contrast(line, SLAB), line).toBeGreaterThan(3);
});

test('of leased and unleased stalls alike, open is brighter than closed', () => {
  for (const looks of Object.values(LOOKS)) {
    expect(lightness(looks.open.fill)).toBeGreaterThan(lightness(looks.unknown.fill));
    expect(lightness(looks.unknown.fill)).toBeGreaterThan(lightness(looks.closed.fill));
  }
});
