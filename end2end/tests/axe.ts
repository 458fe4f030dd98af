// A page, light and dark, on a wall, on a desk and on a telephone: readable by everybody, no wider than its window. The
// pictures stay under test-results.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './helpers';

const SIZES = [
  { width: 2560, height: 1440 },
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
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
}
