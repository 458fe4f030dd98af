// A page on a wall, on a desk and on a telephone, of which the last is dark: no wider than its window, and readable by
// everybody. The pictures stay under test-results.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './helpers';

const LOOKS = [
  { width: 2560, height: 1440, colorScheme: 'light', words: false },
  { width: 360, height: 740, colorScheme: 'dark', words: true },
  // The last is what the test goes on with.
  { width: 1280, height: 800, colorScheme: 'light', words: true },
] as const;

export async function check(page: Page, what: string): Promise<void> {
  for (const { width, height, colorScheme, words } of LOOKS) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    const where = `${what}, ${width} px, ${colorScheme}`;
    await page.screenshot({ path: test.info().outputPath(`${where}.png`), fullPage: true });
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect.soft(overflow, `${where} is wider than the window by`).toBe(0);
    if (!words) continue; // They are those of a desk.
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html} ${n.failureSummary}`));
    expect.soft(found, where).toEqual([]);
  }
}
