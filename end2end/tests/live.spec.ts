// What happens elsewhere appears on the open page by itself.
import {
  cell,
  clusterStatus,
  countLoads,
  createCluster,
  createDemoQueue,
  createGroup,
  createQueue,
  expect,
  isLive,
  openTab,
  rows,
  signIn,
  test,
} from './helpers';

test('a cluster made elsewhere becomes active on the open list', async ({ page, server }) => {
  await signIn(page, server);
  await expect(page.getByText('No clusters yet')).toBeVisible();
  const loads = countLoads(page);

  const created = createCluster(server, 'made-elsewhere');
  const shown = cell(page, 'made-elsewhere', 'Active').waitFor().then(Date.now);
  await expect(rows(page, 'All clusters', { name: 'made-elsewhere' })).toBeVisible();
  await created;
  await expect
    .poll(() => clusterStatus(server, 'made-elsewhere'), { timeout: 60_000 })
    .toBe('ACTIVE');
  const { cluster } = await server.pcs('GetCluster', { clusterIdentifier: 'made-elsewhere' });
  const late = (await shown) - Date.parse(cluster.modifiedAt);
  console.log(`shown ${late} ms after the service made it ACTIVE`);
  expect(late).toBeLessThan(5_000); // a second on an idle machine

  await server.deleteCluster('made-elsewhere');
  await expect(page.getByText('No clusters yet')).toBeVisible();
  expect(loads()).toBe(0);
});

test('a cluster page follows groups, queues, jobs and nodes', async ({ page, server, cluster }) => {
  await signIn(page, server);
  await page.getByRole('cell').getByRole('link', { name: cluster.name }).click();
  await expect(page.getByRole('heading', { name: cluster.name, level: 1 })).toBeVisible();
  const loads = countLoads(page);

  const { cluster: api } = await server.pcs('GetCluster', { clusterIdentifier: cluster.name });
  const endpoint = page.getByRole('region', { name: 'Endpoints' }).getByRole('row', { name: 'slurmctld' });
  await expect(endpoint.getByRole('cell', { name: api.endpoints[0].privateIpAddress })).toBeVisible();
  await expect(endpoint.getByRole('cell', { name: api.endpoints[0].port })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Secrets' })).toContainText(
    api.slurmConfiguration.authKey.secretArn,
  );

  await openTab(page, 'Compute node groups');
  await expect(page.getByText('No compute node groups yet')).toBeVisible();
  const group = await createGroup(server, cluster.name, 'compute-1');
  await expect(cell(page, 'compute-1', 'Active')).toBeVisible();

  await openTab(page, 'Queues');
  await expect(page.getByText('No queues yet')).toBeVisible();
  await createQueue(server, cluster.name, 'short', group);
  await expect(cell(page, 'short', 'Active')).toBeVisible();
  await expect(cell(page, 'short', 'compute-1')).toBeVisible();

  await openTab(page, 'Nodes');
  await expect(cell(page, 'compute-1-1', /^Powered down/)).toBeVisible();
  await expect(cell(page, 'compute-1-2', /^Powered down/)).toBeVisible();

  await openTab(page, 'Jobs');
  await expect(page.getByText('No jobs')).toBeVisible();
  const submitted = await server.connect(
    cluster.name,
    ...['sbatch', '--partition=short', '--job-name=greeting', '--output=/dev/null', '--wrap=sleep 8'],
  );
  expect(submitted).toMatch(/Submitted batch job \d+/);
  await expect(cell(page, 'greeting', /^Running/)).toBeVisible({ timeout: 40_000 });

  await openTab(page, 'Nodes');
  await expect(cell(page, 'compute-1-1', /^Busy/)).toBeVisible();
  await expect(cell(page, 'compute-1-1', /^Idle/)).toBeVisible({ timeout: 30_000 });

  await openTab(page, 'Jobs');
  const ended = cell(page, 'greeting', /^Completed/).or(page.getByText('No jobs'));
  await expect(ended).toBeVisible();

  await openTab(page, 'Nodes');
  await expect(cell(page, 'compute-1-1', /^Powered down/)).toBeVisible({ timeout: 40_000 });

  await openTab(page, 'Events');
  await expect(rows(page, 'Events', { name: 'compute-1-1' }).first()).toBeVisible();
  expect(loads()).toBe(0);
});

test('a page that comes alive late fits its source, and has what changed meanwhile', async ({ page, server, cluster }) => {
  await signIn(page, server);
  let asked = () => {};
  let send = () => {};
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  const mayCome = new Promise<void>((resolve) => (send = resolve));
  await page.route('**/split_*.wasm', async (route) => {
    asked();
    await mayCome;
    await route.continue();
  });
  await page.goto(`/clusters/${cluster.id}/queues`, { waitUntil: 'commit' });
  await isAsked;
  await createDemoQueue(server, cluster.name);
  send();
  await expect(rows(page, /^Queues/, { name: /demo/ })).toBeVisible();
  await isLive(page);
});
