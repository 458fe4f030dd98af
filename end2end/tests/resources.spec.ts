// Compute node groups and queues by clicking: created with errors at their fields, edited with the plan shown, deleted
// with what stands in the way; and a cluster cloned from its own document.
import { cell, createGroup, createQueue, expect, openTab, rows, signIn, test, visit } from './helpers';
import type { Locator, Page } from '@playwright/test';
import type { Server } from './server';

const step = (page: Page, name: string | RegExp): Locator => page.getByRole('heading', { name, level: 2 });

async function choose(page: Page, field: string | RegExp, option: string | RegExp): Promise<void> {
  const input = page.getByRole('combobox', { name: field });
  await input.click();
  await page.getByRole('option', { name: option }).first().click();
  await input.press('Escape');
}

const next = (page: Page) => page.getByRole('button', { name: 'Next' }).click();

async function isActive(server: Server, cluster: string, queue: string): Promise<boolean> {
  const of = { clusterIdentifier: cluster, queueIdentifier: queue };
  return (await server.pcs('GetQueue', of)).queue.status === 'ACTIVE';
}

/** A group of two nodes and a queue on it, both ACTIVE. */
async function groupAndQueue(server: Server, cluster: string): Promise<{ group: string; queue: string }> {
  const group = await createGroup(server, cluster, 'compute-1');
  await createQueue(server, cluster, 'short', group);
  await expect.poll(() => isActive(server, cluster, 'short'), { timeout: 60_000 }).toBe(true);
  const { queue } = await server.pcs('GetQueue', { clusterIdentifier: cluster, queueIdentifier: 'short' });
  return { group, queue: queue.id };
}

test('a group and a queue are made by clicking, with errors at their fields', async ({ page, server, cluster }) => {
  await signIn(page, server);
  await visit(page, `/clusters/${cluster.id}/compute-node-groups`);
  await page.getByRole('link', { name: 'Create compute node group' }).first().click();
  await expect(page.getByRole('heading', { name: 'Create compute node group', level: 1 })).toBeVisible();

  await page.getByLabel('Compute node group name').fill('1st');
  await page.getByLabel('Number of nodes').fill('33');
  await next(page);
  await expect(page.getByText('A name starts with a letter', { exact: false }).first()).toBeVisible();
  await expect(page.getByText('This cluster has room for 32 more. Ask for fewer nodes.').first()).toBeVisible();
  await page.getByLabel('Compute node group name').fill('compute-1');
  await page.getByLabel('Number of nodes').fill('2');
  await next(page);

  await expect(step(page, 'Instances')).toBeVisible();
  await next(page);
  await expect(page.getByText('Choose at least one instance type.').first()).toBeVisible();
  await choose(page, 'Instance types', /^c6i\.xlarge/);
  await next(page);

  await expect(step(page, 'Launch')).toBeVisible();
  await choose(page, /^Template$/, /compute-getstarted-lt/);
  await choose(page, 'Instance profile', /AWSPCS-getstarted-role/);
  await choose(page, 'Subnets', /PrivateSubnetA/);
  await next(page);
  await expect(step(page, 'Slurm settings and tags')).toBeVisible();
  await page.getByLabel('Weight').fill('10');
  await next(page);
  await expect(step(page, 'Scripts and health')).toBeVisible();
  await next(page);
  await expect(page.getByText('aws pcs create-compute-node-group')).toBeVisible();
  await page.getByRole('button', { name: 'Create compute node group' }).click();
  await expect(page.getByRole('heading', { name: 'compute-1', level: 1 })).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: 'Active' })).toBeVisible();

  await visit(page, `/clusters/${cluster.id}/queues/create`);
  await page.getByLabel('Queue name').fill('demo');
  await choose(page, 'Compute node groups', /compute-1/);
  await next(page);
  await next(page);
  await page.getByRole('button', { name: 'Create queue' }).click();
  await expect(page.getByRole('heading', { name: 'demo', level: 1 })).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: 'Active' })).toBeVisible();
});

test('an edit that drops nodes says which nodes and jobs it touches', async ({ page, server, cluster }) => {
  const { group } = await groupAndQueue(server, cluster.name);
  await server.connect(cluster.name, 'sbatch', '-p', 'short', '-N2', '-J', 'wide', '--wrap=sleep 300');
  await expect
    .poll(() => server.connect(cluster.name, 'squeue', '--noheader', '--states=R'), { timeout: 60_000 })
    .toContain('wide');
  await signIn(page, server);
  await visit(page, `/clusters/${cluster.id}/compute-node-groups/${group}`);
  await page.getByRole('link', { name: 'Edit' }).click();
  await page.getByLabel('Number of nodes').fill('1');
  for (let i = 0; i < 5; i++) await next(page);

  const plan = page.getByRole('region', { name: 'What this changes' });
  await expect(plan.getByRole('row', { name: /maxInstanceCount/ })).toContainText('21');
  await expect(plan).toContainText('compute-1-2');
  await expect(plan.getByRole('row', { name: /wide/ })).toContainText('Goes back to the queue and starts again');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByRole('heading', { name: 'compute-1', level: 1 })).toBeVisible();
  await expect(page.getByText('Dynamic · 0–1')).toBeVisible();

  // With no node at all the group is parked, and its queue stays.
  await page.getByRole('link', { name: 'Edit' }).click();
  await page.getByLabel('Number of nodes').fill('0');
  for (let i = 0; i < 5; i++) await next(page);
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText('Parked · no nodes')).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: 'Active' })).toBeVisible();
});

test('a delete names what stands in the way, and counts what ends', async ({ page, server, cluster }) => {
  const { group } = await groupAndQueue(server, cluster.name);
  await signIn(page, server);
  await visit(page, `/clusters/${cluster.id}/compute-node-groups/${group}`);
  await page.getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('It cannot be deleted now');
  await dialog.getByRole('link', { name: 'short' }).click();

  await expect(page.getByRole('heading', { name: 'short', level: 1 })).toBeVisible();
  await page.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('dialog')).toContainText('No job runs or waits here.');
  await page.getByRole('dialog').getByRole('textbox').fill('short');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('No queues yet')).toBeVisible();

  await visit(page, `/clusters/${cluster.id}`);
  await page.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('dialog').getByRole('link', { name: 'compute-1' })).toBeVisible();
});

test('of two people who edit one queue the second is told', async ({ page, browser, server, cluster }) => {
  const { queue } = await groupAndQueue(server, cluster.name);
  const edit = `/clusters/${cluster.id}/queues/${queue}/edit`;
  const other = await (await browser.newContext({ baseURL: server.url })).newPage();
  for (const person of [page, other]) {
    await signIn(person, server);
    await visit(person, edit);
    await next(person);
    await person.getByRole('button', { name: 'Add setting' }).click();
    await person.getByLabel('Parameter').first().fill('PriorityTier');
    await person.getByLabel('Value').first().fill(person === page ? '10' : '20');
    await next(person);
  }
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByRole('heading', { name: 'short', level: 1 })).toBeVisible();
  await expect(page.getByText('PriorityTier=10')).toBeVisible();

  await other.getByRole('button', { name: 'Save changes' }).click();
  await expect(other.getByText('Somebody else has changed short in the meantime', { exact: false })).toBeVisible();
  await other.context().close();
});

test('a cluster is cloned from its document', async ({ page, server, cluster }) => {
  await groupAndQueue(server, cluster.name);
  await signIn(page, server);
  await visit(page, `/clusters/${cluster.id}`);
  await page.getByText('More', { exact: true }).click();
  await page.getByRole('link', { name: 'Clone' }).click();
  await expect(page.getByLabel('Document (YAML or JSON)')).toHaveValue(/apiVersion: openpcs\/v1/);
  await page.getByRole('button', { name: 'Preview' }).click();
  await expect(page.getByText('A name has 3 to 40 characters', { exact: false }).first()).toBeVisible();
  await page.getByLabel('Name of the cluster').fill('copy');
  await page.getByRole('button', { name: 'Preview' }).click();
  const steps = page.getByRole('region', { name: 'What is done' });
  await expect(steps.getByText('Planned')).toHaveCount(3);

  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByText('Everything is as the document says.')).toBeVisible({ timeout: 60_000 });
  await page.getByRole('link', { name: 'Open the cluster' }).click();
  await expect(page.getByRole('heading', { name: 'copy', level: 1 })).toBeVisible();
  await openTab(page, 'Queues');
  await expect(cell(page, 'short', 'Active')).toBeVisible();

  await page.getByRole('button', { name: 'Delete cluster' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('link')).toHaveText(['Queue short', 'Compute node group compute-1']);
  await dialog.getByRole('textbox', { name: 'copy' }).fill('copy');
  await dialog.getByRole('button', { name: 'Delete all of it, in order' }).click();
  const ends = dialog.getByRole('list', { name: 'What is deleted' });
  await expect(ends.getByRole('listitem').first()).toHaveText(/^Queue short · (is being deleted|deleted)$/);
  await expect(dialog.getByText('Keep this page open', { exact: false })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Clusters', level: 1 })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('copy is deleted.')).toBeVisible({ timeout: 30_000 });
  await expect(rows(page, 'All clusters', { name: /copy/ })).toHaveCount(0);
});

test.describe('what the import refuses', () => {
  test.use({ mayFail: /apply/ });

  test('a document with a mistake is refused with its place', async ({ page, server }) => {
    await signIn(page, server);
    await visit(page, '/clusters/import');
    await page.getByLabel('Document (YAML or JSON)').fill('apiVersion: openpcs/v1\ncluster: {nam: x}\n');
    await page.getByRole('button', { name: 'Preview' }).click();
    await expect(page.getByRole('alert').filter({ hasText: 'nam' })).toBeVisible();
  });
});

test('the log of the controller is shown as it grows, searched and downloaded', async ({ page, server, cluster }) => {
  await signIn(page, server);
  await visit(page, `/clusters/${cluster.id}/logs?mode=live`);
  const log = page.getByRole('log', { name: 'Controller log' });
  await expect(log).toContainText('slurmctld version');
  await page.getByLabel('Only lines with').fill('slurmctld VERSION');
  await expect(log).toHaveText(/^[^\n]*slurmctld version[^\n]*\s*$/);
  await page.getByLabel('Only lines with').fill('nothing has this');
  await expect(log).toHaveText('');
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download', exact: true }).click();
  expect((await download).suggestedFilename()).toBe('slurmctld.log');
});
