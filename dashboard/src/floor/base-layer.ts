import type { FloorPlan } from '../../../domain/places.ts';
import { LANE_INK, SLAB, WALL } from './palette.ts';
import type { Viewport } from './viewport.ts';

/** A bitmap is never larger than this; beyond, it is drawn magnified. */
const PIXELS_MAX = 8_000_000;
const WALL_M = 0.3;

/** The slab, walls and lane names, drawn once a scale into a bitmap that every frame copies. */
export class BaseLayer {
  readonly #plan: FloorPlan;
  readonly #font: string;
  #bitmap: OffscreenCanvas | null = null;
  #scale = 0;

  constructor(plan: FloorPlan, font: string) {
    this.#plan = plan;
    this.#font = font;
  }

  draw(ctx: CanvasRenderingContext2D, viewport: Viewport, dpr: number, zooming: boolean): void {
    const { width, height } = this.#plan;
    const wanted = Math.min(viewport.scale * dpr, Math.sqrt(PIXELS_MAX / (width * height)));
    // While a zoom goes on, the old bitmap is stretched; a new one for each step would cost the frame.
    if (this.#bitmap === null || (!zooming && Math.abs(wanted / this.#scale - 1) > 0.01))
      this.#render(wanted);
    if (this.#bitmap === null) return;
    ctx.drawImage(this.#bitmap, viewport.x, viewport.y, width * viewport.scale, height * viewport.scale);
  }

  #render(scale: number): void {
    const { width, height, walls, labels } = this.#plan;
    const bitmap = new OffscreenCanvas(Math.ceil(width * scale), Math.ceil(height * scale));
    const ctx = bitmap.getContext('2d');
    if (ctx === null) return;
    ctx.scale(scale, scale);
    ctx.fillStyle = SLAB;
    ctx.fillRect(0, 0, width, height);
    ctx.strokeStyle = WALL;
    ctx.lineWidth = WALL_M;
    ctx.lineCap = 'square';
    ctx.strokeRect(WALL_M / 2, WALL_M / 2, width - WALL_M, height - WALL_M);
    ctx.beginPath();
    for (const [x1, y1, x2, y2] of walls) {
      ctx.moveTo(x1, y1);
      ctx.lineTo(x2, y2);
    }
    ctx.stroke();
    // A metre high, within what is legible and what is not loud (device pixels).
    const size = Math.min(Math.max(1, 10 / scale), 18 / scale);
    ctx.font = `${size}px ${this.#font}`;
    ctx.fillStyle = LANE_INK;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    for (const { text, x, y } of labels) {
      // Beside an outer wall a name is moved in rather than cut off.
      const half = ctx.measureText(text).width / 2 + WALL_M;
      ctx.fillText(text, Math.min(Math.max(x, half), width - half), y);
    }
    this.#bitmap = bitmap;
    this.#scale = scale;
  }
}
