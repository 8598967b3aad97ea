import type { Standing } from './standing.ts';

/**
 * Leased is hue (blue or none), open is brightness. Every pair of fills differs by at least 8 L*, so that the
 * plan also reads in greyscale; glyphs and the hatch say the same again without any colour.
 */
export interface Look {
  readonly fill: string;
  readonly ink: string;
}
type Known = Exclude<Standing, 'stale'>;

export const LOOKS: Record<'leased' | 'unleased', Record<Known, Look>> = {
  leased: {
    open: { fill: '#58a6ff', ink: '#06182f' },
    unknown: { fill: '#47689c', ink: '#ffffff' },
    closed: { fill: '#1c3d75', ink: '#ffffff' },
  },
  unleased: {
    open: { fill: '#ffffff', ink: '#1b2430' },
    unknown: { fill: '#dde2e8', ink: '#1b2430' },
    closed: { fill: '#bfc5cd', ink: '#1b2430' },
  },
};

export const GROUND = '#e4e8ee';
export const SLAB = '#f7f8fa';
export const WALL = '#59636f';
export const LANE_INK = '#5c6773';
/** 3:1 or better against the slab (WCAG 1.4.11). */
export const OUTLINE = '#6b7683';
export const SELECTED = '#101418';
export const FLASH = '255, 214, 77';
