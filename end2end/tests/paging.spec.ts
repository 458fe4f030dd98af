// A list that is longer than a page: pages, filter, order and what is chosen mean the whole list.
import type { Page } from '@playwright/test';
import { countLoads, createDemoQueue, expect, openTab, rows, signIn, test, visit } from './helpers';

const JOBS = 120;

const list = (page: Page) => page.getByRole('region', { name: 'Jobs', exact: true });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const heading = (page: Page, words: string) => page.getByRole('heading', { name: words, exact: true });
const pageNumber = (page: Page, words: string) => page.getByRole('status').filter({ hasText: words });

/** The numbers of the jobs that the page shows, as it shows them. */
async function shown(page: Page): Promise<number[]> {
  const ids = await list(page).getByRole('row').locator('td:nth-child(2)').allTextContents();
  return ids.map(Number);
}

test('a long list is paged, filtered and chosen from as one', async ({ page, server, cluster }) => {
  test.setTimeout(300_000);
  await createDemoQueue(server, cluster.name);
  const one = (name: string) => `sbatch -p demo --hold -J ${name} --output=/dev/null --wrap=true`;
  const all = `for i in $(seq ${JOBS / 2}); do ${one('left')}; ${one('right')}; done`;
  await server.connect(cluster.name, 'sh', '-c', all);
  await signIn(page, server);

  await test.step('pages put together are the list', async () => {
    await visit(page, `/clusters/${cluster.id}/jobs?sort=Job`);
    await expect(heading(page, `Jobs (${JOBS})`)).toBeVisible();
    const found: number[] = [];
    for (const [number, count] of [[1, 50], [2, 50], [3, 20]]) {
      await expect(pageNumber(page, `Page ${number} of 3`)).toBeVisible();
      await expect(rows(page, 'Jobs', { name: /left|right/ })).toHaveCount(count);
      found.push(...(await shown(page)));
      if (number < 3) await button(page, 'Next page').click();
    }
    expect(new Set(found).size).toBe(JOBS);
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(new URL(page.url()).searchParams.get('page')).toBe('3');
  });

  await test.step('what is chosen stays chosen on other pages', async () => {
    await expect(button(page, 'Cancel')).toHaveAccessibleDescription(/Select one or more jobs/);
    await rows(page, 'Jobs', { name: /left/ }).first().getByRole('checkbox').check();
    await button(page, 'Previous page').click();
    await expect(pageNumber(page, 'Page 2 of 3')).toBeVisible();
    await rows(page, 'Jobs', { name: /right/ }).first().getByRole('checkbox').check();
    await button(page, 'Cancel').click();
    await expect(page.getByRole('dialog').getByRole('button', { name: 'Cancel 2 jobs' })).toBeVisible();
    await button(page, 'Keep').click();
    await rows(page, 'Jobs', { name: /right/ }).first().getByRole('checkbox').uncheck();
    await button(page, 'Cancel').click();
    await expect(page.getByRole('dialog').getByRole('button', { name: /^Cancel job \d+$/ })).toBeVisible();
    await button(page, 'Keep').click();
    await button(page, 'Next page').click();
    await rows(page, 'Jobs', { name: /left/ }).first().getByRole('checkbox').uncheck();
  });

  await test.step('the filter offers what the whole list has, and begins at its first page', async () => {
    const filter = list(page).getByRole('combobox', { name: 'Filter jobs' });
    await filter.fill('Name = ');
    await expect(page.getByRole('option')).toHaveText(['left', 'right']);
    await page.getByRole('option', { name: 'right', exact: true }).click();
    await filter.press('Escape');
    await expect(heading(page, `Jobs (${JOBS / 2}/${JOBS})`)).toBeVisible();
    await expect(pageNumber(page, 'Page 1 of 2')).toBeVisible();
    await expect(rows(page, 'Jobs', { name: /left/ })).toHaveCount(0);
    const { searchParams } = new URL(page.url());
    expect(Object.fromEntries(searchParams)).toEqual({ where: 'Name = right', sort: 'Job' });
    await list(page).getByRole('button', { name: 'Job', exact: true }).click();
    await expect(list(page).getByRole('columnheader', { name: 'Job', exact: true })).toHaveAttribute(
      'aria-sort',
      'descending',
    );
    await expect(async () => {
      const ids = await shown(page);
      expect(ids).toEqual([...ids].sort((a, b) => b - a));
    }).toPass();
    await button(page, 'Next page').click();
    await expect(rows(page, 'Jobs', { name: /right/ })).toHaveCount(10);
  });

  await test.step('a change elsewhere is seen where one is', async () => {
    const loads = countLoads(page);
    const [last] = (await shown(page)).slice(-1);
    await server.connect(cluster.name, 'scancel', String(last));
    await expect(rows(page, 'Jobs', { name: new RegExp(`^Select \\S+ ${last} `) })).toContainText('Cancelled');
    await expect(pageNumber(page, 'Page 2 of 2')).toBeVisible();
    await page.getByRole('button', { name: 'Remove Name = right' }).click();
    await expect(heading(page, `Jobs (${JOBS})`)).toBeVisible();
    await expect(pageNumber(page, 'Page 1 of 3')).toBeVisible();
    expect(loads()).toBe(0);
  });

  await test.step('a figure above the list asks the list, and its tab asks for all again', async () => {
    const loads = countLoads(page);
    await page.getByRole('link', { name: 'Jobs pending', exact: true }).click();
    await expect(heading(page, `Jobs (${JOBS - 1}/${JOBS})`)).toBeVisible();
    await expect(page.getByRole('button', { name: 'Remove State = Pending' })).toBeVisible();
    await openTab(page, 'Jobs');
    await expect(heading(page, `Jobs (${JOBS})`)).toBeVisible();
    expect(loads()).toBe(0);
  });

  await test.step('pages of rows are chosen and ended at once', async () => {
    const everyRow = page.getByRole('checkbox', { name: 'Select all rows of this page' });
    await visit(page, `/clusters/${cluster.id}/jobs?where=State = Pending&sort=Job`);
    await expect(heading(page, `Jobs (${JOBS - 1}/${JOBS})`)).toBeVisible();
    await everyRow.check();
    await button(page, 'Next page').click();
    await expect(pageNumber(page, 'Page 2 of 3')).toBeVisible();
    await expect(everyRow).not.toBeChecked();
    await everyRow.check();
    await button(page, 'Cancel').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel 100 jobs' }).click();
    await expect(page.getByRole('dialog')).toBeHidden({ timeout: 90_000 });
    await expect(heading(page, `Jobs (${JOBS - 101}/${JOBS})`)).toBeVisible({ timeout: 30_000 });
    await expect(button(page, 'Cancel')).toHaveAccessibleDescription(/Select one or more jobs/);
  });

  await test.step('events go back to the first', async () => {
    await openTab(page, 'Events');
    await expect(rows(page, 'Events', { name: /was cancelled/ })).toHaveCount(50);
    for (const number of [2, 3]) {
      await button(page, 'Next page').click();
      await expect(pageNumber(page, `Page ${number} of 3`)).toBeVisible();
    }
    await expect(rows(page, 'Events', { name: /Queue demo/ }).first()).toBeVisible();
    await page.getByRole('combobox', { name: 'Filter events' }).fill('Resource : queue');
    await expect(rows(page, 'Events', { name: /was cancelled/ })).toHaveCount(0);
    await expect(rows(page, 'Events', { name: /Queue demo/ }).first()).toBeVisible();
  });
});
