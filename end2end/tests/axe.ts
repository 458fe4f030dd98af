// What every page must pass: no finding of axe, light and dark, on a desk and on a telephone, nothing wider than the
// window.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './helpers';

const SIZES = [
  { width: 1280, height: 800 },
  { width: 360, height: 740 },
];

export async function check(page: Page, what: string): Promise<void> {
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const where = `${what}, ${size.width} px, ${colorScheme}`;
      await page.screenshot({ path: test.info().outputPath(`${where}.png`), fullPage: true });
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html} ${n.failureSummary}`));
      expect.soft(found, where).toEqual([]);
    }
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect.soft(overflow, `${what} at ${size.width} px is wider than the window by`).toBe(0);
  }
  await page.setViewportSize(SIZES[0]);
}
