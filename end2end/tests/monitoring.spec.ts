// What a cluster did over time: charts that follow by themselves, a range that is in the address, the same as a table.
import { check } from './axe';
import { countLoads, createDemoQueue, expect, openTab, reload, signIn, test, visit } from './helpers';

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

  // On paper there are the charts and nothing to press.
  await page.emulateMedia({ media: 'print' });
  await expect(capacity).toBeVisible();
  await expect(page.getByRole('navigation')).toHaveCount(0);
  await page.emulateMedia({ media: null });

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

test('groups, queues and types are told apart, and clusters beside each other', async ({ page, server, cluster }) => {
  test.setTimeout(240_000);
  await signIn(page, server);
  await createDemoQueue(server, cluster.name);
  await server.connect(cluster.name, 'sbatch', '-p', 'demo', '-o', '/dev/null', '--wrap=sleep 150');
  await visit(page, `/clusters/${cluster.name}`);
  await openTab(page, 'Monitoring');
  const shown = page.getByRole('navigation', { name: 'Show' });
  await shown.getByRole('link', { name: 'By queue' }).click();
  await expect(page).toHaveURL(/monitoring\?range=3h&by=queue$/);
  await expect(shown.getByRole('link', { name: 'By queue' })).toHaveAttribute('aria-current', 'true');
  await expect(page.getByRole('figure', { name: 'Running jobs' })).toContainText(/demo 1/, { timeout: 90_000 });
  await check(page, 'monitoring by queue');

  await shown.getByRole('link', { name: 'By group' }).click();
  await expect(page.getByRole('figure', { name: 'Utilized instances' })).toContainText(/compute-1 1/, { timeout: 90_000 });
  await expect(page.getByRole('figure', { name: 'Node hours' })).toContainText('compute-1');
  await check(page, 'monitoring by group');
  await page.getByRole('link', { name: 'Show as a table' }).click();
  await expect(page).toHaveURL(/range=3h&by=group&view=table$/);
  const starts = page.getByRole('table', { name: 'Node starts', exact: true });
  await expect(starts.getByRole('columnheader', { name: 'compute-1' })).toBeVisible();
  await expect(starts.getByRole('rowheader').first()).toHaveText(/^\d{4}-/);
  await check(page, 'monitoring by group, table');

  await page.getByRole('link', { name: 'Show as charts' }).click();
  await shown.getByRole('link', { name: 'By instance type' }).click();
  const hours = page.getByRole('table', { name: 'Node hours by instance type' });
  await expect(hours.getByRole('row').nth(1)).toContainText(/c6i\.xlarge\s*0\.\d\d\s*100 %/);
  await check(page, 'monitoring by instance type');

  await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: 'Monitoring' }).click();
  const compare = page.getByRole('navigation', { name: 'Compare clusters' });
  await compare.getByRole('link', { name: cluster.name }).click();
  await expect(page).toHaveURL(new RegExp(`monitoring\\?range=3h&clusters=${cluster.name}$`));
  await expect(compare.getByRole('link', { name: cluster.name })).toHaveAttribute('aria-current', 'true');
  const running = page.getByRole('figure', { name: 'Running instances' });
  await expect(running).toContainText(new RegExp(`${cluster.name} 1`));
  await check(page, 'monitoring, compared');
  await reload(page);
  await expect(running).toContainText(cluster.name);
  await page.goto(`/console/preference?language=zh-CN&next=${encodeURIComponent(`/monitoring?clusters=${cluster.name}`)}`);
  await expect(page.getByRole('figure', { name: '运行中的实例' })).toContainText(cluster.name);
  await check(page, 'monitoring, compared, zh-CN');
  await page.goto('/console/preference?language=en&next=%2Fmonitoring');
  await expect(page.getByRole('heading', { name: 'Monitoring', level: 1 })).toBeVisible();
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
