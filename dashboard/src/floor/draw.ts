import type { BaseLayer } from './base-layer.ts';
import { FLASH, GROUND, LOOKS, type Look, OUTLINE, SELECTED } from './palette.ts';
import { FLASH_MS, type Scene } from './scene.ts';
import { type Size, type Viewport, visible } from './viewport.ts';

export interface Frame {
  readonly ctx: CanvasRenderingContext2D;
  readonly view: Size;
  readonly dpr: number;
  readonly viewport: Viewport;
  readonly scene: Scene;
  readonly base: BaseLayer;
  readonly font: string;
  /** Milliseconds of the frame clock, as given to requestAnimationFrame. */
  readonly at: number;
  readonly zooming: boolean;
  /** With the user's wish for reduced motion a change is marked, but does not fade. */
  readonly still: boolean;
}

/** Below these sizes (CSS pixels) a stall carries no glyph, no code, no merchant's name. */
const GLYPH_PX_MIN = 7;
const ROUND_PX_MIN = 5.5;
const CODE_PX_MIN = 15;
const STACKED_PX_MIN = 29;
const NAME_PX_MIN = { w: 64, h: 34 };
const CODE_FONT = '600 11px';
/** Where a search zooms to, a code must be readable. */
export const READABLE_PX = 76;

interface Box {
  readonly i: number;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Draws one frame; returns true while something still fades, so that another frame is due. */
export function drawFloor(frame: Frame): boolean {
  const { ctx, view, dpr, viewport, scene, base } = frame;
  ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
  ctx.fillStyle = GROUND;
  ctx.fillRect(0, 0, view.width, view.height);
  base.draw(ctx, viewport, dpr, frame.zooming);

  const groups = new Map<Look, Box[]>();
  const stale: Box[] = [];
  const seen: Box[] = [];
  for (const i of scene.hits.within(visible(viewport, view))) {
    const stall = scene.stalls[i];
    if (stall === undefined) continue;
    const { rect } = stall;
    const box = {
      i,
      x: rect.x * viewport.scale + viewport.x,
      y: rect.y * viewport.scale + viewport.y,
      w: rect.w * viewport.scale,
      h: rect.h * viewport.scale,
    };
    seen.push(box);
    const look = lookOf(scene, i);
    const group = groups.get(look);
    if (group === undefined) groups.set(look, [box]);
    else group.push(box);
    if (scene.standings[i] === 'stale') stale.push(box);
  }

  ctx.fillStyle = OUTLINE;
  for (const b of seen) ctx.fillRect(b.x, b.y, b.w, b.h);
  for (const [look, boxes] of groups) {
    ctx.fillStyle = look.fill;
    for (const b of boxes) ctx.fillRect(b.x + 1, b.y + 1, Math.max(0.5, b.w - 2), Math.max(0.5, b.h - 2));
  }
  drawHatch(ctx, stale);
  const fading = drawFlashes(frame, seen);
  for (const [look, boxes] of groups) drawMarks(frame, look, boxes);
  drawOutlines(frame);
  return fading;
}

/** A stale stall looks like its last value, with the hatch over it. */
function lookOf(scene: Scene, i: number): Look {
  const looks = LOOKS[scene.leased[i] ? 'leased' : 'unleased'];
  const last = scene.last[i];
  return last === 'occupied' ? looks.open : last === 'vacant' ? looks.closed : looks.unknown;
}

const HATCH_PX = 9;

function drawHatch(ctx: CanvasRenderingContext2D, boxes: readonly Box[]): void {
  for (const b of boxes) {
    ctx.save();
    ctx.beginPath();
    ctx.rect(b.x + 1, b.y + 1, b.w - 2, b.h - 2);
    ctx.clip();
    ctx.beginPath();
    for (let x = b.x - b.h; x < b.x + b.w; x += HATCH_PX) {
      ctx.moveTo(x, b.y + b.h);
      ctx.lineTo(x + b.h, b.y);
    }
    // Light on dark, dark between: the hatch is seen on the brightest fill and on the darkest.
    ctx.lineWidth = 3;
    ctx.strokeStyle = '#ffffff';
    ctx.stroke();
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = '#3a424c';
    ctx.stroke();
    ctx.restore();
  }
}

function drawFlashes({ ctx, scene, at, still }: Frame, seen: readonly Box[]): boolean {
  for (const [i, since] of scene.flashes) if (at - since >= FLASH_MS) scene.flashes.delete(i);
  if (scene.flashes.size === 0) return false;
  for (const b of seen) {
    const since = scene.flashes.get(b.i);
    if (since === undefined) continue;
    const left = still ? 1 : 1 - Math.max(0, at - since) / FLASH_MS;
    ctx.fillStyle = `rgba(${FLASH}, ${(0.8 * left).toFixed(3)})`;
    ctx.fillRect(b.x + 1, b.y + 1, b.w - 2, b.h - 2);
    const spread = 3 * left;
    ctx.strokeStyle = `rgba(${FLASH}, ${left.toFixed(3)})`;
    ctx.lineWidth = 2;
    ctx.strokeRect(b.x - spread, b.y - spread, b.w + 2 * spread, b.h + 2 * spread);
  }
  return true;
}

/**
 * A code is shown whole or not at all: half a stall number is another stall's number. It goes by the widest code
 * of the floor, so that of equal stalls none has a code and others not.
 */
function layoutOf(
  codeWidth: number,
  { w, h }: Box,
  hasName: boolean,
): 'named' | 'beside' | 'stacked' | 'glyph' {
  if (h < CODE_PX_MIN) return 'glyph';
  if (codeWidth + 20 <= w) return hasName && w >= NAME_PX_MIN.w && h >= NAME_PX_MIN.h ? 'named' : 'beside';
  return codeWidth + 4 <= w && h >= STACKED_PX_MIN ? 'stacked' : 'glyph';
}

const codeWidths = new WeakMap<Scene, number>();

function codeWidthOf({ ctx, scene, font }: Frame): number {
  let width = codeWidths.get(scene);
  if (width === undefined) {
    ctx.font = `${CODE_FONT} ${font}`;
    width = Math.max(0, ...scene.stalls.map((stall) => ctx.measureText(stall.code).width));
    codeWidths.set(scene, width);
  }
  return width;
}

/** The glyph of each stall, and as much text as fits: ● open, ━ closed, ? unknown. */
function drawMarks(frame: Frame, look: Look, boxes: readonly Box[]): void {
  const { ctx, scene, font } = frame;
  const codeWidth = codeWidthOf(frame);
  ctx.textBaseline = 'middle';
  for (const b of boxes) {
    if (Math.min(b.w, b.h) < GLYPH_PX_MIN) continue;
    const stall = scene.stalls[b.i];
    const last = scene.last[b.i];
    if (stall === undefined || last === undefined) continue;
    const layout = layoutOf(codeWidth, b, stall.merchant !== null);
    const size = layout === 'glyph' ? Math.min(11, Math.min(b.w, b.h) * 0.5) : 8;
    const middle = b.y + b.h / 2;
    const row = layout === 'named' ? middle - 8 : layout === 'stacked' ? middle + 8 : middle;
    if (layout !== 'glyph' && scene.standings[b.i] === 'stale') {
      // Text on the hatch cannot be read: it gets a plate, and the hatch stays around it.
      ctx.fillStyle = look.fill;
      if (layout === 'named') ctx.fillRect(b.x + 3, b.y + b.h / 2 - 16, b.w - 6, 32);
      else ctx.fillRect(b.x + 3, (layout === 'stacked' ? middle - 6 : row) - 7, b.w - 6, 14);
    }
    ctx.fillStyle = look.ink;
    const beside = layout === 'named' || layout === 'beside';
    drawGlyph(ctx, last, beside ? b.x + b.w - size / 2 - 5 : b.x + b.w / 2, row, size, font);
    if (layout === 'glyph') continue;
    ctx.textAlign = beside ? 'left' : 'center';
    ctx.font = `${CODE_FONT} ${font}`;
    ctx.fillText(stall.code, beside ? b.x + 5 : b.x + b.w / 2, beside ? row + 0.5 : middle - 6);
    if (layout !== 'named') continue;
    ctx.font = `11px ${font}`;
    ctx.fillText(shorten(ctx, stall.merchant ?? '', b.w - 9), b.x + 5, row + 17);
  }
}

function drawGlyph(
  ctx: CanvasRenderingContext2D,
  last: Scene['last'][number],
  x: number,
  y: number,
  size: number,
  font: string,
): void {
  if (last === 'occupied' && size < ROUND_PX_MIN) {
    // At this size a square looks the same as a disc, and costs a fraction.
    ctx.fillRect(x - size / 2, y - size / 2, size, size);
  } else if (last === 'occupied') {
    ctx.beginPath();
    ctx.arc(x, y, size / 2, 0, Math.PI * 2);
    ctx.fill();
  } else if (last === 'vacant') {
    ctx.fillRect(x - size / 2, y - size / 8, size, Math.max(1.5, size / 4));
  } else {
    ctx.font = `700 ${Math.max(9, size * 1.2)}px ${font}`;
    ctx.textAlign = 'center';
    ctx.fillText('?', x, y + 0.5);
  }
}

/** Measuring text is dear, and the same few thousand texts are drawn over and over. */
const shortened = new Map<string, string>();
const SHORTENED_MAX = 20_000;

function shorten(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  const key = `${Math.floor(width)}|${text}`;
  const known = shortened.get(key);
  if (known !== undefined) return known;
  let short = text;
  if (ctx.measureText(text).width > width) {
    const letters = [...text];
    while (letters.length > 0 && ctx.measureText(`${letters.join('')}…`).width > width) letters.pop();
    short = letters.length > 0 ? `${letters.join('')}…` : '';
  }
  if (shortened.size >= SHORTENED_MAX) shortened.clear();
  shortened.set(key, short);
  return short;
}

function drawOutlines({ ctx, scene, viewport }: Frame): void {
  const outline = (i: number | null, width: number) => {
    const rect = i === null ? undefined : scene.stalls[i]?.rect;
    if (rect === undefined) return;
    const x = rect.x * viewport.scale + viewport.x;
    const y = rect.y * viewport.scale + viewport.y;
    const w = rect.w * viewport.scale;
    const h = rect.h * viewport.scale;
    ctx.lineWidth = width + 3;
    ctx.strokeStyle = '#ffffff';
    ctx.strokeRect(x - 1, y - 1, w + 2, h + 2);
    ctx.lineWidth = width;
    ctx.strokeStyle = SELECTED;
    ctx.strokeRect(x - 1, y - 1, w + 2, h + 2);
  };
  if (scene.hovered !== scene.selected) outline(scene.hovered, 1.5);
  outline(scene.selected, 3);
}
