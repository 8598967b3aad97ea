import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SILENCE_MS_MAX } from '../../contracts/live.ts';
import { LOOKS } from '../../dashboard/src/floor/palette.ts';
import { launchBrowser, skipBrowser, type Visit, visit } from './browser.ts';
import { buildDashboard } from './built.ts';
import { type Mock, startMock } from './mock-server.ts';
import { onScreen, pixelAt } from './plan.ts';

const rgb = (hex: string): string => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join();

/** Looks again and again, for as long as a slow machine may take. */
const soon = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: 10_000 });

describe.skipIf(skipBrowser)('the live floor', () => {
  let browser: Browser;
  let dashboardDir: string;
  let mock: Mock;
  let opened: Visit | undefined;

  beforeAll(async () => {
    [dashboardDir, browser] = await Promise.all([buildDashboard(), launchBrowser()]);
  }, 120_000);
  afterAll(() => browser?.close());
  beforeEach(async () => {
    mock = await startMock({ dashboardDir });
  });
  afterEach(async () => {
    expect(opened?.errors).toEqual([]);
    await opened?.context.close();
    opened = undefined;
    await mock.close();
  });

  async function open(path = '/floor/1', options: Parameters<typeof visit>[3] = {}) {
    opened = await visit(browser, mock, path, options);
    await opened.page.waitForSelector('.floor[data-live="true"]');
    return opened.page;
  }
  /** A stall of the first floor that is leased and reporting. */
  function someStall(n = 0) {
    const stall = mock.market.stalls.filter((one) => one.lease !== null)[n];
    if (stall === undefined) throw new Error('the market has too few stalls');
    mock.set(stall.id, { occupancy: 'vacant', measuredAt: Date.now(), seenAt: Date.now() });
    return stall;
  }
  const corner = (rect: { x: number; y: number; w: number; h: number }) => ({
    ...rect,
    w: rect.w * 0.3,
    h: rect.h * 0.2,
  });

  test('a stall lights up when it opens, without a reload, and stays bright', async () => {
    const stall = someStall();
    const page = await open();
    const at = await onScreen(page, corner(stall.rect));
    await soon(() => pixelAt(page, at)).toBe(rgb(LOOKS.leased.closed.fill));
    mock.set(stall.id, { occupancy: 'occupied', measuredAt: Date.now(), seenAt: Date.now() });
    const seen = new Set<string>();
    await soon(async () => {
      seen.add(await pixelAt(page, at));
      return seen.has(rgb(LOOKS.leased.open.fill));
    }).toBe(true);
    // Between the two it was neither: the flash.
    expect(
      [...seen].some((one) => one !== rgb(LOOKS.leased.open.fill) && one !== rgb(LOOKS.leased.closed.fill)),
    ).toBe(true);
  });

  test('a silent stall is hatched, keeps its last value, and says for how long it has been silent', async () => {
    const stall = someStall();
    mock.set(stall.id, {
      occupancy: 'occupied',
      seenAt: Date.now() - 200_000,
      measuredAt: Date.now() - 200_000,
    });
    const page = await open();
    const at = await onScreen(page, stall.rect);
    await page.mouse.move(at.x, at.y);
    const tooltip = page.locator('.stall-tooltip');
    await tooltip.waitFor();
    expect(await tooltip.innerText()).toContain('Silent for 3 min, last: Open');
    expect(await tooltip.innerText()).toContain(stall.lease?.party.name);
    const colours = new Set<string>();
    const { w, h } = stall.rect;
    for (const dy of [-0.4, 0.3, 0.4]) {
      for (let dx = -0.42; dx < 0.42; dx += 0.02) {
        colours.add(await pixelAt(page, { x: at.x + dx * w * at.scale, y: at.y + dy * h * at.scale }));
      }
    }
    expect(colours).toContain(rgb(LOOKS.leased.open.fill));
    expect(colours.size).toBeGreaterThan(3);
  });

  test('the legend counts every stall of the floor once, also while they change', async () => {
    const page = await open();
    for (let round = 0; round < 5; round++) {
      for (let n = 0; n < 20; n++) {
        const stall = mock.market.stalls[(round * 20 + n) % 200];
        const occupancy = n % 3 === 0 ? 'unknown' : n % 2 === 0 ? 'occupied' : 'vacant';
        if (stall)
          mock.set(stall.id, { occupancy, leased: n % 4 !== 0, seenAt: Date.now() - (n % 5) * 40_000 });
      }
      await page.waitForTimeout(400);
      const counts = await page.locator('.legend td[data-count] .num').allInnerTexts();
      expect(counts).toHaveLength(8);
      expect(counts.reduce((sum, text) => sum + Number(text), 0)).toBe(200);
    }
    expect(await page.locator('[data-count="total"]').innerText()).toBe('200 stalls in all');
  });

  test('a lost socket is said within 5 s, the plan is desaturated and never blanked', async () => {
    const page = await open();
    await page.waitForTimeout(300);
    mock.mute();
    const muted = Date.now();
    await page.waitForSelector('.floor[data-live="false"]', { timeout: SILENCE_MS_MAX + 4_000 });
    // The last heartbeat may have been just before.
    expect(Date.now() - muted).toBeLessThan(SILENCE_MS_MAX + 1_500);
    const banner = page.locator('.live-banner');
    expect(await banner.isVisible()).toBe(true);
    await soon(() => banner.innerText()).toMatch(/as of \d\d:\d\d:\d\d/);
    const [bannerBox, stageBox] = await Promise.all([
      banner.boundingBox(),
      page.locator('.floor').boundingBox(),
    ]);
    expect(bannerBox?.width).toBe(stageBox?.width);
    expect(
      await page.locator('.floor-canvas').evaluate((canvas) => getComputedStyle(canvas).filter),
    ).toContain('grayscale(1)');
    const stall = mock.market.stalls[0];
    if (stall === undefined) throw new Error('the market has no stalls');
    const drawn = await pixelAt(page, await onScreen(page, corner(stall.rect)));
    expect(
      Object.values(LOOKS).flatMap((looks) => Object.values(looks).map((look) => rgb(look.fill))),
    ).toContain(drawn);
  });

  test('after an outage with a thousand changes it holds what the server holds, without a reload', async () => {
    const page = await open();
    await page.evaluate(() => {
      (globalThis as { untouched?: boolean }).untouched = true;
    });
    mock.cut({ refuse: true });
    await page.waitForSelector('.floor[data-live="false"]');
    for (let n = 0; n < 1000; n++) {
      const stall = mock.market.stalls[n % 200];
      const occupancy = n % 2 === 0 ? 'occupied' : 'vacant';
      if (stall) mock.set(stall.id, { occupancy, seenAt: Date.now() + n, measuredAt: Date.now() + n });
    }
    await page.waitForTimeout(1_500);
    mock.restore();
    await page.waitForSelector('.floor[data-live="true"]');
    await soon(() => page.locator('.floor').getAttribute('data-hash')).toBe(mock.hash(1));
    expect(await page.evaluate(() => (globalThis as { untouched?: boolean }).untouched)).toBe(true);
    expect(await page.locator('.live-banner').isVisible()).toBe(false);
    expect(mock.sockets()).toBe(1);
  });

  test('a wrong hash is not shown as live: a fresh snapshot is fetched', async () => {
    const page = await open();
    mock.corrupt();
    await page.waitForSelector('.floor[data-live="false"]');
    await page.waitForSelector('.floor[data-live="true"]');
    await soon(() => page.locator('.floor').getAttribute('data-hash')).toBe(mock.hash(1));
  });

  test('after a frozen tab the first frame is not shown as live', async () => {
    const page = await open();
    const stall = someStall();
    await page.evaluate(() => {
      const log: string[] = [];
      (globalThis as { log?: string[] }).log = log;
      const stage = document.querySelector<HTMLElement>('.floor');
      if (stage === null) throw new Error('there is no floor');
      new MutationObserver(() => log.push(`mark ${stage.dataset['live']}`)).observe(stage, {
        attributeFilter: ['data-live'],
      });
      const { drawImage } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.drawImage = function (...args: unknown[]) {
        log.push(`frame ${stage.dataset['live']}`);
        Reflect.apply(drawImage, this, args);
      };
    });
    // The page stands still while the server goes on sending, as in a frozen tab: what waited is history.
    const asleep = page.evaluate((ms) => {
      const end = Date.now() + ms;
      while (Date.now() < end);
      (globalThis as { log?: string[] }).log?.splice(0);
    }, SILENCE_MS_MAX + 2_000);
    for (let n = 0; n < 20; n++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      mock.set(stall.id, { occupancy: n % 2 === 0 ? 'occupied' : 'vacant' });
    }
    await asleep;
    const log = () => page.evaluate(() => (globalThis as { log?: string[] }).log ?? []);
    await soon(async () => (await log()).includes('mark true')).toBe(true);
    expect((await log())[0]).not.toBe('frame true');
    expect((await log()).indexOf('mark false')).toBeLessThan((await log()).indexOf('mark true'));
    expect(await log()).toContain('mark false');
  });

  test('a click opens the drawer, the address names the stall, and a reload brings it back in the middle', async () => {
    const stall = someStall(7);
    const page = await open();
    const at = await onScreen(page, stall.rect);
    await page.mouse.click(at.x, at.y);
    const drawer = page.locator('.ant-drawer-section');
    await drawer.getByText(stall.lease?.party.name ?? '').waitFor();
    await drawer.locator('.chart canvas').waitFor();
    expect(new URL(page.url()).searchParams.get('stall')).toBe(stall.code);
    await page.reload();
    await page.waitForSelector('.floor[data-live="true"]');
    await drawer.getByText(`Stall ${stall.code}`).waitFor();
    const after = await onScreen(page, stall.rect);
    expect(after.scale).toBeGreaterThan(at.scale);
    await page.keyboard.press('Escape');
    await soon(() => new URL(page.url()).searchParams.get('stall')).toBeNull();
  });

  test('"/" searches by number, merchant and initials; Enter centres it, also on another floor', async () => {
    const page = await open();
    const wanted = mock.market.stalls.find((stall) => stall.floorId === 2 && stall.lease !== null);
    if (wanted?.lease == null) throw new Error('the second floor has no lease');
    await page.keyboard.press('/');
    await page.keyboard.type(wanted.lease.party.initials.toLowerCase());
    await page.locator('.found', { hasText: '' }).first().waitFor();
    const input = page.getByRole('combobox', { name: 'Search stalls' });
    await input.fill(wanted.code);
    await page.keyboard.press('Enter');
    await page.waitForURL(
      (url) => url.pathname === '/floor/2' && url.searchParams.get('stall') === wanted.code,
    );
    await page.waitForSelector('.floor[data-live="true"]');
    const box = await page.locator('.floor-canvas').boundingBox();
    await soon(async () =>
      Math.abs((await onScreen(page, wanted.rect)).y - ((box?.y ?? 0) + (box?.height ?? 0) / 2)),
    ).toBeLessThan((box?.height ?? 0) / 2);
    expect((await onScreen(page, wanted.rect)).scale).toBeGreaterThan(15);
  });

  test('the arrow keys walk from stall to stall, Enter opens, Escape returns', async () => {
    const page = await open();
    await page.locator('.floor-canvas').focus();
    await page.keyboard.press('ArrowRight');
    const tooltip = page.locator('.stall-tooltip strong');
    const first = await tooltip.innerText();
    await page.keyboard.press('ArrowRight');
    await soon(() => tooltip.innerText()).not.toBe(first);
    const second = await tooltip.innerText();
    await page.keyboard.press('Enter');
    await page.getByText(`Stall ${second}`).waitFor();
    await page.keyboard.press('Escape');
    await soon(() => new URL(page.url()).searchParams.has('stall')).toBe(false);
    await soon(() => page.evaluate(() => document.activeElement?.className)).toBe('floor-canvas');
  });

  test('the wheel zooms at the mouse, dragging pans, and the plan fits again', async () => {
    const stall = someStall(30);
    const page = await open();
    const at = await onScreen(page, stall.rect);
    await page.mouse.move(at.x, at.y);
    await page.mouse.wheel(0, -600);
    await soon(async () => (await onScreen(page, stall.rect)).scale).toBeGreaterThan(at.scale * 1.5);
    const zoomed = await onScreen(page, stall.rect);
    // The mouse is on whole pixels.
    expect(Math.hypot(zoomed.x - at.x, zoomed.y - at.y)).toBeLessThan(2);
    await page.mouse.down();
    await page.mouse.move(at.x + 120, at.y + 40, { steps: 4 });
    await page.mouse.up();
    expect(Math.abs((await onScreen(page, stall.rect)).x - zoomed.x - 120)).toBeLessThan(2);
    expect(new URL(page.url()).searchParams.has('stall')).toBe(false);
    await page.getByRole('button', { name: 'Fit to window' }).click();
    await soon(async () => (await onScreen(page, stall.rect)).scale).toBeCloseTo(at.scale, 3);
  });

  test('the list says the same as the plan', async () => {
    const stall = someStall();
    mock.set(stall.id, { occupancy: 'occupied' });
    const page = await open('/floor/1?view=list');
    const row = page.getByRole('row', { name: new RegExp(`^${stall.code} `) });
    await row.waitFor();
    expect(await row.innerText()).toContain('Open');
    mock.set(stall.id, { occupancy: 'vacant', measuredAt: Date.now(), seenAt: Date.now() });
    await soon(() => row.innerText()).toContain('Closed');
    expect(await page.locator('.ant-pagination-total-text').innerText()).toBe('200 stalls in all');
  });

  test('a plan at rest draws no frames', async () => {
    const page = await open();
    await page.waitForTimeout(1_500);
    const drawn = await page.evaluate(async () => {
      const prototype = CanvasRenderingContext2D.prototype;
      const { fillRect } = prototype;
      let count = 0;
      prototype.fillRect = function (...args) {
        count += 1;
        fillRect.apply(this, args);
      };
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      prototype.fillRect = fillRect;
      return count;
    });
    expect(drawn).toBe(0);
  });
});
