// Arrays and heterogeneous jobs: a page each, and what is pressed means exactly what it says.
import { rmSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { check } from './axe';
import { createDemoQueue, createGroup, createQueue, expect, openTab, queueStates, rows, signIn, test, visit } from './helpers';
import { type Server, workDirectory } from './server';

let work: string;
test.beforeAll(async () => void (work = await workDirectory()));
test.afterAll(() => rmSync(work, { recursive: true, force: true }));

// Above a table of parts stand the buttons for all of them.
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first();
const dialog = (page: Page) => page.getByRole('dialog');

async function submit(server: Server, cluster: string, ...words: string[]): Promise<string> {
  return (await server.connect(cluster, 'sbatch', '--parsable', `--chdir=${work}`, ...words)).trim();
}

test('tasks of an array are told, followed and cancelled one by one', async ({ page, server, cluster }) => {
  test.setTimeout(180_000);
  await createDemoQueue(server, cluster.name);
  const wrap = '--wrap=echo I am task $SLURM_ARRAY_TASK_ID; sleep 600';
  const array = await submit(server, cluster.name, '-p', 'demo', '--exclusive', '--array=1-12%2', '-J', 'sweep', wrap);
  await signIn(page, server);
  await visit(page, `/clusters/${cluster.id}/jobs`);

  // A row of waiting tasks leads to the array, whose address stays when they start.
  const running = rows(page, 'Jobs', { name: new RegExp(`${array}_[12] `) });
  await expect(running).toHaveCount(2, { timeout: 60_000 });
  const figures = page.getByRole('definition');
  await expect(figures.filter({ hasText: /^10$/ }).first()).toBeVisible();
  await rows(page, 'Jobs', { name: `${array}_[3-12%2]` }).getByRole('checkbox').check();
  await button(page, 'Cancel').click();
  await expect(dialog(page).getByRole('button', { name: 'Cancel 10 waiting tasks' })).toBeVisible();
  await expect(dialog(page).getByRole('radio', { name: `Whole array ${array} 2 running, 10 waiting` })).toBeVisible();
  await button(page, 'Keep').click();
  await rows(page, 'Jobs', { name: `${array}_[3-12%2]` }).getByRole('link', { name: `${array}_[3-12%2]` }).click();
  await expect(page).toHaveURL(new RegExp(`/jobs/${array}$`));
  await expect(page.getByRole('heading', { name: `Array ${array} · sweep` })).toBeVisible();
  await expect(page.getByText('0 of 12 tasks have ended')).toBeVisible();
  await expect(page.getByRole('log', { name: 'Output' })).toContainText('I am task 1');
  await page.getByLabel('Output of task').selectOption({ value: `${array}_2` });
  await expect(page.getByRole('log', { name: 'Output' })).toContainText('I am task 2');
  await check(page, 'an array');

  // What waits is cancelled, and what runs goes on.
  await button(page, 'Cancel').click();
  await dialog(page).getByRole('button', { name: 'Cancel 10 waiting tasks' }).click();
  await expect(page.getByText('10 of 12 tasks have ended')).toBeVisible();
  await expect(rows(page, 'Tasks', { name: /Running/ })).toHaveCount(2);

  await rows(page, 'Tasks', { name: new RegExp(`${array}_1 `) }).getByRole('link', { name: `${array}_1`, exact: true }).click();
  await expect(page.getByRole('heading', { name: `Job ${array}_1 · sweep` })).toBeVisible();
  await page.getByRole('link', { name: `All tasks of array ${array}` }).click();
  await expect(page.getByRole('heading', { name: `Array ${array} · sweep` })).toBeVisible();
  await button(page, 'Cancel').click();
  await expect(dialog(page).getByRole('heading')).toHaveText(`Cancel whole array ${array}?`);
  await dialog(page).getByRole('button', { name: 'Cancel 2 running tasks' }).click();
  await expect(page.getByText('12 of 12 tasks have ended')).toBeVisible({ timeout: 30_000 });
});

test.describe('an array over the limit', () => {
  test.use({ mayFail: /submit-job/ });

  test('is refused at its field', async ({ page, server, cluster }) => {
    await createDemoQueue(server, cluster.name);
    await signIn(page, server);
    await visit(page, `/clusters/${cluster.id}/jobs`);
    await page.getByRole('link', { name: 'Submit a job' }).first().click();
    await page.getByRole('textbox', { name: 'Script', exact: true }).fill('#!/bin/bash\nhostname\n');
    await page.getByLabel('Array').fill('0-299%4');
    await button(page, 'Submit').click();
    await expect(page.getByText(/These are 300 tasks, and the cluster's size allows 256 jobs/).first()).toBeVisible();
    await page.getByLabel('Array').fill('0-9');
    await page.getByLabel('Submit it held').check();
    await button(page, 'Submit').click();
    await expect(page.getByRole('heading', { name: /^Array \d+/ })).toBeVisible();
    await expect(page.getByText('0 of 10 tasks have ended')).toBeVisible();
  });
});

test('a heterogeneous job is one, whichever part is chosen', async ({ page, server, cluster }) => {
  await createDemoQueue(server, cluster.name);
  const group = await createGroup(server, cluster.name, 'compute-2');
  await createQueue(server, cluster.name, 'other', group);
  await expect.poll(() => queueStates(server, cluster.name)).toEqual(['ACTIVE', 'ACTIVE']);
  const parts = ['-p', 'demo', '-J', 'coupled', '--hold', '--wrap=sleep 600', ':', '-p', 'other', '--hold'];
  const job = await submit(server, cluster.name, ...parts);
  await signIn(page, server);
  await visit(page, `/clusters/${cluster.id}/jobs`);
  await rows(page, 'Jobs', { name: `${job}+1` }).getByRole('link', { name: `${job}+1` }).click();
  await expect(page.getByRole('heading', { name: new RegExp(`^Job ${job}\\+1`) })).toBeVisible();
  await expect(rows(page, 'Components', { name: `${job}+` })).toHaveCount(2);
  await page.getByRole('link', { name: `All components of job ${job}` }).click();
  await expect(page.getByRole('heading', { name: new RegExp(`^Heterogeneous job ${job}`) })).toBeVisible();
  await check(page, 'a heterogeneous job');
  await button(page, 'Cancel').click();
  await dialog(page).getByRole('button', { name: `Cancel job ${job}` }).click();
  await expect(rows(page, 'Components', { name: /Cancelled/ })).toHaveCount(2, { timeout: 20_000 });
});

test('each life of a job is told', async ({ page, server, cluster }) => {
  await createDemoQueue(server, cluster.name);
  const job = await submit(server, cluster.name, '-p', 'demo', '--open-mode=append', '--wrap=echo life; sleep 600');
  await signIn(page, server);
  await visit(page, `/clusters/${cluster.id}/jobs/${job}`);
  const running = page.getByRole('main').getByRole('status').filter({ hasText: 'Running' });
  await expect(running).toBeVisible({ timeout: 40_000 });
  await button(page, 'Requeue').click();
  await dialog(page).getByRole('button', { name: `Requeue job ${job}` }).click();
  const timeline = page.getByRole('list', { name: 'Timeline' });
  await expect(timeline).toContainText('Requeued by admin.', { timeout: 30_000 });
  await expect(timeline).toContainText('Running (life 2)', { timeout: 30_000 });
  await expect(timeline.getByText('Submitted')).toHaveCount(1);
  await expect(page.getByRole('separator', { name: 'Life 2 begins here' })).toBeVisible();
  await openTab(page, 'Jobs');
});
