import type { Page } from 'playwright-core';

/** Where the middle of a rectangle of the plan is on the screen. */
export async function onScreen(page: Page, rect: { x: number; y: number; w: number; h: number }) {
  const canvas = page.locator('.floor-canvas');
  const box = await canvas.boundingBox();
  const viewport = JSON.parse((await canvas.getAttribute('data-viewport')) ?? 'null') as {
    scale: number;
    x: number;
    y: number;
  } | null;
  if (box === null || viewport === null) throw new Error('the plan is not shown');
  return {
    x: box.x + viewport.x + (rect.x + rect.w / 2) * viewport.scale,
    y: box.y + viewport.y + (rect.y + rect.h / 2) * viewport.scale,
    scale: viewport.scale,
  };
}

/** The colour of one pixel as drawn, `r,g,b`. */
export async function pixelAt(page: Page, at: { x: number; y: number }): Promise<string> {
  return page.evaluate(({ x, y }) => {
    const canvas = document.querySelector<HTMLCanvasElement>('.floor-canvas');
    const box = canvas?.getBoundingClientRect();
    const pixel = canvas
      ?.getContext('2d')
      ?.getImageData(
        (x - (box?.x ?? 0)) * devicePixelRatio,
        (y - (box?.y ?? 0)) * devicePixelRatio,
        1,
        1,
      ).data;
    return pixel === undefined ? '' : `${pixel[0]},${pixel[1]},${pixel[2]}`;
  }, at);
}
