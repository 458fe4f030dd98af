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
  holdPart,
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
  const part = await holdPart(page);
  await page.goto(`/clusters/${cluster.id}/queues`, { waitUntil: 'commit' });
  await part.isAsked;
  await createDemoQueue(server, cluster.name);
  part.send();
  await expect(rows(page, /^Queues/, { name: /demo/ })).toBeVisible();
  await isLive(page);
});

test('what is filled in while a page is on its way stays', async ({ page, server }) => {
  await signIn(page, server);
  const part = await holdPart(page);
  await page.goto('/troubleshooting', { waitUntil: 'commit' });
  const words = page.getByRole('searchbox', { name: 'Search codes' });
  await words.fill('no such');
  await part.isAsked;
  await words.fill('no such words');
  part.send();
  await isLive(page);
  await expect(words).toHaveValue('no such words');
  await expect(page.getByText('No code has these words.')).toBeVisible();
});

test('what is ticked and chosen while a page is on its way stays', async ({ page, server }) => {
  await signIn(page, server);
  const part = await holdPart(page);
  await page.goto('/clusters/create', { waitUntil: 'commit' });
  const large = page.getByRole('radio', { name: /^Large/ });
  await large.check();
  await part.isAsked;
  part.send();
  await isLive(page);
  await expect(large).toBeChecked();
  await page.getByLabel('Cluster name', { exact: true }).fill('early');
});
