// Every page, on a wall, on a desk and on a telephone.
import { check } from './axe';
import { createDemoQueue, expect, openTab, signIn, test, visit } from './helpers';

const TABS = ['Details', 'Compute node groups', 'Queues', 'Nodes', 'Jobs', 'Accounts', 'QOS & reservations', 'Logs', 'Events', 'Tags', 'Connect'];

test('sign-in and the empty list are for everybody', async ({ page, server }) => {
  await page.goto('/sign-in');
  await check(page, 'sign-in');
  await signIn(page, server);
  await check(page, 'empty list');
});

test('the list and a cluster are for everybody', async ({ page, server, cluster }) => {
  test.setTimeout(240_000);
  await createDemoQueue(server, cluster.name);
  await server.connect(cluster.name, 'sbatch', '--output=/dev/null', '--partition=demo', '--wrap=sleep 60');

  await signIn(page, server);
  await check(page, 'list');
  await page.getByRole('cell').getByRole('link', { name: cluster.name }).click();
  for (const tab of TABS) {
    await openTab(page, tab);
    await check(page, tab.toLowerCase());
  }
  // Opened by its address each comes to life too: the page watches its console for that.
  const addresses = ['compute-node-groups', 'queues', 'nodes', 'jobs', 'jobs/1', 'accounts', 'qos', 'logs', 'events', 'tags', 'connect'];
  for (const path of addresses) {
    await visit(page, `/clusters/${cluster.id}/${path}`);
  }
});

test('groups, queues and documents are for everybody', async ({ page, server, cluster }) => {
  test.setTimeout(240_000);
  await createDemoQueue(server, cluster.name);
  await signIn(page, server);
  const pages = {
    'compute node group': 'compute-node-groups/compute-1',
    'compute node group, create': 'compute-node-groups/create',
    'compute node group, edit': 'compute-node-groups/compute-1/edit',
    queue: 'queues/demo',
    'queue, create': 'queues/create',
    'queue, edit': 'queues/demo/edit',
    'delivery, create': 'logs/deliveries/create',
    'cluster, edit': 'edit',
    export: 'export',
    'job, submit': 'jobs/submit',
  };
  for (const [what, path] of Object.entries(pages)) {
    await visit(page, `/clusters/${cluster.id}/${path}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await check(page, what);
  }
  await visit(page, '/clusters/import');
  await check(page, 'import');
});
