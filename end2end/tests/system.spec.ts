// The page System: calm while all is well, and what fails first while it is not.
import { mkdir, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from './axe';
import { countLoads, createDemoQueue, createQueue, expect, rows, signIn, test, visit } from './helpers';

test('a server without clusters tells how it is', async ({ page, server }) => {
  await signIn(page, server);
  await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: 'System' }).click();
  await expect(page.getByRole('heading', { name: 'System', level: 1 })).toBeVisible();
  await expect(page.getByText('All is well')).toBeVisible();
  await expect(rows(page, 'Reconcilers', { name: /Leftovers/ })).toContainText('Works');
  await expect(rows(page, 'Reconcilers', { name: /Old records/ })).toContainText('This server');
  await expect(page.getByText('No cluster runs on this server.')).toBeVisible();

  const database = page.getByRole('region', { name: 'Database' });
  await expect(database).toContainText('SQLite');
  await expect(database).toContainText(`sqlite://${server.dataDir}/openpcs.db`);
  await expect(database).toContainText('Takes writes');
  const host = page.getByRole('region', { name: 'This server' });
  await expect(host).toContainText(server.dataDir);
  await expect(host).toContainText(/OpenPCS \d+\.\d+\.\d+/);
  await expect(host).toContainText(/Slurm 24\.11\.\d+/);
  await expect(host).toContainText(/Agent \d+\.\d+\.\d+/);
  await expect(host).not.toContainText('Not of one release');
  await check(page, 'system, empty');

  await host.getByRole('button', { name: 'Info about Metrics' }).click();
  await expect(page.getByRole('complementary', { name: 'Help' })).toContainText('metrics-token');
});

test('a reconciler that fails comes first until it works again', async ({ page, server, cluster }) => {
  test.setTimeout(240_000);
  await createDemoQueue(server, cluster.name);
  await server.connect(cluster.name, 'sbatch', '--output=/dev/null', '--partition=demo', '--wrap=true');
  await signIn(page, server);
  await visit(page, '/system');
  const loads = countLoads(page);
  const line = (name: RegExp) => rows(page, 'Reconcilers', { name });
  for (const name of [/^Controller demo/, /^Nodes demo/, /^Jobs demo/]) {
    await expect(line(name)).toContainText('Works');
  }
  await expect(line(/^Nodes demo/)).toContainText(/node (launched|ready)/);
  await check(page, 'system');

  // The record of what is in force cannot be read, so nothing can be changed.
  const record = join(server.dataDir, 'clusters', cluster.id, 'controller', 'in-force.json');
  await rename(record, `${record}.kept`);
  await mkdir(record);
  const { computeNodeGroups } = await server.pcs('ListComputeNodeGroups', { clusterIdentifier: cluster.name });
  await createQueue(server, cluster.name, 'late', computeNodeGroups[0].id);
  await expect(page.getByText('Some reconcilers are failing')).toBeVisible();
  const first = page.getByRole('region', { name: 'Reconcilers' }).getByRole('row').nth(1);
  await expect(first).toContainText('Controller');
  await expect(first).toContainText(/Failing.*directory.*in a row/);
  await expect(first).toContainText(/in \d+ s/);
  await check(page, 'system, failing');
  await page.goto('/console/preference?language=zh-CN&next=%2Fsystem');
  await expect(page.getByText('部分协调器出错')).toBeVisible();
  await check(page, 'system, failing, zh-CN');
  await page.goto('/console/preference?language=en&next=%2Fsystem');
  await expect(page.getByText('Some reconcilers are failing')).toBeVisible();

  await rmdir(record);
  await rename(`${record}.kept`, record);
  const seen = loads();
  await expect(page.getByText('All is well')).toBeVisible({ timeout: 60_000 });
  await expect(line(/^Controller demo/)).toContainText('configuration changed');
  expect(loads()).toBe(seen);
});

test.describe('without the server', () => {
  test.use({ mayFail: /\/console\// });

  test('the page says that what it shows is from before', async ({ page, context, server }) => {
    await signIn(page, server);
    await visit(page, '/system');
    await expect(page.getByText('All is well')).toBeVisible();
    await context.setOffline(true);
    await expect(page.getByText('What is shown is from before')).toBeVisible();
    await expect(rows(page, 'Reconcilers', { name: /Leftovers/ })).toBeVisible();
    await context.setOffline(false);
    await expect(page.getByText('All is well')).toBeVisible();
  });
});
