// What a cluster did over time: charts that follow by themselves, a range that is in the address, the same as a table.
import { check } from './axe';
import { countLoads, createDemoQueue, expect, openTab, signIn, test, visit } from './helpers';

test('the charts of a cluster follow what it does', async ({ page, server, cluster }) => {
  test.setTimeout(240_000);
  await signIn(page, server);
  await visit(page, `/clusters/${cluster.name}`);
  await openTab(page, 'Monitoring');
  const loads = countLoads(page);
  const capacity = page.getByRole('figure', { name: 'Capacity (instances)' });
  await expect(capacity).toContainText(/Utilized 0/, { timeout: 60_000 });

  await createDemoQueue(server, cluster.name);
  await server.connect(cluster.name, 'sbatch', '-p', 'demo', '-o', '/dev/null', '--wrap=sleep 90');
  const jobs = page.getByRole('figure', { name: 'Jobs' });
  await expect(jobs).not.toContainText(/Running jobs 0 /, { timeout: 60_000 });
  const waits = page.getByRole('figure', { name: 'Job waiting time (min:s)' });
  // Jobs are asked for each minute while nothing of them changes.
  await expect(waits).toContainText(/Median wait \d+ m?s/, { timeout: 90_000 });
  await expect(page.getByRole('figure', { name: 'Node starts' })).toContainText(/Started [1-9]/);
  await expect(page.getByRole('figure', { name: 'Node boot time (min:s)' })).toContainText(/Median \d+ m?s/);
  expect(loads(), 'it followed by itself').toBe(0);
  await check(page, 'monitoring');

  // The pointer on one chart tells the time and the values in all.
  const when = page.locator('.chart-when');
  await expect(when.first()).toBeEmpty();
  await capacity.getByRole('img').hover({ position: { x: 40, y: 40 } });
  await expect(when.first()).toHaveText(/^\d{4}-\d\d-\d\d \d\d:\d\d$/);
  await expect(when.last()).toHaveText(/^\d{4}-\d\d-\d\d \d\d:\d\d$/);

  const ranges = page.getByRole('navigation', { name: 'Time range' });
  await ranges.getByRole('link', { name: '7 d' }).click();
  await expect(page).toHaveURL(/monitoring\?range=7d$/);
  await expect(ranges.getByRole('link', { name: '7 d' })).toHaveAttribute('aria-current', 'true');
  await expect(page.getByText('Each point stands for 1 h.')).toBeVisible();
  await page.getByRole('link', { name: 'Show as a table' }).click();
  await expect(page).toHaveURL(/range=7d&view=table$/);
  const table = page.getByRole('table', { name: 'Monitoring' });
  await expect(table.getByRole('columnheader', { name: 'Utilized', exact: true })).toBeVisible();
  await expect(table.getByRole('rowheader').first()).toHaveText(/^\d{4}-/);
  await check(page, 'monitoring, table');

  await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: 'Monitoring' }).click();
  await expect(page.getByRole('heading', { name: 'Monitoring', level: 1 })).toBeVisible();
  await expect(capacity).toContainText(/Utilized/);
  await page.goto('/console/preference?language=zh-CN&next=%2Fmonitoring');
  await expect(page.getByRole('figure', { name: '容量（实例）' })).toBeVisible();
  await check(page, 'monitoring, zh-CN');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('charts and table can be read', async ({ page, server, cluster }) => {
    await page.goto('/');
    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password').fill(server.adminPassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    const path = `/clusters/${cluster.id}/monitoring?range=1h`;
    const capacity = page.getByRole('figure', { name: 'Capacity (instances)' });
    await expect(async () => {
      await page.goto(path);
      await expect(capacity).toContainText('Utilized 0', { timeout: 1_000 });
    }).toPass({ timeout: 60_000 });
    await page.getByRole('link', { name: 'Show as a table' }).click();
    await expect(page.getByRole('table', { name: 'Monitoring' }).getByRole('rowheader').first()).toBeVisible();
  });
});
