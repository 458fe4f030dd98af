// Every page, light and dark, on a desk and on a telephone.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { createGroup, createQueue, expect, openTab, signIn, test } from './helpers';

const TABS = ['Details', 'Compute node groups', 'Queues', 'Nodes', 'Jobs', 'Events'];
const SIZES = [
  { width: 1280, height: 800 },
  { width: 360, height: 740 },
];

async function check(page: Page, what: string): Promise<void> {
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

test('sign-in and the empty list are for everybody', async ({ page, server }) => {
  await page.goto('/sign-in');
  await check(page, 'sign-in');
  await signIn(page, server);
  await check(page, 'empty list');
});

test('the list and a cluster are for everybody', async ({ page, server, cluster }) => {
  const group = await createGroup(server, cluster.name, 'compute-1');
  await createQueue(server, cluster.name, 'short', group);
  await expect
    .poll(async () => {
      const { queues } = await server.aws('list-queues', '--cluster-identifier', cluster.name);
      return queues[0].status;
    })
    .toBe('ACTIVE');
  await server.connect(cluster.name, 'sbatch', '--output=/dev/null', '--partition=short', '--wrap=sleep 60');

  await signIn(page, server);
  await check(page, 'list');
  await page.getByRole('cell').getByRole('link', { name: cluster.name }).click();
  for (const tab of TABS) {
    await openTab(page, tab);
    await check(page, tab.toLowerCase());
  }
});
