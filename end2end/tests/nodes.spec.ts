// Nodes: drained and resumed with a reason, replaced, seen in two browsers at once.
import type { Page } from '@playwright/test';
import { check } from './axe';
import { cell, countLoads, createGroup, expect, openTab, rows, signIn, test } from './helpers';

async function act(page: Page, action: string, reason?: string, now = false): Promise<void> {
  await page.getByRole('button', { name: action, exact: true }).click();
  const dialog = page.getByRole('dialog');
  if (reason) await dialog.getByLabel('Reason').fill(reason);
  if (now) await dialog.getByLabel('At once').check();
  await dialog.getByRole('button', { name: action, exact: true }).click();
  await expect(dialog).toBeHidden();
}

test('a node is drained, resumed and replaced, and everybody sees it', async ({
  page,
  browser,
  server,
  cluster,
}) => {
  await createGroup(server, cluster.name, 'login', { minInstanceCount: 1, maxInstanceCount: 1 });
  await signIn(page, server);
  await page.getByRole('cell').getByRole('link', { name: cluster.name }).click();
  await openTab(page, 'Nodes');
  await expect(cell(page, 'login-1', /^Idle/)).toBeVisible({ timeout: 40_000 });
  await page.getByRole('cell').getByRole('link', { name: 'login-1' }).click();
  await expect(page.getByRole('heading', { name: 'login-1' })).toBeVisible();
  await expect(page.getByRole('list', { name: 'Timeline' })).toContainText('Ready for jobs');

  const other = await (await browser.newContext()).newPage();
  await other.goto(server.url);
  await signIn(other, server);
  await other.getByRole('cell').getByRole('link', { name: cluster.name }).click();
  await openTab(other, 'Nodes');
  const loads = countLoads(other);

  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await expect(button('Resume')).toHaveAccessibleDescription(/it takes jobs/);
  await page.getByRole('button', { name: 'Drain', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Drain', exact: true }).click();
  await expect(page.getByRole('dialog').getByText('Say why.')).toBeVisible();
  await page.keyboard.press('Escape');

  await act(page, 'Drain', 'a new disk');
  await expect(page.getByRole('region', { name: 'Takes no new jobs' })).toContainText('a new disk');
  await expect(cell(other, 'login-1', /^Draining/)).toBeVisible();
  await act(page, 'Resume');
  await expect(cell(other, 'login-1', /^Idle/)).toBeVisible();

  const { nodes } = { nodes: await rows(other, 'Nodes', { name: /login-1/ }).textContent() };
  const instance = nodes?.match(/i-[0-9a-f]{17}/)?.[0] ?? 'none';
  await act(page, 'Replace', 'try another machine', true);
  await expect(rows(other, 'Nodes', { name: /login-1/ })).not.toContainText(instance);
  await expect(cell(other, 'login-1', /^Idle/)).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText(/gets another instance at once.*try another machine/)).toBeVisible();
  await expect(page.getByText(/Somebody asked for another instance: try another machine/).first()).toBeVisible();
  expect(loads()).toBe(0);
  await other.context().close();

  await itsLogs(page);
});

/** Of the instance that runs and of the one that has ended: from the boot's step to its lines, searched, live, as a file. */
async function itsLogs(page: Page): Promise<void> {
  await page.getByRole('main').getByRole('link', { name: 'Logs', exact: true }).last().click();
  await expect(page.getByRole('heading', { name: 'Logs of login-1' })).toBeVisible();
  const lines = page.getByRole('list', { name: 'Lines, newest first' });
  await expect(lines.locator('[aria-current="true"]')).toBeInViewport();
  await check(page, 'node logs');

  await page.getByRole('navigation', { name: 'Which log' }).getByRole('link', { name: 'slurmd.log' }).click();
  await expect(page).toHaveURL(/daemon=slurmd\.log/);
  await page.getByLabel('Words').fill('slurmd version');
  await page.getByRole('search').getByRole('button', { name: 'Search' }).click();
  await expect(lines.locator('mark').first()).toHaveText('slurmd');
  await expect(lines.getByText('agent.log')).toHaveCount(0);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download', exact: true }).click();
  expect((await download).suggestedFilename()).toBe('log.txt');

  await page.getByLabel('Instance').selectOption({ index: 1 });
  await expect(page).not.toHaveURL(/daemon=/);
  await page.getByLabel('Words').fill('');
  await page.getByLabel('Words').press('Enter');
  await expect(page).not.toHaveURL(/text=/);
  await page.getByRole('link', { name: 'Live', exact: true }).click();
  await expect(page).toHaveURL(/mode=live/);
  await expect(lines.getByText('agent.log').first()).toBeVisible();
}
