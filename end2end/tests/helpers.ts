// What the tests share: a server, a cluster, a page that watches its console, and signing in.
import { test as base, expect, type Locator, type Page } from '@playwright/test';
import { Server } from './server';

interface Cluster {
  name: string;
  id: string;
}

export const test = base.extend<{ cluster: Cluster; mayFail: RegExp }, { server: Server }>({
  /** Addresses whose refusal the test is about. */
  mayFail: [/^$/, { option: true }],

  server: [
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  baseURL: async ({ server }, use) => use(server.url),

  /** An ACTIVE cluster, gone after the test; the page leaves it first. */
  cluster: async ({ server, page }, use) => {
    const cluster = await createCluster(server, 'demo');
    await expect.poll(() => clusterStatus(server, cluster.name), { timeout: 60_000 }).toBe('ACTIVE');
    await use(cluster);
    await page.goto('about:blank');
    await server.deleteCluster(cluster.name);
  },

  /** A page in whose console nothing goes wrong: no error, no panic, no breach of the policy for scripts. */
  page: async ({ page, server, mayFail }, use) => {
    // A panic is told with its whole way.
    await page.addInitScript('Error.stackTraceLimit = 60');
    const said: string[] = [];
    const looks: Promise<void>[] = [];
    const { restarts } = server;
    page.on('console', (message) => {
      // That a page which is not there answers 404 is right; the browser calls it an error.
      const { url } = message.location();
      if (message.type() !== 'error' || url === page.url() || mayFail.test(url)) return;
      // Nor is it the page's fault that nobody answers while its test has the server restarted.
      if (server.restarts > restarts && message.text().includes('net::ERR_')) return;
      const told = `${message.text()} (${url} on ${page.url()})`;
      const isQuestion = url.includes('/console/') && message.text().includes('status of 404');
      looks.push((isQuestion ? isOfAClusterThatWent(server, page.url()) : Promise.resolve(false)).then((isRight) => {
        if (!isRight) said.push(told);
      }));
    });
    page.on('pageerror', (error) => said.push(`uncaught: ${error.message} (${page.url()})`));
    await use(page);
    await Promise.all(looks);
    expect(said, "the browser's console").toEqual([]);
  },
});

export { expect };

/** A cluster's page may ask once more in the moment in which the cluster goes; then the list is shown, or soon is. */
async function isOfAClusterThatWent(server: Server, shown: string): Promise<boolean> {
  const [, page, id] = new URL(shown).pathname.split('/');
  if (page !== 'clusters') return false;
  const { clusters } = await server.pcs('ListClusters');
  return !clusters.some((cluster: { id: string }) => cluster.id === id);
}

export async function createCluster(server: Server, name: string): Promise<Cluster> {
  const { cluster } = await server.pcs('CreateCluster', {
    clusterName: name,
    size: 'SMALL',
    scheduler: { type: 'SLURM', version: '24.11' },
    slurmConfiguration: { scaleDownIdleTimeInSeconds: 10 },
    networking: { subnetIds: [server.ids.subnet], securityGroupIds: [server.ids.securityGroup] },
  });
  return { name, id: cluster.id };
}

export async function clusterStatus(server: Server, name: string): Promise<string> {
  return (await server.pcs('GetCluster', { clusterIdentifier: name })).cluster.status;
}

/** An ACTIVE group of two nodes that start when a job wants them, or as many as are said. */
export async function createGroup(
  server: Server,
  cluster: string,
  name: string,
  scaling = { minInstanceCount: 0, maxInstanceCount: 2 },
): Promise<string> {
  const { computeNodeGroup } = await server.pcs('CreateComputeNodeGroup', {
    clusterIdentifier: cluster,
    computeNodeGroupName: name,
    subnetIds: [server.ids.subnet],
    amiId: server.ids.image,
    customLaunchTemplate: { id: server.ids.launchTemplate, version: '1' },
    iamInstanceProfileArn: server.ids.instanceProfile,
    scalingConfiguration: scaling,
    instanceConfigs: [{ instanceType: 'c6i.xlarge' }],
  });
  const group = { clusterIdentifier: cluster, computeNodeGroupIdentifier: computeNodeGroup.id };
  await expect
    .poll(async () => (await server.pcs('GetComputeNodeGroup', group)).computeNodeGroup.status)
    .toBe('ACTIVE');
  return computeNodeGroup.id;
}

export async function createQueue(server: Server, cluster: string, name: string, group: string) {
  await server.pcs('CreateQueue', {
    clusterIdentifier: cluster,
    queueName: name,
    computeNodeGroupConfigurations: [{ computeNodeGroupId: group }],
  });
}

/** The states of the cluster's queues. */
export async function queueStates(server: Server, cluster: string): Promise<string[]> {
  const { queues } = await server.pcs('ListQueues', { clusterIdentifier: cluster });
  return queues.map((queue: { status: string }) => queue.status);
}

/** A queue that takes jobs, on a group of its own. */
export async function createDemoQueue(server: Server, cluster: string): Promise<void> {
  const group = await createGroup(server, cluster, 'compute-1');
  await createQueue(server, cluster, 'demo', group);
  await expect.poll(() => queueStates(server, cluster)).toEqual(['ACTIVE']);
}

/** Fills in the form of the page shown. */
export async function fillSignIn(page: Page, password: string): Promise<void> {
  await page.getByLabel('User name').fill('admin');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Opens an address and waits until the page answers to clicks. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await isLive(page);
}

/** Loads the page anew and waits until it answers to clicks. */
export async function reload(page: Page): Promise<void> {
  await page.reload();
  await isLive(page);
}

/** Until then a page shows what it has, and keys and clicks that need the program in it are lost. */
export async function isLive(page: Page): Promise<void> {
  await page.waitForFunction(() => 'live' in document.documentElement.dataset);
}

/** Holds back the part of the console that a page needs, as a slow line does. */
export async function holdPart(page: Page): Promise<{ isAsked: Promise<void>; send: () => void }> {
  let asked = () => {};
  let send = () => {};
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  const mayCome = new Promise<void>((resolve) => (send = resolve));
  await page.route('**/split_*.wasm', async (route) => {
    asked();
    await mayCome;
    await route.continue();
  });
  return { isAsked, send };
}

export async function signIn(page: Page, server: Server): Promise<void> {
  await page.goto('/');
  await fillSignIn(page, server.adminPassword);
  await expect(page.getByRole('heading', { name: 'Clusters', level: 1 })).toBeVisible();
  await isLive(page);
}

/** The lines of the table with that title: `rows(page, "Queues", { name: "demo" })`; a page may have several tables. */
export function rows(page: Page, table: string | RegExp, options: { name?: string | RegExp } = {}): Locator {
  return page.getByRole('region', { name: table }).getByRole('row', options);
}

/** The cell of a table's row: `cell(page, "demo", "Active")`. */
export function cell(page: Page, row: string | RegExp, text: string | RegExp): Locator {
  return page.getByRole('row').filter({ hasText: row }).getByRole('cell', { name: text });
}

/** Opens one of the cluster page's tabs. */
export async function openTab(page: Page, tab: string): Promise<void> {
  const tabs = page.getByRole('navigation', { name: 'Parts of the cluster' });
  await tabs.getByRole('link', { name: tab, exact: true }).click();
  await expect(tabs.getByRole('link', { name: tab, exact: true })).toHaveAttribute('aria-current', 'page');
}

/** Pages loaded from now on: a live page needs none. */
export function countLoads(page: Page): () => number {
  let loads = 0;
  page.on('load', () => loads++);
  return () => loads;
}
