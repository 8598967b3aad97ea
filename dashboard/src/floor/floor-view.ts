import type { StallState } from '../../../domain/floor.ts';
import type { FloorPlan } from '../../../domain/places.ts';
import { BaseLayer } from './base-layer.ts';
import { drawFloor, READABLE_PX } from './draw.ts';
import { listenToGestures } from './gestures.ts';
import { Scene, type SceneStall } from './scene.ts';
import {
  centreOn,
  clamp,
  fitted,
  type Point,
  pan,
  type Size,
  toPlan,
  toScreen,
  type Viewport,
  zoomAt,
} from './viewport.ts';

export interface FloorViewSinks {
  /** A stall was clicked, tapped or entered; null for the ground beside them. */
  onOpen(id: number | null): void;
  /** The stall under the mouse, or chosen by arrow keys, and where its tooltip goes. */
  onHover(id: number | null, at: Point): void;
  /** Right before anything is painted: the last moment to say that it is not live. */
  beforeFrame(): void;
}

const ZOOM_SETTLES_MS = 140;
const ARROWS: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The live plan on one canvas. Draws only when something changed, and never more than once a frame. */
export class FloorView {
  readonly scene: Scene;
  readonly #canvas: HTMLCanvasElement;
  readonly #ctx: CanvasRenderingContext2D;
  readonly #sinks: FloorViewSinks;
  readonly #base: BaseLayer;
  readonly #font: string;
  readonly #resizes: ResizeObserver;
  readonly #stopGestures: () => void;
  #view: Size = { width: 0, height: 0 };
  #viewport: Viewport = { scale: 1, x: 0, y: 0 };
  /** Until the user moves, the plan stays fitted however the window changes. */
  #moved = false;
  #frame = 0;
  #zoomedAt = Number.NEGATIVE_INFINITY;
  #settle: ReturnType<typeof setTimeout> | undefined;

  constructor(
    canvas: HTMLCanvasElement,
    plan: FloorPlan,
    stalls: readonly SceneStall[],
    sinks: FloorViewSinks,
  ) {
    const ctx = canvas.getContext('2d', { alpha: false });
    if (ctx === null) throw new Error('This browser cannot draw on a canvas.');
    this.#canvas = canvas;
    this.#ctx = ctx;
    this.#sinks = sinks;
    this.#font = getComputedStyle(canvas).fontFamily;
    this.#base = new BaseLayer(plan, this.#font);
    this.scene = new Scene(plan, stalls);
    this.#stopGestures = listenToGestures(canvas, {
      pan: (dx, dy) => this.#go(pan(this.#viewport, dx, dy, plan, this.#view)),
      zoom: (factor, at) => this.#zoom(factor, at),
      tap: (at) => this.#sinks.onOpen(this.#idOf(this.scene.hits.at(toPlan(this.#viewport, at)))),
      hover: (at) => this.#hover(at === null ? null : this.scene.hits.at(toPlan(this.#viewport, at))),
    });
    canvas.addEventListener('keydown', this.#key);
    this.#resizes = new ResizeObserver(() => this.#resize());
    this.#resizes.observe(canvas);
    this.#resize();
  }

  /** Takes states over; `previous` lights up what changed. */
  update(
    states: Iterable<StallState>,
    intervalS: number,
    now: number,
    changed?: { readonly states: readonly StallState[]; readonly previous: ReadonlyMap<number, StallState> },
  ): void {
    if (changed !== undefined) this.scene.flash(changed.states, changed.previous, performance.now());
    if (this.scene.update(states, intervalS, now)) this.draw();
  }

  /** Outlines a stall; `centre` brings it to the middle of what `coveredRight` pixels of drawer leave free. */
  select(id: number | null, centre: boolean, coveredRight: number): void {
    this.scene.selected = id === null ? null : this.scene.positionOf(id);
    const rect = this.scene.selected === null ? undefined : this.scene.stalls[this.scene.selected]?.rect;
    if (rect !== undefined && this.#view.width > 0) {
      const { plan } = this.scene;
      if (centre) this.#go(centreOn(this.#viewport, rect, READABLE_PX / rect.w, plan, this.#view));
      const right = toScreen(this.#viewport, { x: rect.x + rect.w, y: rect.y }).x;
      const hidden = centre ? coveredRight / 2 : right - (this.#view.width - coveredRight - 16);
      if (coveredRight > 0 && hidden > 0) this.#go(pan(this.#viewport, -hidden, 0, plan, this.#view));
    }
    this.draw();
  }

  focus(): void {
    this.#canvas.focus({ preventScroll: true });
  }

  fit(): void {
    this.#go(fitted(this.scene.plan, this.#view));
    this.#moved = false;
  }

  zoomBy(factor: number): void {
    this.#zoom(factor, { x: this.#view.width / 2, y: this.#view.height / 2 });
  }

  draw(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(this.#draw);
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#settle);
    this.#resizes.disconnect();
    this.#stopGestures();
    this.#canvas.removeEventListener('keydown', this.#key);
  }

  readonly #draw = (at: number): void => {
    this.#frame = 0;
    if (this.#view.width === 0) return;
    this.#sinks.beforeFrame();
    const again = drawFloor({
      ctx: this.#ctx,
      view: this.#view,
      dpr: devicePixelRatio,
      viewport: this.#viewport,
      scene: this.scene,
      base: this.#base,
      font: this.#font,
      at,
      zooming: at - this.#zoomedAt < ZOOM_SETTLES_MS,
      still: matchMedia('(prefers-reduced-motion: reduce)').matches,
    });
    if (again) this.draw();
  };

  readonly #key = (event: KeyboardEvent): void => {
    const arrow = ARROWS[event.key];
    const from = this.scene.hovered ?? this.scene.selected;
    if (arrow !== undefined) {
      event.preventDefault();
      const next = from === null ? 0 : this.scene.hits.towards(from, ...arrow);
      if (next === null) return;
      this.#keepInView(next);
      this.#hover(next);
    } else if (event.key === 'Enter' && from !== null) {
      event.preventDefault();
      this.#sinks.onOpen(this.#idOf(from));
    } else if (event.key === 'Escape') this.#hover(null);
    else if (event.key === '+' || event.key === '=') this.zoomBy(1.4);
    else if (event.key === '-') this.zoomBy(1 / 1.4);
    else if (event.key === '0') this.fit();
  };

  #idOf(position: number | null): number | null {
    return position === null ? null : (this.scene.stalls[position]?.id ?? null);
  }

  #hover(position: number | null): void {
    if (position === this.scene.hovered) return;
    this.scene.hovered = position;
    this.#canvas.style.cursor = position === null ? 'grab' : 'pointer';
    const rect = position === null ? undefined : this.scene.stalls[position]?.rect;
    const at = rect === undefined ? { x: 0, y: 0 } : { x: rect.x + rect.w / 2, y: rect.y };
    this.#sinks.onHover(this.#idOf(position), toScreen(this.#viewport, at));
    this.draw();
  }

  #keepInView(position: number): void {
    const rect = this.scene.stalls[position]?.rect;
    if (rect === undefined) return;
    const a = toScreen(this.#viewport, rect);
    const b = toScreen(this.#viewport, { x: rect.x + rect.w, y: rect.y + rect.h });
    if (a.x >= 0 && a.y >= 0 && b.x <= this.#view.width && b.y <= this.#view.height) return;
    this.#go(centreOn(this.#viewport, rect, 0, this.scene.plan, this.#view));
  }

  #zoom(factor: number, at: Point): void {
    this.#zoomedAt = performance.now();
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => this.draw(), ZOOM_SETTLES_MS + 20);
    this.#go(zoomAt(this.#viewport, factor, at, this.scene.plan, this.#view));
  }

  #go(viewport: Viewport): void {
    this.#moved = true;
    this.#viewport = viewport;
    this.#hover(null);
    this.#publishViewport();
    this.draw();
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (width === 0 || height === 0) return;
    const first = this.#view.width === 0;
    this.#view = { width, height };
    this.#canvas.width = Math.round(width * devicePixelRatio);
    this.#canvas.height = Math.round(height * devicePixelRatio);
    this.#viewport =
      first || !this.#moved
        ? fitted(this.scene.plan, this.#view)
        : clamp(this.#viewport, this.scene.plan, this.#view);
    this.#publishViewport();
    // Setting a canvas's size blanks it: paint in this very frame.
    cancelAnimationFrame(this.#frame);
    this.#draw(performance.now());
  }

  /** Lets anything outside find a stall on the screen: the plan's origin and its pixels a metre. */
  #publishViewport(): void {
    const { scale, x, y } = this.#viewport;
    this.#canvas.dataset.viewport = JSON.stringify({ scale, x, y });
  }
}
