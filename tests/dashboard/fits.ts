import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds on the page: the rule, and the first element that breaks it. */
export async function axeViolations(page: Page): Promise<string[]> {
  // A page at rest is judged: a button that waits, or is on its way from one colour to the next, is no fault.
  await page.waitForFunction(
    () =>
      !document.querySelector('.ant-btn-loading') &&
      document
        .getAnimations()
        .every(
          (motion) => motion.playState !== 'running' || motion.effect?.getTiming().iterations === Infinity,
        ),
  );
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run({ resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  });
}

/** How many pixels the page or its content can be pushed sideways. */
export const sidewaysPx = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const main = document.querySelector('.main') ?? document.documentElement;
    const { documentElement: root } = document;
    return Math.max(main.scrollWidth - main.clientWidth, root.scrollWidth - root.clientWidth);
  });

/** Targets that a finger can miss, on a phone: lower than 44 px. */
export const smallTargets = (page: Page, within = '.main'): Promise<string[]> =>
  page.evaluate((scope) => {
    const all = document.querySelectorAll<HTMLElement>(
      `${scope} :is(button, a, input, textarea, [role=switch], [role=combobox])`,
    );
    return [...all]
      .map(
        (element) => element.closest<HTMLElement>('label, .ant-select, .ant-input-affix-wrapper') ?? element,
      )
      .filter(
        (element) =>
          element.checkVisibility({ visibilityProperty: true }) &&
          element.getBoundingClientRect().height < 43.5,
      )
      .map((element) => element.outerHTML.slice(0, 160));
  }, within);
