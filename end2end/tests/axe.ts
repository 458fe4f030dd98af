// A page on a wall, on a desk in light and dark, on a telephone in the dark: readable by everybody, no wider than its window.
// The pictures stay under test-results.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './helpers';

const SIZES = [
  { width: 2560, height: 1440, schemes: ['light'] },
  { width: 360, height: 740, schemes: ['dark'] },
  { width: 1280, height: 800, schemes: ['light', 'dark'] },
] as const;

export async function check(page: Page, what: string): Promise<void> {
  for (const { schemes, ...size } of SIZES) {
    await page.setViewportSize(size);
    for (const colorScheme of schemes) {
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
