// A job from its script to its output, without leaving the browser.
import { rmSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { check } from './axe';
import { countLoads, createDemoQueue, expect, openTab, rows, signIn, test, visit } from './helpers';
import { workDirectory } from './server';

/** Where jobs write: nothing of an earlier run is there. */
let work: string;
test.beforeAll(async () => void (work = await workDirectory()));
test.afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Fills in a script and submits it; the page is then the job's. */
async function submit(page: Page, name: string, script: string, held = false): Promise<void> {
  await page.getByRole('link', { name: 'Submit a job' }).first().click();
  await expect(page.getByRole('heading', { name: 'Submit a job' })).toBeVisible();
  await expect(page.getByText(/^It runs as /)).toBeVisible();
  await page.getByRole('textbox', { name: 'Script', exact: true }).fill(`#!/bin/bash\n${script}\n`);
  await page.getByLabel('Job name').fill(name);
  await page.getByLabel('Working directory').fill(work);
  if (held) await page.getByLabel('Submit it held').check();
  await page.getByRole('button', { name: 'Submit', exact: true }).click();
  await expect(page.getByRole('heading', { name: new RegExp(`^Job \\d+ · ${name}$`) })).toBeVisible();
}

async function openJobs(page: Page, cluster: string): Promise<void> {
  await page.getByRole('cell').getByRole('link', { name: cluster }).click();
  await openTab(page, 'Jobs');
}

const state = (page: Page) => page.getByRole('main').getByRole('status');

test('a job is submitted by clicking and its output is followed', async ({ page, server, cluster }) => {
  await createDemoQueue(server, cluster.name);
  await signIn(page, server);
  await openJobs(page, cluster.name);
  await expect(page.getByText('No jobs')).toBeVisible();
  const loads = countLoads(page);

  await submit(page, 'greeting', 'for i in 1 2 3 4 5 6; do echo "line $i"; sleep 1; done');
  const output = page.getByRole('log', { name: 'Output' });
  await expect(output).toContainText('line 1', { timeout: 40_000 });
  await expect(output).not.toContainText('line 6');
  await expect(state(page).filter({ hasText: 'Running' })).toBeVisible();
  await expect(output).toContainText('line 6');
  await expect(state(page).filter({ hasText: 'Completed' })).toBeVisible({ timeout: 20_000 });
  await expect(page.getByRole('list', { name: 'Timeline' })).toContainText('Exit code 0');
  await expect(page.getByRole('region', { name: 'Script' }).last()).toContainText('line $i');
  expect(loads()).toBe(0);

  await openTab(page, 'Events');
  await expect(rows(page, 'Events', { name: /greeting.*was submitted to queue demo/ })).toBeVisible();
});

test.describe('what Slurm refuses', () => {
  test.use({ mayFail: /submit-job/ });

  test('what is filled in wrong is said at its field', async ({ page, server, cluster }) => {
    await createDemoQueue(server, cluster.name);
    await signIn(page, server);
    await openJobs(page, cluster.name);
    await page.getByRole('link', { name: 'Submit a job' }).first().click();
    await page.getByRole('textbox', { name: 'Script', exact: true }).fill('hostname');
    await page.getByLabel('Nodes', { exact: true }).fill('many');
    await page.getByLabel('Array').fill('one; two');
    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    await expect(page.getByText('The first line says what runs the script')).toBeVisible();
    await expect(page.getByText('Give a whole number from 1')).toBeVisible();
    await expect(page.getByText('Give task numbers like')).toBeVisible();

    await page.getByRole('textbox', { name: 'Script', exact: true }).fill('#!/bin/bash\nhostname');
    await page.getByLabel('Nodes', { exact: true }).fill('50');
    await page.getByLabel('Array').fill('');
    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    const refusal =
      /Slurm refused the job: Requested node configuration is not available\. You ask for 50, and queue .* gives \d+ at most\. Queue .* has nodes: /;
    await expect(page.getByRole('region', { name: 'Resources' }).getByText(refusal)).toBeVisible();
  });
});

test('a job is held, released, requeued and cancelled', async ({ page, server, cluster }) => {
  await createDemoQueue(server, cluster.name);
  await signIn(page, server);
  await openJobs(page, cluster.name);
  await submit(page, 'patient', 'sleep 300', true);
  await expect(page.getByRole('region', { name: 'Held' })).toContainText('Release it when it may start');
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await expect(button('Hold')).toHaveAccessibleDescription(/is held already/);

  await button('Release').click();
  await expect(state(page).filter({ hasText: 'Running' })).toBeVisible({ timeout: 40_000 });
  await expect(button('Release')).toHaveAccessibleDescription(/is not held/);

  await button('Requeue').click();
  await page.getByRole('dialog').getByRole('button', { name: /^Requeue job \d+$/ }).click();
  await expect(page.getByRole('main')).toContainText(/Times requeued\s*1/, { timeout: 20_000 });
  await expect(state(page).filter({ hasText: 'Running' })).toBeVisible({ timeout: 20_000 });

  await button('Cancel').click();
  await page.getByRole('dialog').getByRole('button', { name: /^Cancel job \d+$/ }).click();
  await expect(state(page).filter({ hasText: 'Cancelled' })).toBeVisible({ timeout: 20_000 });
  await expect(button('Cancel')).toHaveAccessibleDescription(/has ended/);

  await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: 'Jobs' }).click();
  await expect(rows(page, 'Jobs', { name: /patient/ })).toContainText(cluster.name);
});

test('a restart of the server loses nothing of an open page', async ({ page, server, cluster }) => {
  await createDemoQueue(server, cluster.name);
  await signIn(page, server);
  await openJobs(page, cluster.name);
  await submit(page, 'lasting', 'for i in $(seq 1 25); do echo "line $i."; sleep 1; done');
  const output = page.getByRole('log', { name: 'Output' });
  await expect(output).toContainText('line 2.', { timeout: 40_000 });
  const loads = countLoads(page);
  await server.restart();
  await expect(output).toContainText('line 25.', { timeout: 60_000 });
  await expect(state(page).filter({ hasText: 'Completed' })).toBeVisible({ timeout: 20_000 });
  expect((await output.textContent())?.match(/line 3\./g)).toHaveLength(1);
  expect(loads()).toBe(0);
});

test('the pages of jobs and nodes are for everybody', async ({ page, server, cluster }) => {
  test.setTimeout(240_000);
  await createDemoQueue(server, cluster.name);
  await signIn(page, server);
  await openJobs(page, cluster.name);
  await page.getByRole('link', { name: 'Submit a job' }).first().click();
  await expect(page.getByRole('button', { name: 'Submit', exact: true })).toBeVisible();
  await check(page, 'submit a job');
  await openTab(page, 'Jobs');
  await submit(page, 'held', 'sleep 60', true);
  await check(page, 'a held job');
  await page.getByRole('button', { name: 'Release', exact: true }).click();
  await expect(state(page).filter({ hasText: 'Running' })).toBeVisible({ timeout: 40_000 });
  await check(page, 'a running job');
  await visit(page, '/jobs');
  await expect(rows(page, 'Jobs', { name: /held/ })).toBeVisible();
  await check(page, 'all jobs');
  await visit(page, '/nodes');
  await expect(page.getByRole('cell', { name: /^compute-1-1/ })).toBeVisible();
  await check(page, 'all nodes');
  await page.getByRole('cell').getByRole('link', { name: 'compute-1-1' }).click();
  await expect(page.getByRole('heading', { name: 'compute-1-1' })).toBeVisible();
  await check(page, 'a node');
  await page.getByRole('button', { name: 'Drain' }).click();
  await check(page, 'the question before a node is drained');
});
