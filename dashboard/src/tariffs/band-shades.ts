import type { Band } from '../../../domain/tariffs/definition.ts';

/** Dearest first; dark to light, so that a strip reads in greyscale, and every part carries its name. */
const SHADES = [
  { background: '#7a271a', color: '#fff' },
  { background: '#a64b0f', color: '#fff' },
  { background: '#f3c56b', color: '#2b1c00' },
  { background: '#cfe3d4', color: '#12311d' },
  { background: '#eef4f0', color: '#12311d' },
] as const;
const NO_BAND = {
  background: 'repeating-linear-gradient(-45deg, #fff 0 6px, #fbd5d0 6px 12px)',
  color: '#8c1a10',
} as const;

export interface Shade {
  readonly background: string;
  readonly color: string;
}

/** What a band costs for comparing, its first tier's price where it has tiers. */
const priceOf = ({ unitPrice, tiered }: Band): number =>
  Number(unitPrice ?? tiered?.tiers[0]?.unitPrice ?? 0);

/** The shade of each band by its rank in price; of no band: stripes. */
export function shadesOf(bands: readonly Band[]): (code: string | null) => Shade {
  const dearest = [...bands].sort((a, b) => priceOf(b) - priceOf(a));
  return (code) => {
    const rank = dearest.findIndex((band) => band.code === code);
    return rank < 0 ? NO_BAND : (SHADES[Math.min(rank, SHADES.length - 1)] ?? NO_BAND);
  };
}
